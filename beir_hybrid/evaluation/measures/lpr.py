"""Language preference rate: which of a query's answers stands first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.measures.language_recall import number_of
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class LPR(StandardMeasure):
    """Whether the first of a query's relevant passages is the one in its own language: 1 or 0.

    The relevant passages are translations of each other, so that nothing but language decides which is first. Without
    a preference its mean is one over the number of languages that have an answer. Ranks are mid-ranks: where
    several are level, the value is the share of them that are in the query's language. NaN for a query that lacks a
    relevant passage in its own or in any other language, or none of whose relevant passages was retrieved. Range
    [0, 1]; neither direction is better.

    Read in the paper's abstract and in summaries of it alone: how often the passage in the query's language is
    preferred to its translations. The paper's own formula was not compared.
    """

    base_name = "lpr"
    higher_is_better = None
    needs_languages = True
    printed = Printed("LPR", factor=100, brief_decimals=1)
    source = "after Jang et al. 2026 (MLAIRE), arXiv:2605.07249; second-hand"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        own = rankings.language == number_of(rankings.query_language, rankings)
        best = np.minimum.reduceat(rankings.mid_rank, rankings.starts)
        first = rankings.mid_rank == best[rankings.query]
        mine = rankings.sum_by_query(own.astype(np.float64))
        defined = (mine > 0) & (mine < rankings.relevant) & np.isfinite(best)
        level = rankings.sum_by_query(first.astype(np.float64))
        return np.where(defined, rankings.sum_by_query((own & first).astype(np.float64)) / level, np.nan)
