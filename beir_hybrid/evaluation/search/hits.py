"""Hits: the passages on top of every query's ranking, and where given passages stand among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats, Floats32, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search.scores import Identifiers, id_places

_ROWS = 2**12  # rows looked up at a time


@dataclass(frozen=True, eq=False)
class Hits:
    """The passages on top of every query's ranking, ties ordered as in trec_eval.

    Attributes:
        passage: Shape (queries, depth), passage numbers, counted through the languages in order; -1 where there are
            fewer.
        score: Shape (queries, depth), their scores; -inf where there are fewer.
    """

    passage: Ints
    score: Floats32

    @classmethod
    def empty(cls, queries: int, depth: int) -> Hits:
        """Return hits without any passage, to be filled in."""
        return cls(np.full((queries, depth), -1, np.int64), np.full((queries, depth), -np.inf, np.float32))

    def __len__(self) -> int:
        return len(self.passage)

    def __getitem__(self, chosen: Any) -> Hits:
        return Hits(self.passage[chosen], self.score[chosen])

    def sort(self) -> None:
        """Order each query's passages by their scores, in place; those with equal scores stay as they are."""
        order = np.argsort(-self.score, axis=1, kind="stable")
        for numbers in (self.passage, self.score):
            numbers[:] = np.take_along_axis(numbers, order, axis=1)

    def order_ties(self, identifiers: Identifiers) -> None:
        """Put the larger document id first among equal scores, in place; the hits are in the order of their scores.

        Args:
            identifiers: Returns document ids.
        """
        level = (self.score[:, 1:] == self.score[:, :-1]) & (self.passage[:, 1:] >= 0)
        edge = np.zeros((len(level), 1), bool)
        query, column = np.nonzero(np.hstack([edge, level]) | np.hstack([level, edge]))
        if not len(query):  # ids are read only where they decide
            return
        passages, scores = self.passage[query, column], self.score[query, column]
        self.passage[query, column] = passages[np.lexsort((-id_places(identifiers, passages), -scores, query))]

    def places(self, query: Ints, passage: Ints) -> tuple[Floats, Floats, Floats]:
        """Look up where passages stand.

        Args:
            query: Shape (n,), numbers of queries.
            passage: Shape (n,), numbers of passages.

        Returns:
            Shape (n,) each: the rank, the number of passages with a higher score, and the number of passages with the
            same score; infinite, infinite and 0 for a passage that is not among the hits.
        """
        rank, higher, level = np.full(len(query), np.inf), np.full(len(query), np.inf), np.zeros(len(query))
        for start in range(0, len(query), _ROWS):
            part = slice(start, start + _ROWS)
            mine = self[query[part]]
            row, column = np.nonzero(mine.passage == passage[part, None])
            own = mine.score[row, column][:, None]
            rank[start + row] = column + 1
            higher[start + row] = (mine.score[row] > own).sum(axis=1)
            level[start + row] = (mine.score[row] == own).sum(axis=1)
        return rank, higher, level

    def recall(self, exact: Hits, depth: int) -> float:
        """Return how much of the exact ranking's top was found: the mean over queries, in [0, 1].

        A passage that is level with the last one of the exact ranking's top counts as found in its place: which of
        them are listed is decided by document ids alone.

        Args:
            exact: What exact search finds for the same queries.
            depth: How many passages count as the top.

        Raises:
            ConfigurationError: If one of them is not as deep, or they are of different queries.
        """
        kept = min(self.passage.shape[1], exact.passage.shape[1])
        if len(self) != len(exact) or not 1 <= depth <= kept:
            raise ConfigurationError(
                f"The first {depth} of {len(exact)} rankings cannot be compared with {len(self)} of depth "
                f"{self.passage.shape[1]}.",
                f"Compare rankings of the same queries, to a depth from 1 to {kept}.",
            )
        top, own = exact.score[:, :depth], self.score[:, :depth]
        last = np.where(np.isfinite(top), top, np.inf).min(axis=1, keepdims=True)
        return float(np.mean((np.isfinite(own) & (own >= last)).sum(axis=1) / np.isfinite(top).sum(axis=1)))
