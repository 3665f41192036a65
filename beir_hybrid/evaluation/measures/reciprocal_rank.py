"""Reciprocal rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class ReciprocalRank(StandardMeasure):
    """One over the rank of the first relevant passage; 0 if there is none up to the cut-off.

    Range [0, 1]; its mean over queries is MRR.

    Args:
        cutoff: Depth k; None for the full ranking.
    """

    cutoff: int | None = None
    base_name = "mrr"
    printed = Printed("MRR", factor=100, brief_decimals=1)
    source = "trec_eval: recip_rank; with a cut-off as MS MARCO's MRR@10"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        first = rankings.rank[rankings.starts]
        return np.where(first <= (np.inf if self.cutoff is None else self.cutoff), 1.0 / first, 0.0)
