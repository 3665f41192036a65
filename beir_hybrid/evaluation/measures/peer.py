"""Probability of equal expected rank of the languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings

Weights = tuple[tuple[int, float], ...]

_EQUAL: Weights = ((0, 0.5), (1, 0.5))


@dataclass(frozen=True)
class PEER(StandardMeasure):
    """Weighted mean over relevance grades of the p-value that a grade's passages rank alike in every language.

    Per query and grade a Kruskal-Wallis test of the ranks up to k, grouped by language. Grade 0 holds the retrieved
    passages that are judged not relevant or not judged; a higher grade holds all its passages, and those that are not
    among the first k are tied at the mean of the places that follow its last retrieved one. A grade with passages of
    fewer than two languages, or none retrieved, counts 1: there is nothing to be unfair about. Ties in the ranking
    fall as in trec_eval. Range [0, 1]; higher is fairer.

    The ranks are those in the whole ranking. A Kruskal-Wallis test such as ``scipy.stats.kruskal`` first ranks the
    passages of a grade anew among themselves, so its p-values differ.

    Where every language has one relevant passage at most, the p-value of that grade is a constant whatever the ranks
    (0.44 for eleven languages, as in XQuAD-R): the query has no value then, NaN, unless the grade weighs nothing.

    The authors' package peer_measure differs where a relevant passage is below k: there a comparison that is never
    true puts it at a rank counted from the number of the grade's passages, often among the retrieved ones. It also
    counts 0 for a grade that the query's judgements lack, and gives grades below 0 tests of their own.

    Args:
        cutoff: Depth k.
        weights: Grades and their weights, which add up to 1; other grades weigh nothing. Default: one half for 0 and
            one half for 1. The package has no default.

    Raises:
        ConfigurationError: If the weights do not add up to 1, are negative, or name a grade twice or below 0.
    """

    cutoff: int
    weights: Weights = _EQUAL
    base_name = "peer"
    needs_languages = True
    printed = Printed("PEER", factor=100, brief_decimals=1)
    source = "Yang, Jänich, Mayfield and Lawrie, SIGIR 2024, arXiv:2405.00978"

    def __post_init__(self) -> None:
        grades = [grade for grade, _ in self.weights]
        shares = [weight for _, weight in self.weights]
        if abs(sum(shares) - 1) > 1e-8 or any(weight < 0 for weight in shares):
            raise ConfigurationError(f"The weights {shares} do not add up to 1.", "For example: ((0, 0.5), (1, 0.5))")
        if len(set(grades)) < len(grades) or any(grade < 0 for grade in grades):
            raise ConfigurationError(f"The grades {grades} are not distinct and at least 0.", "Name each grade once.")

    @property
    def name(self) -> str:
        """``peer@k``; with other weights than the default, such as ``peer(1:1)@k``."""
        weights = ",".join(f"{grade}:{weight:g}" for grade, weight in self.weights)
        return f"peer{'' if self.weights == _EQUAL else f'({weights})'}@{self.cutoff}"

    @property
    def depth(self) -> int:
        """The cut-off; 0 if passages that are not relevant weigh nothing."""
        return self.cutoff if dict(self.weights).get(0) else 0

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        values = np.zeros(rankings.queries)
        for grade, weight in self.weights:
            if weight:
                values += weight * (self._relevant(rankings, grade) if grade else self._others(rankings))
        return values

    def _others(self, rankings: Rankings) -> Floats:
        top = rankings.top_at(self.cutoff)
        query, column = np.nonzero((top.passage >= 0) & (top.grade == 0))
        return RanksByLanguage.of(rankings, query, top.language[query, column]).p_values(
            (column + 1).astype(np.float64)
        )

    def _relevant(self, rankings: Rankings, grade: int) -> Floats:
        rows = rankings.grade == grade
        groups = RanksByLanguage.of(rankings, rankings.query[rows], rankings.language[rows])
        rank = rankings.rank[rows]
        values = groups.p_values(np.where(rank <= self.cutoff, rank, np.inf))
        values[(groups.sizes.max(axis=1) == 1) & (groups.sizes.sum(axis=1) > 1)] = np.nan
        return values


@dataclass(frozen=True, eq=False)
class RanksByLanguage:
    """Passages of one grade, grouped by query and language.

    Attributes:
        query: Shape (passages,), the query of each passage.
        cell: Shape (passages,), its group: query * languages + language.
        sizes: Shape (queries, languages), how many passages each group has.
    """

    query: Ints
    cell: Ints
    sizes: Ints

    @classmethod
    def of(cls, rankings: Rankings, query: Ints, language: Ints) -> RanksByLanguage:
        """Group passages, shape (passages,), by query and by number of language."""
        shape = (rankings.queries, len(rankings.languages))
        cell = query * shape[1] + language
        return cls(query, cell, np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape))

    def p_values(self, rank: Floats) -> Floats:
        """Test that the languages' expected ranks are equal: shape (queries,), 1 where there is nothing to test.

        Args:
            rank: Rank of each passage; infinite for those to be tied at the end.
        """
        count = self.sizes.sum(axis=1)
        last = np.zeros(len(count))
        retrieved = np.isfinite(rank)
        np.maximum.at(last, self.query[retrieved], rank[retrieved])
        end = last + (np.bincount(self.query[~retrieved], minlength=len(count)) + 1) / 2
        rank = np.where(retrieved, rank, end[self.query])

        mean = np.bincount(self.query, weights=rank, minlength=len(count)) / np.maximum(count, 1)
        deviation = rank - mean[self.query]
        within = np.bincount(self.cell, weights=deviation, minlength=self.sizes.size).reshape(self.sizes.shape)
        between = (within**2 / np.maximum(self.sizes, 1)).sum(axis=1)
        total = np.bincount(self.query, weights=deviation**2, minlength=len(count))
        freedom = (self.sizes > 0).sum(axis=1) - 1
        testable = (freedom > 0) & (total > 0)
        statistic = np.divide((count - 1) * between, total, out=np.zeros(len(count)), where=testable)
        return np.where(testable, chdtrc(np.maximum(freedom, 1), statistic), 1.0)
