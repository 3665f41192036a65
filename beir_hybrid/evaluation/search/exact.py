"""Exact search: the first passages of every query's ranking, without ever holding all scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beir_hybrid.arrays import Bools, Floats32, Ints
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.device import SearchDevice, check_precision, choose_device
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.ranks import Ranks, exact_ranks
from beir_hybrid.evaluation.search.scores import (
    Identifiers,
    PassageBlock,
    Rows,
    Vectors,
    error_bound,
    exact_scores,
    gather,
    id_places,
    in_threads,
    over_blocks,
)
from beir_hybrid.evaluation.search.searcher import Pool, RelevantRanks, Search, SearchTask, VectorSearcher
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import Setting
from beir_hybrid.verbosity import progress

if TYPE_CHECKING:
    from beir_hybrid.evaluation.search.device_block import DeviceBlock

_GATHERED = 2**14  # vectors gathered at a time, by each thread
_MERGED = 2**20  # hits merged at a time
_QUERIES = 2**10  # whose candidates of a device are kept together
_MANY = 2  # times as many candidates as wanted are too many


@dataclass(frozen=True)
class ExactSearch(Search):
    """Rank all passages by their exact scores: rankings are whole, and the same on every machine and device.

    Args:
        device: What multiplies and compares: ``cuda``, ``cuda:1``, ``mps`` or ``cpu``; None for cuda if there is one
            and the work is worth it, and else this processor.
        precision: ``float32``, ``tf32`` or ``bfloat16``, which decides how many near pairs have to be multiplied again,
            never the result; or ``auto``.

    Raises:
        ConfigurationError: If there is no such precision; when it is opened, if there is no such device.

    Examples:
        >>> from beir_hybrid import evaluate, load_dataset
        >>> from beir_hybrid.evaluation import Embeddings
        >>> sample = load_dataset("sample", languages=["en"])
        >>> vectors = [{"en": np.eye(len(texts["en"]), 90)} for texts in (sample.queries, sample.corpora)]
        >>> evaluate(Embeddings(*vectors), sample, search=ExactSearch(), measures=["recall@1"]).scores["mono"]
        {'recall@1': 1.0}
    """

    device: str | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        check_precision(self.precision)

    def open(self, task: SearchTask) -> ExactSearcher:
        """Rank all relevant passages; see :meth:`Search.open`."""
        return ExactSearcher(task, self)


class ExactSearcher(VectorSearcher):
    """Whole rankings by inner products; see :class:`VectorSearcher`.

    Args:
        task: What to search.
        search: The device and its precision.

    Attributes:
        counts: How many passages stand above every relevant passage.
    """

    def __init__(self, task: SearchTask, search: ExactSearch | None = None) -> None:
        super().__init__(task)
        self._device = self._choose(search) if search is not None and not isinstance(self.queries, SparseRows) else None
        self.device = "" if self._device is None else str(self._device)
        with timed(self.seconds, "rank"), progress("Ranking", task.show_progress) as advance:
            self.counts = self._count(advance)

    def ranks(self, setting: Setting, rows: Ints, queries: Ints) -> RelevantRanks:
        """Rank the relevant passages; see :meth:`Searcher.ranks`."""
        columns = self.judgements.columns(setting)
        chosen = np.ix_(rows, columns)
        rank = 1.0 + self.counts.above[chosen].sum(axis=1, dtype=np.int64)
        tied = self.counts.tied[chosen].sum(axis=1)
        mid_rank = rank + (tied / 2 - self.counts.tied_above[chosen].sum(axis=1))
        return RelevantRanks(rank, mid_rank, tied > 0, np.full(len(queries), self.judgements.sizes[columns].sum()))

    def _choose(self, search: ExactSearch) -> SearchDevice | None:
        passages = sum(map(len, self.passages.values()))
        return choose_device(search.device, search.precision, float(passages) * self.queries.size)

    def _count(self, advance: Callable[[float], object]) -> Ranks:
        """Rank every relevant passage in each language's corpus."""
        judged, passages = self.judgements, list(self.passages.values())
        ids = judged.identifiers
        return exact_ranks(self.queries, passages, judged.query, judged.passage, ids, advance, self._device)

    def _find(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        vectors = self.vectors(pool)
        hits = exact_search(self.queries[queries], vectors, depth, pool.identifiers, advance, self._device)
        return pool.global_hits(hits)


def exact_search(
    queries: Rows,
    passages: Sequence[Vectors],
    depth: int,
    identifiers: Identifiers,
    advance: Callable[[float], object] | None = None,
    device: SearchDevice | None = None,
    bar: Callable[[PassageBlock, Ints, Floats32, Floats32], object] | None = None,
) -> Hits:
    """Find the passages with the highest scores in the pool of all corpora, in one pass over blocks of scores.

    Scores are as :func:`~.scores.exact_scores` defines them: the matrix product selects the candidates, and these are
    scored exactly, so the same vectors have the same ranking in any pool.

    Args:
        queries: Shape (queries, dimensions).
        passages: Vectors of shape (passages of the language, dimensions) per language; may be memory-mapped.
        depth: How many passages to find; all, if there are fewer.
        identifiers: Returns document ids, to order ties.
        advance: Called with the share of the work done since the last call; all calls add up to 1.
        device: What multiplies and compares; None for this processor, as for sparse vectors.
        bar: Called with each block, the numbers of some queries, their scores, shape (queries, width), and how wrong
            these may be, shape (queries,). It may put -inf in place of scores whose passages shall not be found, which
            only this processor does, not a device.
    """
    depth = min(depth, sum(len(vectors) for vectors in passages))
    parts: dict[int, _Candidates] = {}

    def collect(block: PassageBlock, numbers: Ints, scores: Floats32) -> None:
        first = int(numbers[0])  # the same queries come together in every block
        if first not in parts:
            parts[first] = _Candidates(queries[numbers], passages, depth, identifiers)
        bounds = error_bound(queries[numbers], block.largest)
        if bar is not None:
            bar(block, numbers, scores, bounds)
        parts[first].add(block, scores, bounds)

    def take(block: DeviceBlock) -> None:
        for numbers in np.split(np.arange(len(queries)), range(_QUERIES, len(queries), _QUERIES)):
            first = int(numbers[0])
            if first not in parts:
                parts[first] = _Candidates(queries[numbers], passages, depth, identifiers)
            for contenders in product.candidates(block, numbers, depth):
                parts[first].take(contenders.query - first, *contenders[1:])

    if device is None or isinstance(queries, SparseRows):
        over_blocks(queries, np.arange(len(queries)), passages, lambda: collect, advance)
    elif len(queries):
        product = device.product(queries)
        product.over_blocks(passages, take, advance)
        product.report()
    hits = Hits.empty(len(queries), depth)

    def settle(part: tuple[int, _Candidates]) -> None:
        first, candidates = part
        candidates.settle()
        candidates.write(hits, first)

    in_threads(settle, parts.items())
    return hits


def merge_hits(parts: Sequence[Hits], depth: int, identifiers: Identifiers) -> Hits:
    """Merge what was found in the parts of a pool: the first passages of all of them together.

    Args:
        parts: The first passages of each part for the same queries, as deep as wanted or the whole part, numbered as
            in the pool.
        depth: How many passages to keep.
        identifiers: Returns document ids, to order ties across parts.
    """
    width = sum(part.passage.shape[1] for part in parts)
    merged = Hits.empty(len(parts[0]), min(depth, width))
    step = max(1, _MERGED // max(1, width))
    for start in range(0, len(merged), step):
        rows = slice(start, start + step)
        block = Hits(*(np.hstack([getattr(part, name)[rows] for part in parts]) for name in ("passage", "score")))
        block.sort()
        if width > depth:  # what is level with the last one may come before it
            block.passage[block.score < block.score[:, depth - 1 : depth]] = -1
        block.order_ties(identifiers)
        merged.passage[rows], merged.score[rows] = block.passage[:, :depth], block.score[:, :depth]
    return merged


class _Candidates:
    """Candidates for the first passages of some queries.

    Args:
        queries: Shape (queries, dimensions), their vectors.
        passages: Vectors of all passages.
        depth: How many passages each query will get.
        identifiers: Returns document ids, to order ties.
    """

    def __init__(self, queries: Rows, passages: Sequence[Vectors], depth: int, identifiers: Identifiers) -> None:
        self.queries = queries
        self.passages = passages
        self.depth = depth
        self.identifiers = identifiers
        self.floor = np.full(len(queries), -np.inf, np.float32)  # as many as wanted score at least this
        self.bound = np.zeros(len(queries), np.float32)  # how wrong the scores may be
        self.query = np.empty(0, np.int64)
        self.passage = np.empty(0, np.int64)
        self.score = np.empty(0, np.float32)
        self.exact = np.empty(0, bool)

    def add(self, block: PassageBlock, scores: Floats32, bounds: Floats32) -> None:
        """Take the candidates of a block; ``scores`` has shape (queries, width)."""
        self.bound = np.maximum(self.bound, bounds)
        self.floor = np.maximum(self.floor, _lower_bounds(scores, self.depth))
        query, column = np.divmod(np.flatnonzero(scores >= self._least[:, None]), block.width)
        real = block.row[column] >= 0
        query, column = query[real], column[real]
        exact = np.full(len(query), not bounds.any())
        self.take(query, block.row[column] + block.first, scores[query, column], exact, bounds)

    def take(self, query: Ints, passage: Ints, score: Floats32, exact: Bools, bound: Floats32 | float) -> None:
        """Take candidates, shape (n,) each; scores that are not exact are at most as wrong as the bound."""
        self.bound = np.maximum(self.bound, bound, dtype=np.float32)
        self.query = np.concatenate([self.query, query])
        self.passage = np.concatenate([self.passage, passage])
        self.score = np.concatenate([self.score, score])
        self.exact = np.concatenate([self.exact, exact])
        many = _MANY * self.depth * len(self.floor)
        if len(self.query) > many:
            self._drop()
        if len(self.query) > many:  # most passages are level, as with a model that collapsed
            self.settle()

    @property
    def _least(self) -> Floats32:
        # a score and the one it is compared with may both be wrong; finite, so that padding stays out
        return np.maximum(self.floor - 2 * self.bound, np.finfo(np.float32).min)

    def _drop(self) -> None:
        """Drop candidates that cannot be among the first, since enough others are surely above."""
        order = np.lexsort((-self.score, self.query))
        self._keep(order)
        starts = np.searchsorted(self.query, np.arange(len(self.floor) + 1))
        full = np.flatnonzero(np.diff(starts) >= self.depth)
        self.floor[full] = self.score[starts[full] + self.depth - 1]
        self._keep(np.flatnonzero(self.score >= self._least[self.query]))

    def _keep(self, chosen: Ints) -> None:
        self.query, self.passage = self.query[chosen], self.passage[chosen]
        self.score, self.exact = self.score[chosen], self.exact[chosen]

    def settle(self) -> None:
        """Score the remaining candidates exactly, order them as trec_eval does and keep as many as wanted."""
        self._drop()
        wrong = np.flatnonzero(~self.exact)
        for start in range(0, len(wrong), _GATHERED):
            part = wrong[start : start + _GATHERED]
            self.score[part] = exact_scores(self.queries, self.query[part], *gather(self.passages, self.passage[part]))
        self.exact[:] = True
        self._keep(np.lexsort((-self.score, self.query)))
        level = (self.score[1:] == self.score[:-1]) & (self.query[1:] == self.query[:-1])
        tied = np.flatnonzero(np.r_[False, level] | np.r_[level, False])
        if len(tied):  # ids are read only where they decide
            places = np.zeros(len(self.query), np.int64)
            places[tied] = id_places(self.identifiers, self.passage[tied])
            self._keep(np.lexsort((-places, -self.score, self.query)))
        self._keep(np.flatnonzero(self._place() < self.depth))

    def write(self, hits: Hits, first: int) -> None:
        """Write what was settled into the hits; ``first`` is the number of the first query."""
        row, column = self.query + first, self._place()
        hits.passage[row, column] = self.passage
        hits.score[row, column] = self.score

    def _place(self) -> Ints:
        """Return the place of each candidate, in the current order, among those of its query."""
        starts = np.searchsorted(self.query, np.arange(len(self.floor)))
        place: Ints = np.arange(len(self.query)) - starts[self.query]
        return place


def _lower_bounds(scores: Floats32, depth: int) -> Floats32:
    """Bound the depth-th highest score of each query from below, cheaply.

    Of the maxima of groups of columns, the depth-th highest: as many different scores are at least as high.

    Args:
        scores: Shape (queries, width).
        depth: From 1 on.

    Returns:
        Shape (queries,); -inf where there are too few columns.
    """
    each = min(64, scores.shape[1] // (4 * depth))  # columns of a group
    if each < 2:
        return np.full(len(scores), -np.inf, np.float32)
    groups = scores.shape[1] // each
    maxima = scores[:, : groups * each].reshape(len(scores), each, groups).max(axis=1)
    return np.partition(maxima, groups - depth, axis=1)[:, groups - depth]
