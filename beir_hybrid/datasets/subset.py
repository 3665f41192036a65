"""Smaller corpora for quick looks: the judged passages, and some others drawn at random."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.passage import Passage

_SEED = 0
_BLOCK = 65_536


@dataclass(frozen=True)
class Subset:
    """All judged passages of a corpus and some others.

    Attributes:
        others: How many others per language, from 0 on.
    """

    others: int

    @classmethod
    def of(cls, judged_only: bool, sample_passages: int | None) -> Subset | None:
        """Build it from the options of a dataset; None for whole corpora.

        Raises:
            ConfigurationError: If both are given, or the number is not a positive whole one.
        """
        if sample_passages is None:
            return cls(0) if judged_only else None
        if judged_only:
            raise ConfigurationError(
                f"judged_only leaves no room for sample_passages={sample_passages}.", "Give one of them."
            )
        if isinstance(sample_passages, bool) or not isinstance(sample_passages, int) or sample_passages < 1:
            raise ConfigurationError(f"sample_passages is {sample_passages!r}.", "Give a whole number from 1 on.")
        return cls(sample_passages)

    @property
    def note(self) -> str:
        """What results on such corpora must mention."""
        held = f"the judged passages and {self.others:,} others per language, drawn at random"
        kept = held if self.others else "only the judged passages"
        return f"corpora hold {kept}: not comparable with results on full corpora"

    def choose(
        self, documents: Iterable[tuple[str, Passage]], judged: Collection[str], language: str
    ) -> Iterator[tuple[str, Passage]]:
        """Choose from a stream, holding no more than what is chosen.

        Every document gets a random number by its place in the stream, and of those not judged the smallest numbers
        win: the same stream leads to the same choice, and a larger sample contains a smaller one.

        Args:
            documents: Ids and passages, read once.
            judged: Ids of the judged documents.
            language: Language code, so that the choice does not depend on the other languages loaded.

        Yields:
            The chosen documents in the stream's order.
        """
        kept: list[tuple[int, str, Passage]] = []
        others: list[tuple[float, int, str, Passage]] = []  # a heap, the largest number first
        numbers = _numbers(language)
        for position, ((identifier, passage), number) in enumerate(zip(documents, numbers, strict=False)):
            if identifier in judged:
                kept.append((position, identifier, passage))
            elif len(others) < self.others:
                heapq.heappush(others, (-number, position, identifier, passage))
            elif others and number < -others[0][0]:
                heapq.heapreplace(others, (-number, position, identifier, passage))
        kept += [entry[1:] for entry in others]
        for _, identifier, passage in sorted(kept):
            yield identifier, passage


def _numbers(language: str) -> Iterator[float]:
    generator = np.random.default_rng([_SEED, *language.encode()])
    while True:
        yield from generator.random(_BLOCK).tolist()
