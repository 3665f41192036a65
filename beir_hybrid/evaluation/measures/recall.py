"""Recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Recall(StandardMeasure):
    """Share of a query's relevant passages that stand within the first k ranks. Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "recall"
    source = "trec_eval: recall"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return rankings.sum_by_query((rankings.rank <= self.cutoff).astype(np.float64)) / rankings.relevant
