"""Same-language share: how much of the top is in the query's own language."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.measures.language_share import LanguageShare
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class SameLanguageShare(StandardMeasure):
    """Share of the query's own language among the first k passages.

    As :class:`~beir_hybrid.evaluation.measures.language_share.LanguageShare` counts it: of the passages retrieved up
    to k, NaN where nothing was retrieved or the pool has nothing in that language. To be held against the language's
    share of the pool: far above it, the retriever prefers its query's language. Range [0, 1]; neither direction is
    better. Ties fall as in trec_eval, the larger document id first.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "same_language_share"
    reads_top = True
    higher_is_better = None
    needs_languages = True
    source = "histogram of the retrieved languages"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return LanguageShare(self.cutoff, rankings.query_language).values(rankings)
