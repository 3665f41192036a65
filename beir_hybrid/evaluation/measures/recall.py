"""Recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Bools, Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings, ratio


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
        return recall_of(rankings, np.ones(len(rankings.query), bool), self.cutoff)


def recall_of(rankings: Rankings, rows: Bools, cutoff: int) -> Floats:
    """Return the share of some relevant passages that stand within the first ranks.

    Args:
        rankings: A setting's rankings.
        rows: Shape (rows,), which relevant passages count.
        cutoff: Depth k.

    Returns:
        Shape (queries,); NaN for a query none of whose relevant passages count.
    """
    relevant = rankings.sum_by_query(rows.astype(np.float64))
    return ratio(rankings.sum_by_query((rows & (rankings.rank <= cutoff)).astype(np.float64)), relevant)
