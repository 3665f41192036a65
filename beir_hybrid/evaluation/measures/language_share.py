"""Language share: how much of the top is in one language."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import PerLanguageMeasure
from beir_hybrid.evaluation.rankings import Rankings, ratio


@dataclass(frozen=True)
class LanguageShare(PerLanguageMeasure):
    """Share of one language among the first k passages; over all languages a histogram of the top.

    To be held against the language's share of the pool. Divided by the number of passages retrieved up to k, so that
    the shares of a query's languages add up to 1. NaN where nothing was retrieved, or where the pool has no passages
    in that language. Range [0, 1]; neither direction is better. Ties fall as in trec_eval: the larger id first.

    Args:
        cutoff: Depth k.
        language: Language code; None stands for all languages; see ``for_languages``.
    """

    cutoff: int
    language: str | None = None
    base_name = "language_share"
    reads_top = True
    higher_is_better = None
    source = "histogram of the retrieved languages"

    def values_in(self, language: int, rankings: Rankings) -> Floats:
        """Measure every query by one language; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        top = rankings.top_at(self.cutoff)
        retrieved = (top.passage >= 0).sum(axis=1)
        hits = (top.language == language).sum(axis=1)
        return ratio(hits, retrieved)
