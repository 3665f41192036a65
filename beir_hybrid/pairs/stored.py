"""StoredPairs: pairs of a store on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa

from beir_hybrid.arrays import Ints
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.hard_negatives import HardNegatives
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.storage.pair_numbers import PairNumbers
from beir_hybrid.storage.pair_store import PairStore, TextRows
from beir_hybrid.texts import Buckets


class StoredPairs(ParallelPairs):
    """Pairs of a store, of which nothing is read but what is needed.

    Args:
        store: The store.
        numbers: Its numbers, of some of its languages; None for all.
        name: Name of the data; default: the store's.
    """

    def __init__(self, store: PairStore, numbers: PairNumbers | None = None, name: str = "") -> None:
        self.name = name or str(store.about["name"])
        self.store = store
        self._numbers = numbers or store.numbers

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the questions and passages, sorted."""
        return self._numbers.languages

    @property
    def columns(self) -> list[str]:
        """Names of the columns that some row fills."""
        return self.store.columns

    @property
    def numbers(self) -> PairNumbers:
        """Which rows hold the questions and passages of which groups and languages."""
        return self._numbers

    @property
    def texts(self) -> TextRows:
        """The rows' texts, looked up by row."""
        return self.store.rows

    @cached_property
    def table(self) -> pa.Table:
        """All rows as a table; reads each once, to verify it."""
        table = self.store.table(self.store.columns)
        return table if self._numbers is self.store.numbers else table.take(pa.array(self._rows))

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over all texts and the languages chosen, shortened to 16 hexadecimal digits; reads none."""
        whole = str(self.store.about["checksum"])
        if self._numbers is self.store.numbers:
            return whole[:16]
        return hashlib.sha256(" ".join([whole, *self.languages]).encode()).hexdigest()[:16]

    def select(self, languages: Iterable[str] | None) -> ParallelPairs:
        """Keep only some languages; see the base class."""
        chosen = choose_languages(languages, self.languages, self.name)
        return (
            self
            if set(chosen) == set(self.languages)
            else StoredPairs(self.store, self.numbers.select(chosen), self.name)
        )

    def renamed(self, name: str) -> ParallelPairs:
        """Return the same pairs by another name."""
        return StoredPairs(self.store, self._numbers, name)

    def _measure(self) -> tuple[Buckets, Buckets]:
        return self.store.lengths

    @cached_property
    def hard_negatives(self) -> HardNegatives | None:
        """The hard negatives that do not answer their question; None if the data have none at all."""
        if not self.store.about["negatives"]:
            return None
        starts, answers = self.store.array("negative_starts"), self.store.array("negative_answers")
        numbers = self.store.numbers
        of_rows = numbers.group if numbers.answers is None else numbers.answers[numbers.group]
        used = None if self._numbers is numbers else self._rows
        return HardNegatives(partial(self.store.rows.take, "negatives"), starts, answers, of_rows, used)

    @cached_property
    def _rows(self) -> Ints:
        """The rows that the chosen languages hold, in order."""
        held = np.unique(np.concatenate([self.numbers.questions.ravel(), self.numbers.passages.ravel()]))
        return held[held >= 0]

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes map the store themselves
        return type(self), (self.store, None if self._numbers is self.store.numbers else self._numbers, self.name)

    def __len__(self) -> int:
        """Number of (group, language) pairs."""
        return int(self.store.about["used_rows"]) if self._numbers is self.store.numbers else len(self._rows)
