"""Recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Recall:
    """Share of a query's relevant passages that stand within the first k ranks. Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    higher_is_better = True
    needs_languages = False
    bounds = (0.0, 1.0)
    source = "trec_eval: recall"

    @property
    def name(self) -> str:
        """``recall@k``."""
        return f"recall@{self.cutoff}"

    @property
    def depth(self) -> int:
        """0: the ranks of the relevant passages suffice."""
        return 0

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return rankings.sum_by_query((rankings.rank <= self.cutoff).astype(np.float64)) / rankings.relevant
