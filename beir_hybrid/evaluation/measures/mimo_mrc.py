"""MIMO's rank correlation: as MRC, but with the scores that both queries give all passages of both lists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.measures.mrc import over_translations
from beir_hybrid.evaluation.rankings import Rankings, Translation, ratio


@dataclass(frozen=True)
class MimoMRC(StandardMeasure):
    """Mean Spearman correlation of a query's and its translations' scores of the passages in either's first k.

    Other than in :class:`~beir_hybrid.evaluation.measures.mrc.MRC`, a passage that one of the lists lacks has the rank
    among these passages that its score gives it, wherever it stands, so that values are higher. Equal scores share
    their mean rank; what a run that is cut off does not hold is level behind all that it does. A translation with which
    the query has fewer than two passages in all, or all of one score, is left out of the mean; NaN where none is left.
    Ties at rank k fall as in trec_eval. Range [-1, 1]; the authors multiply by 100.

    Args:
        cutoff: Depth k; the authors take 5, 10 and 20.
    """

    cutoff: int
    base_name = "mimo_mrc"
    reads_top = True
    needs_languages = True
    bounds = (-1.0, 1.0)
    printed = Printed("MIMO's MRC")
    source = "Jang et al. 2026 (MIMO), arXiv:2605.31171: the authors' code, yjoonjang/MIMO, mimo/evaluation/metrics.py"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""

        def correlate(own: Ints, other: Ints, translation: Translation) -> Floats:
            union = _union(own, other)
            return _correlate(*translation.scores(union), union >= 0)

        return over_translations(rankings, self.cutoff, correlate)


def _union(first: Ints, second: Ints) -> Ints:
    """List the passages of both lists of each row once: shape (n, depths), -1 in the places that are left."""
    both = np.sort(np.concatenate([first, second], axis=1), axis=1)
    both[:, 1:][both[:, 1:] == both[:, :-1]] = -1
    return both


def _correlate(first: Floats, second: Floats, there: Bools) -> Floats:
    """Correlate the ranks of scores row by row, of the passages that are there: shape (n,), NaN where undefined."""
    count = there.sum(axis=1)
    deviations = []
    for scores in (first, second):
        # those that are not there are level with, or behind, all others, which moves the ranks of these alike
        rank = rankdata(np.where(there, scores, -np.inf), axis=1) * there
        deviations.append((rank - ratio(rank.sum(axis=1), count)[:, None]) * there)
    own, other = deviations
    spread = np.sqrt((own**2).sum(axis=1) * (other**2).sum(axis=1))
    return ratio((own * other).sum(axis=1), np.where(count > 1, spread, 0.0))
