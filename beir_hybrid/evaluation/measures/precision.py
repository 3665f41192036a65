"""Precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Precision:
    """Share of the first k ranks that hold a relevant passage. Range [0, 1].

    Divided by k also where fewer passages than k were retrieved or are relevant.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    higher_is_better = True
    needs_languages = False
    bounds = (0.0, 1.0)
    source = "trec_eval: P"

    @property
    def name(self) -> str:
        """``precision@k``."""
        return f"precision@{self.cutoff}"

    @property
    def depth(self) -> int:
        """0: the ranks of the relevant passages suffice."""
        return 0

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return rankings.sum_by_query((rankings.rank <= self.cutoff).astype(np.float64)) / self.cutoff
