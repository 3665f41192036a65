"""Rank-biased precision."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid import Floats
from beir_hybrid.evaluation import Rankings
from beir_hybrid.evaluation.measures import Printed, StandardMeasure


@dataclass(frozen=True)
class RBP(StandardMeasure):
    """Gain per passage of a reader who reads the next one with probability p: (1 - p) sum of p^(rank - 1).

    The sum is over the relevant passages, whatever their grade above 0. Range [0, 1); higher is better. Ties fall as
    in trec_eval.

    Args:
        cutoff: Depth k, below which nobody reads; None for the full ranking.
        persistence: The probability p, in (0, 1).
    """

    cutoff: int | None = None
    persistence: float = 0.8
    base_name = "rbp"
    printed = Printed("RBP", factor=100, brief_decimals=1)
    source = "Moffat and Zobel, TOIS 2008"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`beir_hybrid.evaluation.measures.Measure`."""
        gain = self.persistence ** (rankings.rank - 1)
        if self.cutoff is not None:
            gain[rankings.rank > self.cutoff] = 0.0
        return (1 - self.persistence) * rankings.sum_by_query(gain)
