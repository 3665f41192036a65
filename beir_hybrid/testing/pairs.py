"""PairsContract: what this package relies on in a dataset's pairs, and what a contract of data needs besides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.datasets.load import load_dataset
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import LanguageError
from beir_hybrid.formats.load import load_pairs
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.registry import DATASETS
from beir_hybrid.testing.expectation import Contract, built, expect, expect_refusal, other_randomness

CHOOSE = "Pass the argument through beir_hybrid.languages.choose_languages."
"""What to do about languages that are not checked."""

_LACKING = "zz"  # no language has this code


class PairsContract(Contract):
    """Tests of a dataset's ``pairs()``, which are skipped where it has none.

    Part of :class:`~beir_hybrid.testing.dataset.DatasetContract`, where the attributes are explained.
    """

    registry = DATASETS
    languages: ClassVar[tuple[str, ...] | None] = None
    options: ClassVar[Mapping[str, Any]] = {}
    pairs_options: ClassVar[Mapping[str, Any]] = {}
    parallel: ClassVar[bool] = True

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls) -> Path | None:
        """Folder that holds the dataset's files; None for where it looks by itself. Override it as need be."""
        return None

    @pytest.fixture(scope="class")
    @classmethod
    def collection(cls, source: Path | None) -> MultilingualCollection:
        """The loaded dataset."""
        return built(lambda: load_dataset(cls.name, source, cls.languages, **cls.options), cls.name)

    @pytest.fixture(scope="class")
    @classmethod
    def pairs(cls, source: Path | None) -> ParallelPairs:
        """The loaded pairs; skips the tests of pairs for a dataset that has none."""
        if not built(lambda: find_dataset(cls.name), cls.name).has_pairs:
            pytest.skip(f"{cls.name} is for evaluation alone: it has no pairs()")
        return built(lambda: load_pairs(cls.name, source, cls.languages, **cls.pairs_options), cls.name)

    def test_pairs_hold_the_languages_chosen(self, pairs: ParallelPairs) -> None:
        """Pairs are in the languages asked for, under the dataset's name."""
        expect(isinstance(pairs, ParallelPairs), f"pairs() returns {type(pairs).__name__}.", "Return a ParallelPairs.")
        expect(pairs.name == self.name, f"The pairs are called {pairs.name!r}.", f"Call them {self.name!r}.")
        wanted = tuple(sorted(self._asked()))
        expect(pairs.languages == wanted, f"Asked for {wanted}, pairs() returns {pairs.languages}.", CHOOSE)

    def test_groups_of_pairs_are_of_translations(self, pairs: ParallelPairs) -> None:
        """A group has a language once, and shares its name with its translations."""
        built(lambda: pairs.numbers, self.name)  # refuses a group that has a language twice
        largest = int((pairs.numbers.questions >= 0).sum(axis=1).max())
        if self.parallel and len(pairs.languages) > 1:
            expect(
                largest > 1,
                f"Every group has one language only, such as {pairs.groups[0].as_py()!r}.",
                "Put translations of a question in the same group, without a language in it; or set parallel = False.",
            )
        else:
            expect(
                largest == 1 or self.parallel,
                "Some groups have several languages, though parallel is False.",
                "Set parallel = True.",
            )

    def test_groups_of_pairs_are_those_of_queries(
        self, pairs: ParallelPairs, collection: MultilingualCollection
    ) -> None:
        """Where pairs hold questions that are queries too, both say alike which of them translate each other."""
        groups: dict[tuple[str, str], set[str]] = {}
        for query, group in collection.group_of.items():
            text = collection.queries[language_of(query)][query]
            groups.setdefault((language_of(query), text), set()).add(group)
        seen: dict[str, tuple[str, str]] = {}
        for row in pairs.table.select(["group", "language", "question"]).to_pylist():
            known = groups.get((row["language"], row["question"]), set())
            if len(known) != 1:  # not a query, or the same text in several groups
                continue
            group, question = next(iter(known)), row["question"]
            other, first = seen.setdefault(row["group"], (group, question))
            expect(
                other == group,
                f"The pairs' group {row['group']!r} holds {first!r} and {question!r}, which as queries are of "
                f"the groups {other!r} and {group!r}.",
                "Keep to translations of one question in a group of pairs.",
            )

    def test_second_load_of_pairs_is_equal(self, pairs: ParallelPairs, source: Path | None) -> None:
        """Loading pairs again gives the same, in the same order."""
        with other_randomness(11):
            again = load_pairs(self.name, source, self.languages, **self.pairs_options)
        expect(
            again.table.equals(pairs.table),
            "Loaded again, the pairs are others, or in another order.",
            "Read files in a fixed order, walk no sets, and draw from numpy.random.default_rng(seed).",
        )

    @pytest.mark.parametrize("wrong", ["unknown", "repeated", "none"])
    def test_languages_that_pairs_lack_are_refused(self, wrong: str, pairs: ParallelPairs, source: Path | None) -> None:
        """As :meth:`test_languages_it_lacks_are_refused`, of pairs."""
        chosen = self._wrong(wrong)
        expect_refusal(
            lambda: load_pairs(self.name, source, chosen, **self.pairs_options),
            LanguageError,
            f"pairs(languages={chosen})",
            CHOOSE,
        )

    def _asked(self) -> tuple[str, ...]:
        return tuple(self.registered().languages if self.languages is None else self.languages)

    def _wrong(self, what: str) -> list[str]:
        first = self._asked()[0]
        return {"unknown": [first, _LACKING], "repeated": [first, first], "none": []}[what]
