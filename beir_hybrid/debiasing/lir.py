"""LIR: what a language's vectors have most in common is projected out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.debiasing.base import Debiasing, Need
from beir_hybrid.debiasing.statistics import LanguageStatistics
from beir_hybrid.errors import ConfigurationError


@dataclass(frozen=True)
class Lir(Debiasing):
    """Language Information Removal of arXiv:2109.04727: ``x - a D^T D x`` of queries and passages.

    D holds the first right singular vectors of the matrix of a language's vectors, which is not centred, found here as
    eigenvectors of its second moment. After the authors' notebook, github.com/ziyi-yang/LIR, ``lir.ipynb``, which
    removes one; the comparison in SHIFT's repository does the same and then compares by cosine, as is done here.

    Args:
        directions: How many are projected out, from 1 on; 1 in the paper.

    Raises:
        ConfigurationError: If it is no whole number from 1 on.
    """

    directions: int = 1

    name: ClassVar[str] = "lir"
    needs: ClassVar[frozenset[Need]] = frozenset({"moments"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.directions) is not int or self.directions < 1:
            raise ConfigurationError(f"lir has {self.directions!r} directions.", "Give a whole number from 1 on.")

    def subspace(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Return D, shape (directions, dimensions).

        Raises:
            ConfigurationError: If there are fewer texts than directions, or as many directions as dimensions.
        """
        count = int(statistics.counts[statistics.languages.index(language)])
        if self.directions > min(count, statistics.dimensions - 1):
            raise ConfigurationError(
                f"lir takes {self.directions} directions out of {count} texts in {language} of "
                f"{statistics.dimensions} dimensions.",
                "Take fewer directions, or more texts.",
            )
        _, vectors = np.linalg.eigh(statistics.moment(language))  # values ascend
        first: Floats = vectors[:, : -self.directions - 1 : -1].T
        return first
