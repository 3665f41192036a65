"""Mean rank correlation across the translations of a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings, Translation, ratio


@dataclass(frozen=True)
class MRC(StandardMeasure):
    """Mean Spearman correlation between a query's first k passages and those of its translations.

    For each other language, the passages of both lists (U of them) are ranked twice: those in a list of n passages by
    it, from 1 to n, and those that it lacks tied at the mean of the places left, (n + 1 + U) / 2. The correlation is
    Pearson's of these ranks. So two lists without a common passage correlate negatively, as neither knows what the
    other likes. Two lists of the same single passage correlate by 1. A translation for which nothing was retrieved is
    left out of the mean; NaN where none is left. Ties among retrieved passages fall as in trec_eval. Range [-1, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "mrc"
    reads_top = True
    needs_languages = True
    bounds = (-1.0, 1.0)
    printed = Printed("MRC")
    source = "Yang, Jiang and Baldwin, MRL 2024, arXiv:2509.06195"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return over_translations(rankings, self.cutoff, lambda own, other, _: _correlate(own, other))


def over_translations(
    rankings: Rankings, cutoff: int, correlate: Callable[[Ints, Ints, Translation], Floats]
) -> Floats:
    """Average over a query's translations what correlates its first passages with theirs.

    Args:
        rankings: The rankings.
        cutoff: How many passages of each, k.
        correlate: Called with the first passages of queries and of their translations, shape (n, k) each, and the
            translations, it returns shape (n,), NaN for those to leave out.

    Returns:
        Shape (queries,); NaN where none is left.
    """
    own = rankings.top_at(cutoff).passage
    total, count = np.zeros(rankings.queries), np.zeros(rankings.queries)
    for translation in rankings.translations():
        correlation = correlate(own[translation.query], translation.passage[:, :cutoff], translation)
        defined = ~np.isnan(correlation)
        total[translation.query[defined]] += correlation[defined]
        count[translation.query[defined]] += 1
    return ratio(total, count)


def _correlate(first: Ints, second: Ints) -> Floats:
    """Correlate lists row by row, each of shape (n, depth): shape (n,), NaN where either is empty.

    Spearman's correlation needs only the places of the common passages, as the rest follows from sums over 1 to n.
    """
    row, here, there = _common(first, second)

    def add_up(values: Ints) -> Floats:
        return np.bincount(row, weights=values, minlength=len(first)).astype(np.float64, copy=False)

    size, other_size = (first >= 0).sum(axis=1), (second >= 0).sum(axis=1)
    common = np.bincount(row, minlength=len(first))
    union = size + other_size - common
    lacking, other_lacking = (size + 1 + union) / 2, (other_size + 1 + union) / 2
    product = add_up(here * there)
    product += other_lacking * (size * (size + 1) / 2 - add_up(here))
    product += lacking * (other_size * (other_size + 1) / 2 - add_up(there))
    covariance = product - union * ((union + 1) / 2) ** 2
    spread = np.sqrt(_squares(size, union) * _squares(other_size, union))
    alone = np.where((union == 1) & (common == 1), 1.0, np.nan)
    return np.divide(covariance, spread, out=alone, where=spread > 0)


def _common(first: Ints, second: Ints) -> tuple[Ints, Ints, Ints]:
    """Find the passages that both lists of a row have: the row, and the place in each list from 1."""
    # sorted by passage and then by list, a common passage stands twice in succession; its place rides along
    bits = max(first.shape[1], second.shape[1]).bit_length() + 1
    side = 1 << (bits - 1)
    codes = [(first << bits) + np.arange(first.shape[1]), (second << bits) + side + np.arange(second.shape[1])]
    code = np.sort(np.concatenate(codes, axis=1), axis=1)
    passage = code >> bits
    row, at = np.nonzero((passage[:, 1:] == passage[:, :-1]) & (passage[:, 1:] >= 0))
    return row, (code[row, at] & (side - 1)) + 1, (code[row, at + 1] & (side - 1)) + 1


def _squares(size: Ints, union: Ints) -> Floats:
    """Sum the squared deviations of ranks 1 to ``size`` and ties at the mean of the places left up to ``union``."""
    ranked = size * (size + 1) * (2 * size + 1) / 6
    return ranked + (union - size) * ((size + 1 + union) / 2) ** 2 - union * ((union + 1) / 2) ** 2
