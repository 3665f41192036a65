"""The built-in sample: well-known facts in eleven languages, so that everything runs with no download."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage


class Sample:
    """220 facts about countries, elements, planets, animals and people, each with a question and a passage.

    Written for this package; ``datasets/sample/README.md`` says how. Facts are split so that the entities and the
    kinds of fact of the test groups and of the dev groups occur among the training groups, in other combinations.
    Queries are named ``en:france-capital`` and the passages that answer them ``en:france-capital-fact``, since BEIR
    drops a passage that has its query's id.
    """

    name = "sample"
    description = "220 well-known facts as questions and passages in 11 languages, built in"
    languages = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
    licence = "Apache-2.0"
    splits = ("test", "dev", "train", "all")
    queries = passages = 74 * 11  # of the test split

    def load(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "test"
    ) -> MultilingualCollection:
        """Load the groups of a split; each is one question and one relevant passage per language.

        Args:
            source: None: the sample is part of the package.
            languages: Language codes; None for all.
            split: ``test`` (74 groups), ``dev`` (14), ``train`` (132) or ``all``.
        """
        chosen = choose_languages(languages, self.languages, self.name)
        rows = {language: self._read(language, split, source) for language in chosen}
        group_of = {f"{language}:{pair.group}": pair.group for language, pairs in rows.items() for pair in pairs}
        return MultilingualCollection(
            name=self.name,
            corpora={
                language: {f"{language}:{pair.group}-fact": Passage(pair.passage) for pair in pairs}
                for language, pairs in rows.items()
            },
            queries={
                language: {f"{language}:{pair.group}": pair.question for pair in pairs}
                for language, pairs in rows.items()
            },
            qrels={query: {f"{language}:{group}-fact": 1 for language in chosen} for query, group in group_of.items()},
            passage_text="sentence",
            group_of=group_of,
        )

    def pairs(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "train"
    ) -> ParallelPairs:
        """Load the pairs of a split; see :meth:`load` for the arguments."""
        chosen = choose_languages(languages, self.languages, self.name)
        return ParallelPairs.from_pairs(
            self.name, (pair for language in chosen for pair in self._read(language, split, source))
        )

    def _read(self, language: str, split: str, source: str | Path | None) -> list[Pair]:
        if source is not None:
            raise ConfigurationError(f"The sample has no source {str(source)!r}.", "Leave it out: it is built in.")
        if split not in self.splits:
            raise ConfigurationError(f"The sample has no split {split!r}.", did_you_mean(split, self.splits))
        wanted = {row["group"] for row in _table("groups") if split in {"all", row["split"]}}
        return [
            Pair(row["group"], language, row["question"], row["passage"])
            for row in _table(language)
            if row["group"] in wanted
        ]


def _table(name: str) -> list[dict[str, str]]:
    text = files("beir_hybrid.datasets").joinpath("sample", f"{name}.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


SAMPLE = Sample()
