"""Halfway: each language's vectors are moved to where the vectors of all languages lie on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.debiasing import Debiasing, LanguageStatistics


@dataclass(frozen=True)
class Halfway(Debiasing):
    """``z - a (mean_l - mean)``, where the mean is that of the languages' means: centering, with the centre kept."""

    name: ClassVar[str] = "halfway"

    def offset(self, statistics: LanguageStatistics, language: str) -> npt.NDArray[np.float64] | None:
        """Return how far a language lies from the mean of all, shape (dimensions,)."""
        whole = np.mean([statistics.mean(code) for code in statistics.known], axis=0)
        return statistics.mean(language) - whole
