"""Normalised discounted cumulative gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class NDCG(StandardMeasure):
    """Gain of the first k ranks over that of the best ranking.

    As trec_eval's ``ndcg_cut``: the gain is the relevance grade, the discount log2(rank + 1). Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "ndcg"
    printed = Printed("nDCG", factor=100, brief_decimals=1)
    source = "Järvelin and Kekäläinen, TOIS 2002; trec_eval: ndcg_cut"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        best_first = rankings.grade[np.lexsort((-rankings.grade, rankings.query))]
        best = self._gain(rankings, best_first, rankings.place.astype(np.float64))
        return self._gain(rankings, rankings.grade, rankings.rank) / best

    def _gain(self, rankings: Rankings, grade: Ints, rank: Floats) -> Floats:
        return rankings.sum_by_query(np.where(rank <= self.cutoff, grade / np.log2(rank + 1), 0.0))
