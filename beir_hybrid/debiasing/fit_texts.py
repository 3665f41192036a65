"""FitTexts: the texts that a debiasing is fitted on, parallel or plain, read in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from beir_hybrid.arrays import Bools
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.debiasing.statistics import AT_ONCE
from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, MissingDataError, UnknownNameError
from beir_hybrid.formats import load_pairs

if TYPE_CHECKING:
    from beir_hybrid.pairs.parallel import ParallelPairs


@dataclass(frozen=True, eq=False)
class FitTexts:
    """Passages by language, of pairs, which are parallel, or of a collection, which are not known to be.

    Args:
        data: Where they are.

    Examples:
        >>> texts = FitTexts.load("sample", languages=["de", "en"])
        >>> texts.name, texts.counts()
        ('sample', {'de': 132, 'en': 132})
    """

    data: ParallelPairs | MultilingualCollection

    @classmethod
    def load(
        cls, name: str | Path, source: str | Path | None = None, languages: Sequence[str] | None = None
    ) -> FitTexts:
        """Load pairs, or else, of what has none, the passages of an evaluation set.

        Args:
            name: A registered dataset, or a file or folder of pairs, or a BEIR folder.
            source: As for :func:`~beir_hybrid.load_dataset`.
            languages: Language codes; None for all.

        Raises:
            BeirHybridError: The errors of :func:`~beir_hybrid.formats.load_pairs`, if it is neither.
        """
        try:
            return cls(load_pairs(name, source, languages))
        except (ConfigurationError, DataFormatError, MissingDataError, UnknownNameError) as error:
            try:
                return cls(load_dataset(name, source, languages))
            except BeirHybridError:
                raise error from None

    @property
    def name(self) -> str:
        """What the data are called."""
        return self.data.name

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of their languages."""
        known = self.data.corpora if isinstance(self.data, MultilingualCollection) else self.data.languages
        return tuple(known)

    def counts(self) -> dict[str, int]:
        """Return how many passages each language has."""
        if isinstance(self.data, MultilingualCollection):
            return {language: len(texts) for language, texts in self.data.corpora.items()}
        held = (self.data.numbers.passages >= 0).sum(axis=0)
        return dict(zip(self.data.numbers.languages, held.tolist(), strict=True))

    def blocks(self) -> Iterator[tuple[str, list[str], Bools | None]]:
        """Read them in blocks of some thousand.

        Yields:
            A language, texts in it, and, of pairs, shape (texts, languages), in which languages each of them is there.
        """
        if isinstance(self.data, MultilingualCollection):
            for language, corpus in self.data.corpora.items():
                stream = (passage.searchable for passage in corpus.values())
                while texts := list(islice(stream, AT_ONCE)):
                    yield language, texts, None
            return
        numbers = self.data.numbers
        for place, language in enumerate(numbers.languages):
            groups = np.flatnonzero(numbers.passages[:, place] >= 0)
            for start in range(0, len(groups), AT_ONCE):
                part = numbers.passages[groups[start : start + AT_ONCE]]
                texts = self.data.texts.take("passage", part[:, place].astype(np.int64)).to_pylist()
                yield language, texts, part >= 0
