"""Average precision."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class AveragePrecision(StandardMeasure):
    """Mean of the precisions at the ranks of the relevant passages (trec_eval's ``map``, or ``map_cut``).

    A relevant passage that is not retrieved, or stands below the cut-off, adds 0; the sum is divided by the number of
    all relevant passages. Range [0, 1]; its mean over queries is mAP.

    Args:
        cutoff: Depth k; None for the full ranking.
    """

    cutoff: int | None = None
    base_name = "map"
    printed = Printed("mAP", factor=100, brief_decimals=1)
    source = "trec_eval: map, map_cut"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        precision = rankings.place / rankings.rank
        if self.cutoff is not None:
            precision[rankings.rank > self.cutoff] = 0.0
        return rankings.sum_by_query(precision) / rankings.relevant
