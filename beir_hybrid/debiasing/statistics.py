"""LanguageStatistics: what is known of the vectors of each language, added up as they stream by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from beir_hybrid.arrays import Bools, Floats
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.encoding.vectors import Vectors

AT_ONCE = 4096
"""Vectors added at a time."""


class LanguageStatistics:
    """Counts, sums and second moments of vectors by language: all that a debiasing is fitted on.

    Vectors are added in blocks and never kept. With second moments it takes 8 * dimensions ** 2 bytes a language (5 MB
    at 768 dimensions), with translations 8 * dimensions bytes for each ordered pair of languages.

    Args:
        languages: Their codes.
        moments: Whether second moments are kept.
        translations: Whether sums over texts that have a translation in a language are kept, by that language.

    Attributes:
        languages: As given.
        counts: Shape (languages,), how many vectors each has.

    Examples:
        >>> known = LanguageStatistics(["de", "en"])
        >>> known.add("de", np.array([[1.0, 0.0], [3.0, 2.0]]))
        >>> known.mean("de").tolist(), known.counts.tolist()
        ([2.0, 1.0], [2, 0])
    """

    def __init__(self, languages: Sequence[str], *, moments: bool = False, translations: bool = False) -> None:
        self.languages = tuple(languages)
        self.counts = np.zeros(len(self.languages), np.int64)
        self._keeps = moments, translations
        self._sums = self._moments = self._shared = np.empty(0)
        self._pairs = np.zeros((len(self.languages),) * 2, np.int64)

    def add(self, language: str, vectors: Any, translated: Bools | None = None) -> None:
        """Add vectors of a language.

        Args:
            language: Its code.
            vectors: Shape (n, dimensions).
            translated: Shape (n, languages), which languages each text is there in, its own included; None where that
                is not known.
        """
        place, rows = self._place(language), np.asarray(vectors, np.float64)
        count, size = len(self.languages), rows.shape[1]
        if not len(self._sums):
            self._sums = np.zeros((count, size))
            self._moments = np.zeros((count, size, size) if self._keeps[0] else 0)
            self._shared = np.zeros((count, count, size) if self._keeps[1] else 0)
        self.counts[place] += len(rows)
        self._sums[place] += rows.sum(axis=0)
        if self._keeps[0]:
            self._moments[place] += rows.T @ rows
        if self._keeps[1] and translated is not None:
            self._pairs[place] += translated.sum(axis=0)
            self._shared[place] += translated.T.astype(np.float64) @ rows

    @property
    def known(self) -> tuple[str, ...]:
        """Languages that vectors were added of."""
        return tuple(code for code, count in zip(self.languages, self.counts.tolist(), strict=True) if count)

    @property
    def dimensions(self) -> int:
        """Of every vector; 0 before the first one."""
        return int(self._sums.shape[-1]) if len(self._sums) else 0

    def mean(self, language: str) -> Floats:
        """Return the mean vector of a language, shape (dimensions,)."""
        place = self._place(language)
        mean: Floats = self._sums[place] / self.counts[place]
        return mean

    def moment(self, language: str) -> Floats:
        """Return the sum of ``x x^T`` over a language's vectors, shape (dimensions, dimensions); not centred."""
        moment: Floats = self._moments[self._place(language)]
        return moment

    def offset(self, language: str, source: str) -> Floats:
        """Return how far a language's vectors lie from a source's, shape (dimensions,).

        Over texts that are there in both, the mean of ``f(text) - f(its translation in the source)``; where nothing
        is known of translations, the difference of the languages' means, which is the same where all texts are there in
        all languages.

        Args:
            language: A code.
            source: Another one that vectors were added of.

        Raises:
            ConfigurationError: If translations are known and the two share none.
        """
        if not self._pairs.any():
            return self.mean(language) - self.mean(source)
        place, other = self._place(language), self._place(source)
        shared = self._pairs[place, other]
        if not shared:
            raise ConfigurationError(
                f"No text in {language} has a translation in {source}.", "Choose another source, or other texts."
            )
        offset: Floats = (self._shared[place, other] - self._shared[other, place]) / shared
        return offset

    def _place(self, language: str) -> int:
        return self.languages.index(language)


def statistics_of(passages: Mapping[str, Vectors], **keeps: bool) -> LanguageStatistics:
    """Gather the statistics of vectors that are there, by language.

    Args:
        passages: Shape (n, dimensions) by language, in memory or on disk.
        **keeps: As for :class:`LanguageStatistics`.

    Raises:
        ConfigurationError: If they are sparse.
    """
    statistics = LanguageStatistics(list(passages), **keeps)
    for language, vectors in passages.items():
        if isinstance(vectors, SparseRows):
            raise ConfigurationError("Sparse vectors cannot be debiased.", "Give a model with dense vectors.")
        for start in range(0, len(vectors), AT_ONCE):
            statistics.add(language, vectors[start : start + AT_ONCE])
    return statistics
