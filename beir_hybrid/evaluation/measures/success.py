"""Success."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Success(StandardMeasure):
    """Whether a relevant passage stands within the first k ranks: 1 or 0. BEIR calls its mean top-k accuracy.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "success"
    source = "trec_eval: success"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return (rankings.rank[rankings.starts] <= self.cutoff).astype(np.float64)
