"""MIMO's PEER: a test of the relevant passages alone, ranked anew among themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.measures.peer import RanksByLanguage
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class MimoPEER(StandardMeasure):
    """The p-value of a Kruskal-Wallis test that a query's relevant passages rank alike in every language.

    Other than in :class:`~beir_hybrid.evaluation.measures.peer.PEER`, passages that are not relevant do not count, what
    is below k has the rank k + 1, and the relevant ones are ranked anew among themselves. A query all of whose
    relevant passages are level counts 1, so that a system that finds none of them seems fair. With one passage in each
    language, as in XQuAD-R, the value is a constant whatever the ranks (0.44 for eleven languages), or 1 where none of
    them stands within the first k: it tells how often nothing is found. NaN for a query with relevant passages in fewer
    than two languages. Range [0, 1].

    Args:
        cutoff: Depth k; the authors take 20 and 100.
    """

    cutoff: int
    base_name = "mimo_peer"
    needs_languages = True
    printed = Printed("MIMO's PEER", factor=100, brief_decimals=1)
    source = "Jang et al. 2026 (MIMO), arXiv:2605.31171: the authors' code, yjoonjang/MIMO, mimo/evaluation/metrics.py"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        groups = RanksByLanguage.of(rankings, rankings.query, rankings.language)
        # rows are sorted by query and rank: the rank anew is the place, or the mean place of those that are level
        rank = np.minimum(rankings.rank, self.cutoff + 1)
        level = np.cumsum(np.r_[True, (np.diff(rankings.query) != 0) | (np.diff(rank) != 0)][: len(rank)]) - 1
        anew = (np.bincount(level, weights=rankings.place) / np.bincount(level))[level]
        return np.where((groups.sizes > 0).sum(axis=1) > 1, groups.p_values(anew), np.nan)
