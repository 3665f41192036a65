"""Scores: inner products that are the same however they are computed, and the blocks they are computed in.

A matrix product in float32 adds up in an order that depends on the shape of its blocks and on the processor, so its
last digits cannot decide between neighbours in a ranking: even equal vectors get unequal scores near a block's edges.
Here the score of a query and a passage is *defined* as their inner product in float64, rounded to float32, which is
what trec_eval compares. The product only decides where it is far enough away; :func:`error_bound` says how far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from itertools import repeat
from typing import Any, Protocol, TypeVar

import numpy as np

from beir_hybrid.arrays import Floats, Floats32, Ints
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.workers import processors

Part = TypeVar("Part")
Result = TypeVar("Result")

Rows = Any
"""Vectors in memory, shape (n, dimensions): an array of float32 or :class:`~.sparse_rows.SparseRows`.

Queries and passages are of one kind, which a union of types could not say."""

Identifiers = Callable[[Ints], Sequence[str]]
"""Returns the document ids of passages by their numbers."""

Worker = Callable[["PassageBlock", Ints, Floats32], None]

WORD = 64
"""Scores per machine word, once comparisons are packed to bits."""

_BLOCK_PASSAGES = 2**14
_BLOCK_BYTES = 2**24  # scores held at a time by each thread
_CHUNK_NUMBERS = 2**18  # numbers gathered at a time: the processor's cache holds them, and threads seldom meet


class Vectors(Protocol):
    """Rows of float32 numbers, in memory or not: an array, a memory map, or anything that returns blocks of rows.

    :class:`~.sparse_rows.SparseRows` returns blocks of its own kind; its queries have to be of that kind, too.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, dimensions)."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any:
        """Return rows by a slice or an array of numbers."""
        ...


class PassageBlock:
    """Some consecutive passages of the pool, and where their scores stand: each language from a machine word's start.

    Columns are a multiple of 64, so that comparisons pack into words of one language each; columns that are no passage
    hold scores that never win. A language without passages has one word of them.

    Args:
        parts: Vectors of shape (passages, dimensions), by language.
        languages: Number of the language of each part, consecutive.
        first: Number of the first passage in the pool.

    Attributes:
        vectors: Shape (passages of the block, dimensions).
        first: As given.
        languages: As given, as a slice.
        starts: First column of each part.
        width: Columns in all.
        row: Shape (width,), each column's row in ``vectors``; -1 for those that are no passage.
        language: Shape (width,), each column's language.
    """

    def __init__(self, parts: Sequence[Rows], languages: Sequence[int], first: int) -> None:
        sizes = [len(part) for part in parts]
        padded = np.array([max(1, -(-size // WORD)) * WORD for size in sizes])
        self.vectors = stack(parts)
        self.first = first
        self.languages = slice(languages[0], languages[-1] + 1)
        self.starts = np.cumsum(padded) - padded
        self.width = int(padded.sum())
        self.row = np.full(self.width, -1, np.int64)
        self.row[np.concatenate([start + np.arange(n) for start, n in zip(self.starts, sizes, strict=True)])] = (
            np.arange(len(self.vectors))
        )
        self.language = np.repeat(np.array(languages), padded)
        stops = np.cumsum(sizes)
        self._parts = [self.vectors[stop - size : stop] for stop, size in zip(stops, sizes, strict=True)]
        self._padded = padded

    @cached_property
    def largest(self) -> float:
        """Largest length of a vector in the block."""
        return float(lengths(self.vectors).max())

    def score(self, queries: Rows, out: Floats32) -> None:
        """Multiply queries with the block's passages.

        Args:
            queries: Shape (queries, dimensions).
            out: Shape (queries, width), where the scores go.
        """
        for start, part, padded in zip(self.starts, self._parts, self._padded, strict=True):
            end = start + len(part)
            if isinstance(part, SparseRows):
                out[:, start:end] = queries.products(part)
            else:
                np.matmul(queries, part.T, out=out[:, start:end])
            out[:, end : start + padded] = -np.inf


def passage_blocks(passages: Sequence[Vectors], size: int) -> Iterator[PassageBlock]:
    """Cut the pool of all languages' passages into blocks: small corpora together, large ones in parts.

    Args:
        passages: Shape (passages of the language, dimensions) by language.
        size: Most passages of a block.
    """
    parts: list[Rows] = []
    languages: list[int] = []
    first = filled = 0
    for language, vectors in enumerate(passages):
        start = 0
        while start < len(vectors) or start == 0:
            stop = min(len(vectors), start + size - filled)
            parts.append(_rows(vectors, slice(start, stop)))
            languages.append(language)
            filled, start = filled + stop - start, max(stop, 1)
            if filled == size:
                yield PassageBlock(parts, languages, first)
                parts, languages, first, filled = [], [], first + filled, 0
    if filled:
        yield PassageBlock(parts, languages, first)


def over_blocks(
    queries: Rows,
    order: Ints,
    passages: Sequence[Vectors],
    make_worker: Callable[[], Worker],
    advance: Callable[[float], object] | None = None,
) -> None:
    """Score queries against the pool, block by block, and hand the blocks of scores to workers.

    Args:
        queries: Shape (queries, dimensions).
        order: The numbers of the queries to score, in the order to take them.
        passages: Shape (passages of the language, dimensions) by language; each block of them is read once.
        make_worker: Makes the worker of one thread, called with a block, the numbers of some queries and their scores,
            shape (queries, width). No two workers get the same queries at the same time.
        advance: Called with the share of the work done since the last call.
    """
    threads = processors()
    total = sum(len(vectors) for vectors in passages)
    width = min(_BLOCK_PASSAGES, total) + WORD * (len(passages) + 1)
    size = max(1, min(-(-len(order) // threads), _BLOCK_BYTES // (4 * width)))
    workers = [(make_worker(), np.empty((size, width), np.float32)) for _ in range(threads)]

    def work(worker: tuple[Worker, Floats32], block: PassageBlock, parts: Iterator[Ints]) -> None:
        for numbers in parts:
            scores = worker[1][: len(numbers), : block.width]
            block.score(queries[numbers], scores)
            worker[0](block, numbers, scores)
            if advance is not None:
                advance(len(numbers) / len(order) * len(block.vectors) / total)

    with _pool() as pool:
        for block in passage_blocks(passages, _BLOCK_PASSAGES):
            parts = iter([order[start : start + size] for start in range(0, len(order), size)])
            list(pool.map(work, workers, repeat(block), repeat(parts)))


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    from threadpoolctl import threadpool_limits  # which changes the environment of the process

    # each thread multiplies its own blocks: a BLAS that used all cores itself would leave its helpers spinning beside
    # the work
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(processors()) as pool:
        yield pool


def in_threads(work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
    """Call a function with each of some parts of the work, on all processors."""
    with _pool() as pool:
        return list(pool.map(work, parts))


def error_bound(queries: Rows, largest: float) -> Floats32:
    """Bound the difference between a score and the matrix product's float32 number for it.

    Whatever the order of adding up d products, the error is at most about d units of rounding of the sum of their
    magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), which the vectors' lengths
    bound, and half of float32's smallest number for each product below its normal ones. Rounding errors that are
    independent add up to less than 10 * sqrt(d) units with a probability beyond 1 - 1e-18 (Higham and Mary, SIAM J.
    Sci. Comput. 41(5), 2019, theorem 2.4); the smaller of the two is taken, and 8 units more for the rounding of what
    is compared with. The products of sparse rows are the scores themselves.

    Args:
        queries: Shape (queries, dimensions).
        largest: Largest length of a passage vector.

    Returns:
        Shape (queries,); 0 where the products are the scores.
    """
    if isinstance(queries, SparseRows):
        return np.zeros(len(queries), np.float32)
    dimensions = queries.shape[1]
    unit, smallest = 2.0**-24, 2.0**-149
    units = min(dimensions, 10 * math.sqrt(dimensions)) + 8
    return (units * unit * largest * lengths(queries) + (dimensions + 8) * smallest).astype(np.float32)


def exact_scores(queries: Rows, query: Ints, passages: Rows, passage: Ints) -> Floats32:
    """Score pairs of a query and a passage: inner products in float64, rounded to float32.

    Args:
        queries: Shape (queries, dimensions).
        query: Shape (pairs,), numbers of queries.
        passages: Shape (passages, dimensions).
        passage: Shape (pairs,), numbers of passages.

    Returns:
        Shape (pairs,).
    """
    if isinstance(queries, SparseRows):
        return queries.paired(query, passages, passage)
    scores = np.empty(len(query), np.float32)
    dimensions = queries.shape[1]
    step = min(len(query), max(1, _CHUNK_NUMBERS // max(1, dimensions)))
    # kept for all chunks, since fresh memory may cost more than the work itself
    single, left, right = (np.empty((step, dimensions), dtype) for dtype in (np.float32, np.float64, np.float64))
    for start in range(0, len(query), max(1, step)):
        part = slice(start, start + step)
        count = len(query[part])
        for out, vectors, rows in ((left, queries, query[part]), (right, passages, passage[part])):
            out[:count] = np.take(vectors, rows, axis=0, out=single[:count], mode="clip")
        # one dot product a row, so that equal vectors get equal scores wherever they stand
        scores[part] = np.vecdot(left[:count], right[:count])
    return scores


def pair_scores(queries: Rows, query: Ints, passages: Sequence[Vectors], passage: Ints) -> Floats32:
    """Score pairs of a query and a passage of the pool, on all processors; see :func:`exact_scores`.

    Args:
        queries: Shape (queries, dimensions).
        query: Shape (pairs,), numbers of queries.
        passages: Shape (passages of the language, dimensions) by language; each passage needed is read once.
        passage: Shape (pairs,), numbers of passages in the pool.

    Returns:
        Shape (pairs,).
    """
    vectors, place = gather(passages, passage)
    parts = np.array_split(np.arange(len(query)), processors())
    return np.concatenate(in_threads(lambda part: exact_scores(queries, query[part], vectors, place[part]), parts))


def gather(passages: Sequence[Vectors], wanted: Ints) -> tuple[Rows, Ints]:
    """Collect the vectors of some passages of the pool, each once.

    Args:
        passages: Shape (passages of the language, dimensions) by language.
        wanted: Shape (n,), numbers in the pool, possibly repeated.

    Returns:
        The distinct vectors, and shape (n,), each one's place among them.
    """
    distinct, place = np.unique(wanted, return_inverse=True)
    starts = np.cumsum([0, *(len(vectors) for vectors in passages)])
    parts = [
        _rows(vectors, distinct[(distinct >= start) & (distinct < stop)] - start)
        for vectors, start, stop in zip(passages, starts[:-1], starts[1:], strict=True)
    ]
    return stack(parts), place.reshape(-1)


def id_places(identifiers: Identifiers, passages: Ints) -> Ints:
    """Return the order of some passages' document ids.

    Args:
        identifiers: Returns the ids.
        passages: Shape (n,), numbers of passages, possibly repeated.

    Returns:
        Shape (n,), numbers that compare as the ids do: by code point, which is the order of their UTF-8 bytes too.
    """
    distinct, back = _distinct(passages)
    ids = identifiers(distinct)
    places = np.empty(len(distinct), np.int64)
    places[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return places[back]


def stack(parts: Sequence[Rows]) -> Rows:
    """Put vectors one after another; at least one part is needed, and all are sparse rows or none."""
    if isinstance(parts[0], SparseRows):
        return SparseRows.stack(parts)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def lengths(vectors: Rows) -> Floats:
    """Compute the vectors' Euclidean lengths, shape (n,); not finite where a number is not."""
    if isinstance(vectors, SparseRows):
        return vectors.lengths()
    return np.sqrt(np.einsum("pd,pd->p", vectors, vectors, dtype=np.float64))


def _rows(vectors: Vectors, rows: slice | Ints) -> Rows:
    """Read rows into memory."""
    chosen = vectors[rows]
    return chosen if isinstance(chosen, SparseRows) else np.asarray(chosen, np.float32)


def _distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Do as ``np.unique`` with its inverse does, without sorting where the numbers lie close together."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    span = high - low + 1
    if span > len(numbers):
        distinct, back = np.unique(numbers, return_inverse=True)
        return distinct, back.reshape(-1)
    there, places = np.zeros(span, bool), numbers - low
    there[places] = True
    return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[places]
