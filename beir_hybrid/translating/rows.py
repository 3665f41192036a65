"""PairRows: which rows of pairs are translated into which language, and their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.parallel import ParallelPairs

AT_ONCE = 2**10  # rows that are read at once


class PairRows:
    """The rows of pairs whose question and passage are both in the language that is translated from.

    Args:
        pairs: The pairs.
        source: That language.
        targets: The languages to translate to.

    Attributes:
        rows: Those of the source, by target: where a group has the target already, it is left out.
        there: How many are left out for that, by target.
        apart: How many rows have only their question, or only their passage, in the source's language.

    Raises:
        LanguageError: If the pairs lack the source's language.
    """

    def __init__(self, pairs: ParallelPairs, source: str, targets: Sequence[str]) -> None:
        choose_languages([source], pairs.languages, pairs.name)
        self.pairs, self.source, self.targets = pairs, source, tuple(targets)
        numbers = pairs.numbers
        place = numbers.languages.index(source)
        questions, passages = numbers.questions[:, place], numbers.passages[:, place]
        both = (questions >= 0) & (questions == passages)
        self.apart = int(((questions >= 0) & ~both).sum() + ((passages >= 0) & ~both).sum())
        self.rows: dict[str, Ints] = {}
        self.there: dict[str, int] = {}
        for target in targets:
            new = both
            if target in numbers.languages:
                other = numbers.languages.index(target)
                new = both & (numbers.questions[:, other] < 0) & (numbers.passages[:, other] < 0)
            self.there[target] = int(both.sum() - new.sum())
            self.rows[target] = np.sort(questions[new]).astype(np.int64)

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes open the texts themselves
        return type(self), (self.pairs, self.source, self.targets)

    @cached_property
    def originals(self) -> Ints:
        """All rows that the pairs hold."""
        numbers = self.pairs.numbers
        held = np.unique(np.concatenate([numbers.questions.ravel(), numbers.passages.ravel()]))
        return held[held >= 0].astype(np.int64)

    def read(self, rows: Ints) -> list[dict[str, Any]]:
        """Read rows, with all columns that the pairs have."""
        columns = {name: self.pairs.texts.take(name, rows).to_pylist() for name in self.pairs.columns}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def texts(self, target: str, start: int, stop: int) -> Iterator[str]:
        """Yield the texts of some rows that are translated into a language, in order."""
        for row in self.read(self.rows[target][start:stop]):
            yield row["question"]
            yield row["passage"]
            for text, language in negatives_of(row):
                if language == self.source:
                    yield text


def negatives_of(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a row's negatives with their languages: that of the passage, where nothing is said."""
    negatives = row.get("negatives") or []
    own = row.get("passage_language") or row["language"]
    languages = row.get("negative_languages") or [own] * len(negatives)
    return [(text, code or own) for text, code in zip(negatives, languages, strict=True)]
