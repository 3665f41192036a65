"""Candidates for hard negatives, by the inner products of vectors."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.search.device import SearchDevice
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.scores import PassageBlock, exact_scores, gather
from beir_hybrid.mining.options import ANY, BALANCED, SAME
from beir_hybrid.mining.pool import MiningPool

_SLACK = 8  # passages more than wanted are found: scores too near to a limit are decided once they are exact
_DEVICE_SLACK = 64  # likewise, where what is barred is taken out after the search


class Candidates(NamedTuple):
    """Passages that may become negatives of some pairs, ordered by pair, the highest scores first.

    Attributes:
        pair: Shape (n,), places among the pairs, from 0.
        passage: Shape (n,), numbers of passages.
        score: Shape (n,).
    """

    pair: Ints
    passage: Ints
    score: Floats32


class Finder(Protocol):
    """What scores passages for questions."""

    def scores(self, pairs: Ints, place: Ints, passage: Ints) -> Floats32:
        """Score passages for some pairs of one language of questions.

        Args:
            pairs: Shape (m,), numbers of pairs, consecutive ones of their language.
            place: Shape (n,), which of these.
            passage: Shape (n,), numbers of passages.

        Returns:
            Shape (n,); NaN where there is none.
        """

    def find(self, pairs: Ints, ceiling: Floats32, policy: str, depth: int) -> Candidates:
        """Find the highest scores of passages that do not answer the questions of pairs.

        Args:
            pairs: As for :meth:`scores`.
            ceiling: Shape (m,), what a passage's score must not exceed.
            policy: Whose languages; one of :data:`~.options.LANGUAGES`.
            depth: How many passages for each pair, in each language where they are balanced.
        """


class VectorFinder:
    """Exact search over vectors; see :class:`Finder`.

    Args:
        pool: What is searched.
        vectors: Of its collection.
        device: What multiplies first; None for this processor. The result is the same.
    """

    def __init__(self, pool: MiningPool, vectors: Embeddings, device: SearchDevice | None = None) -> None:
        self.pool, self.vectors, self.device = pool, vectors, device
        self._passages = list(vectors.passages.values())
        self._languages = [pool.languages.index(code) for code in vectors.passages]

    def _queries(self, pairs: Ints) -> Floats32:
        """Read the questions' vectors."""
        code = self.pool.languages[self.pool.question_language[pairs[0]]]
        first = int(np.searchsorted(self.pool.pairs_of[code], pairs[0]))
        return np.asarray(self.vectors.queries[code][first : first + len(pairs)])

    def scores(self, pairs: Ints, place: Ints, passage: Ints) -> Floats32:
        """Score passages for pairs; see :meth:`Finder.scores`."""
        vectors, column = gather(self._passages, passage)
        return exact_scores(self._queries(pairs), place, vectors, column)

    def find(self, pairs: Ints, ceiling: Floats32, policy: str, depth: int) -> Candidates:
        """Search exactly; see :meth:`Finder.find`."""
        pool, queries = self.pool, self._queries(pairs)
        own = pool.question_language[pairs] if policy == SAME else pool.passage_language[pairs]
        searched = []
        for target in [None] if policy == ANY else self._languages:
            chosen = np.arange(len(pairs)) if policy in (ANY, BALANCED) else np.flatnonzero(own == target)
            if len(chosen):
                answers = pool.question_answer[pairs[chosen]]
                searched.append(
                    self._search(chosen, queries[chosen], target, Exclusion(answers, ceiling[chosen]), depth)
                )
        if not searched:
            return Candidates(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
        pair, passage, score = (np.concatenate(side) for side in zip(*searched, strict=True))
        order = np.lexsort((passage, -score, pair))
        return Candidates(pair[order], passage[order], score[order])

    def _search(self, chosen: Ints, queries: Floats32, target: int | None, bar: Exclusion, depth: int) -> Candidates:
        """Search the passages of one language, or of all."""
        starts = self.pool.starts
        first, stop = (0, int(starts[-1])) if target is None else (int(starts[target]), int(starts[target + 1]))
        parts = self._passages if target is None else [self._passages[self._languages.index(target)]]
        bar.answer = self.pool.answer[first:stop]
        open_ = np.arange(len(chosen))
        sides = []
        if self.device is not None:
            hits = exact_search(queries, parts, depth + _DEVICE_SLACK, _names, device=self.device)
            bar.strike(hits, open_)
            whole = (hits.passage >= 0).sum(axis=1) >= depth
            sides.append(_first(hits[whole], chosen[whole], depth, first))
            open_ = np.flatnonzero(~whole)
        if len(open_):
            rest = bar.of(open_)
            hits = exact_search(queries[open_], parts, depth + _SLACK, _names, bar=rest)
            rest.strike(hits, np.arange(len(open_)))
            sides.append(_first(hits, chosen[open_], depth, first))
        return Candidates(*(np.concatenate(side) for side in zip(*sides, strict=True)))


class Exclusion:
    """Keeps out of a search what answers the questions, or scores too high to be surely no answer.

    Args:
        asked: Shape (queries,), the answers of the questions.
        ceiling: Shape (queries,), the highest score that is allowed.

    Attributes:
        answer: Shape (passages,), the answers of the passages that are searched.
    """

    def __init__(self, asked: Ints, ceiling: Floats32) -> None:
        self.asked, self.ceiling = asked, ceiling
        self.answer = np.empty(0, np.int64)
        self._sorted: tuple[int, Ints, Ints] = (-1, self.answer, self.answer)

    def of(self, queries: Ints) -> Exclusion:
        """Return that of some of the queries."""
        part = Exclusion(self.asked[queries], self.ceiling[queries])
        part.answer = self.answer
        return part

    def __call__(self, block: PassageBlock, numbers: Ints, scores: Floats32, bounds: Floats32) -> None:
        """Exclude scores of a block, of those above the ceiling the sure ones; see :func:`exact_search`."""
        ceiling = self.ceiling[numbers]
        if np.isfinite(ceiling).any():
            np.putmask(scores, scores > (ceiling + bounds)[:, None], -np.inf)
        first, order, answers = self._sorted
        if first != block.first:  # threads may do so at the same time, to the same end
            real = np.flatnonzero(block.row >= 0)
            answer = self.answer[block.first + block.row[real]]
            by_answer = np.argsort(answer, kind="stable")
            order, answers = real[by_answer], answer[by_answer]
            self._sorted = block.first, order, answers
        low, high = (np.searchsorted(answers, self.asked[numbers], side) for side in ("left", "right"))
        row = np.repeat(np.arange(len(numbers)), high - low)
        if len(row):
            nth = np.arange(len(row)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
            scores[row, order[low[row] + nth]] = -np.inf

    def strike(self, hits: Hits, queries: Ints) -> None:
        """Take what is barred out of hits with exact scores, in place; the others keep their order."""
        barred = hits.score > self.ceiling[queries, None]
        barred |= self.answer[np.maximum(hits.passage, 0)] == self.asked[queries, None]
        hits.passage[barred], hits.score[barred] = -1, -np.inf
        hits.sort()


def _first(hits: Hits, pairs: Ints, depth: int, first: int) -> Candidates:
    top = hits[:, :depth]
    row, column = np.nonzero(top.passage >= 0)
    return Candidates(pairs[row], top.passage[row, column] + first, top.score[row, column])


def _names(passages: Ints) -> list[str]:
    """Name passages so that of those with equal scores the first comes first."""
    return [f"{10**12 - number:013d}" for number in passages.tolist()]
