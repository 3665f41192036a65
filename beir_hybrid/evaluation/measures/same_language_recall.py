"""Same-language recall: what is found of the answers in the query's language."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import StandardMeasure
from beir_hybrid.evaluation.measures.language_recall import LanguageRecall
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class SameLanguageRecall(StandardMeasure):
    """Share of a query's relevant passages in its own language that stand within the first k ranks of the pool.

    The twin of :class:`~beir_hybrid.evaluation.measures.tlr.TLR`. NaN for a query without a relevant passage in its own
    language. Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "same_language_recall"
    needs_languages = True
    source = "trec_eval: recall, of the relevant passages in the query's language"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return LanguageRecall(self.cutoff, rankings.query_language).values(rankings)
