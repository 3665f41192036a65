"""Centering: each language's mean vector becomes zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.arrays import Floats
from beir_hybrid.debiasing.base import Debiasing
from beir_hybrid.debiasing.statistics import LanguageStatistics


@dataclass(frozen=True)
class Centering(Debiasing):
    """Centering by language: ``z - a mean_l`` of queries and passages, where the mean is over passages in l.

    Of Libovický et al., 2020 (arXiv:2004.05160), as the authors of SHIFT compare with it:
    github.com/yjoonjang/SHIFT, ``src/shift/baselines/centering.py`` and ``scripts/evaluate_baselines.py``.
    """

    name: ClassVar[str] = "center"

    def offset(self, statistics: LanguageStatistics, language: str) -> Floats | None:
        """Return the mean vector, shape (dimensions,)."""
        return statistics.mean(language)
