"""Precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Precision(StandardMeasure):
    """Share of the first k ranks that hold a relevant passage. Range [0, 1].

    Divided by k also where fewer passages than k were retrieved or are relevant.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "precision"
    source = "trec_eval: P"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return rankings.sum_by_query((rankings.rank <= self.cutoff).astype(np.float64)) / self.cutoff
