"""Target-language recall: what is found of the answers that are not in the query's language."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.measures.language_recall import number_of
from beir_hybrid.evaluation.measures.recall import recall_of
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class TLR(StandardMeasure):
    """Share of a query's relevant passages in other languages than its own that stand within the first k ranks.

    Its twin is :class:`~beir_hybrid.evaluation.measures.same_language_recall.SameLanguageRecall`: what a change of the
    vectors gains here, it may lose there. NaN for a query without a relevant passage in another language, which the
    authors leave out of the mean as well. Range [0, 1].

    Args:
        cutoff: Depth k; the paper takes 20.
    """

    cutoff: int
    base_name = "tlr"
    needs_languages = True
    source = "Jang et al. 2026 (SHIFT), arXiv:2606.18801, and the authors' code, yjoonjang/SHIFT, shift/metrics.py"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return recall_of(rankings, rankings.language != number_of(rankings.query_language, rankings), self.cutoff)
