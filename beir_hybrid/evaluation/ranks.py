"""Exact ranks of every relevant passage, in every language's corpus, from one pass over the scores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

__all__ = ["Ranks", "SettingRanks", "exact_ranks"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]

_WORD = 64  # scores per machine word once comparisons are packed to bits
_BLOCK_BYTES = 2**25  # scores held at a time by all threads; 600 queries of XQuAD-R's pool
_JOB_BYTES = 2**20  # comparisons held at a time by each thread: about what its cache holds


@dataclass(frozen=True, eq=False)
class Ranks:
    """How many passages of each language stand above every relevant passage.

    A row is one (query, relevant passage), sorted by query. Ranks in the corpus of any set of languages follow by
    adding up its columns.

    Attributes:
        query: Shape (rows,), query numbers.
        passage: Shape (rows,), passage numbers.
        grade: Shape (rows,), relevance grades, all above 0.
        above: Shape (rows, languages), passages that a ranking puts before this one: those with a higher score, and of
            those with the same score the ones with a larger document id, as trec_eval orders them.
        tied: Shape (rows, languages), other passages with the same score.
        tied_above: Shape (rows, languages), how many of the tied ones are counted in ``above``.
    """

    query: Ints
    passage: Ints
    grade: Ints
    above: Counts
    tied: Counts
    tied_above: Counts


@dataclass(frozen=True, eq=False)
class SettingRanks:
    """Ranks of the relevant passages of one setting, sorted by query and then by rank. What measures are computed from.

    Attributes:
        query: Shape (rows,), numbers of the setting's queries from 0; every query has at least one row.
        rank: Shape (rows,), ranks from 1 in the setting's corpus, ties ordered as in trec_eval.
        mid_rank: Shape (rows,), ranks from 1 where tied passages share the mean rank of their group.
        grade: Shape (rows,), relevance grades, all above 0.
        queries: Number of queries.
        passages: Number of passages searched.
    """

    query: Ints
    rank: Ints
    mid_rank: npt.NDArray[np.float64]
    grade: Ints
    queries: int
    passages: int

    @property
    def starts(self) -> Ints:
        """Shape (queries,), the first row of each query."""
        return np.searchsorted(self.query, np.arange(self.queries))

    @property
    def relevant(self) -> Ints:
        """Shape (queries,), how many relevant passages each query has."""
        return np.bincount(self.query, minlength=self.queries)

    @property
    def place(self) -> Ints:
        """Shape (rows,), place of each relevant passage among its query's, from 1."""
        return np.arange(len(self.query)) - self.starts[self.query] + 1

    def sum_by_query(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Add up one value per row, shape (rows,), to one per query, shape (queries,)."""
        return np.bincount(self.query, weights=values, minlength=self.queries).astype(np.float64, copy=False)


def exact_ranks(
    queries: Floats,
    passages: Sequence[Floats],
    query: Ints,
    passage: Ints,
    grade: Ints,
    id_order: Ints,
    advance: Callable[[int], object] | None = None,
) -> Ranks:
    """Rank every relevant passage exactly, in each language's corpus, in one pass over blocks of scores.

    Scores are inner products. They are compared with the scores of the relevant passages only, and comparisons are
    counted as packed bits, so the pass costs little more than the matrix product itself.

    Args:
        queries: Shape (queries, dimensions).
        passages: One array of shape (passages of the language, dimensions) per language; may be memory-mapped.
        query: Shape (rows,), query number of each (query, relevant passage), sorted.
        passage: Shape (rows,), passage number, counted through the languages in order.
        grade: Shape (rows,), relevance grade.
        id_order: Shape (all passages,), each passage's place when document ids are sorted ascending.
        advance: Called with the number of queries done after each block.

    Returns:
        The counts that ranks in any set of languages follow from.
    """
    layout = _Layout.of([len(block) for block in passages], id_order)
    offsets = np.searchsorted(query, np.arange(len(queries) + 1))
    copies, originals = _copies(passages, layout.columns)
    ranks = Ranks(query, passage, grade, *(np.zeros((len(query), len(passages)), np.int32) for _ in range(3)))
    workers = os.cpu_count() or 1
    size = max(1, min(-(-len(queries) // workers), _BLOCK_BYTES // (4 * layout.width * workers)))
    # queries with equally many relevant passages are counted together
    order = np.argsort(np.diff(offsets), kind="stable")
    blocks = iter([order[start : start + size] for start in range(0, len(order), size)])

    def work(_: int) -> None:
        scores = np.full((size, layout.width), -np.inf, np.float32)
        bits = np.empty(0, bool)
        for numbers in blocks:
            for corpus, first in zip(passages, layout.starts, strict=True):
                np.matmul(queries[numbers], corpus.T, out=scores[: len(numbers), first : first + len(corpus)])
            # BLAS adds up in another order near a matrix's edges: equal vectors would not always have equal scores
            scores[: len(numbers), copies] = scores[: len(numbers), originals]
            for job in _jobs(offsets, numbers, layout.width):
                needed = job.rows.size * layout.width
                bits = bits if len(bits) >= needed else np.empty(needed, bool)
                _count(scores[job.block], layout.columns[passage[job.rows]], bits[:needed], job.rows, layout, ranks)
            if advance is not None:
                advance(len(numbers))

    # each thread multiplies and counts its own blocks: a BLAS that used all cores itself would leave its helpers
    # spinning beside the counting
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return ranks


def _copies(passages: Sequence[Floats], columns: Ints) -> tuple[Ints, Ints]:
    """Find the columns whose vector stands in an earlier column too, and the first column of each one's vector."""
    seen: dict[bytes, int] = {}
    digests = (blake2b(vector.tobytes(), digest_size=16).digest() for corpus in passages for vector in corpus)
    first = np.array([seen.setdefault(*pair) for pair in zip(digests, columns.tolist(), strict=True)], np.int64)
    repeated = first != columns
    return columns[repeated], first[repeated]


class _Job(NamedTuple):
    """Some queries of a block, each with equally many relevant passages."""

    block: slice  # their rows in the block of scores
    rows: Ints  # shape (queries, relevant), their rows in the ranks


def _jobs(offsets: Ints, numbers: Ints, width: int) -> list[_Job]:
    """Cut a block of queries, sorted by their number of relevant passages, into jobs that fit the processor's cache."""
    relevant = offsets[numbers + 1] - offsets[numbers]
    jobs = []
    for first in np.flatnonzero(np.r_[True, relevant[1:] != relevant[:-1]]):
        each = int(relevant[first])
        last = int(np.searchsorted(relevant, each, side="right"))
        step = max(1, _JOB_BYTES // (max(each, 1) * width))
        for start in range(int(first), last if each else 0, step):
            stop = min(start + step, last)
            jobs.append(_Job(slice(start, stop), offsets[numbers[start:stop], None] + np.arange(each)))
    return jobs


def _count(scores: Floats, own: Ints, buffer: npt.NDArray[np.bool_], rows: Ints, layout: _Layout, ranks: Ranks) -> None:
    """Count what stands above, and level with, the relevant passages of some queries.

    Args:
        scores: Shape (queries, width).
        own: Shape (queries, relevant), the relevant passages' columns.
        buffer: Room for queries * relevant * width comparisons.
        rows: Shape (queries, relevant), where the counts go.
        layout: What the columns are.
        ranks: Receives the counts.
    """
    bits = buffer.reshape(*own.shape, layout.width)
    thresholds = scores[np.arange(len(own))[:, None], own][:, :, None]
    np.greater(scores[:, None, :], thresholds, out=bits)
    ranks.above[rows] = layout.by_language(bits)
    np.equal(scores[:, None, :], thresholds, out=bits)
    buffer[np.arange(own.size) * layout.width + own.reshape(-1)] = False  # each ties with itself
    if buffer.any():
        tied_above = np.zeros((*own.shape, len(layout.starts)), np.int32)
        query, relevant, column = np.nonzero(bits)
        before = layout.id_order[column] > layout.id_order[own[query, relevant]]
        np.add.at(tied_above, (query[before], relevant[before], layout.language[column[before]]), 1)
        ranks.tied[rows] = layout.by_language(bits)
        ranks.tied_above[rows] = tied_above
        ranks.above[rows] += tied_above


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where each language's scores stand in a block: from a word boundary on, padded with scores that never win."""

    starts: Ints  # first column of each language
    width: int  # columns in all
    columns: Ints  # column of each passage
    id_order: Ints  # of each column
    language: Ints  # of each column

    @classmethod
    def of(cls, sizes: Sequence[int], id_order: Ints) -> _Layout:
        # an empty corpus keeps one word, since reduceat cannot add up nothing
        padded = np.array([max(1, -(-size // _WORD)) * _WORD for size in sizes])
        starts = np.cumsum(padded) - padded
        columns = np.concatenate([start + np.arange(size) for start, size in zip(starts, sizes, strict=True)])
        by_column = np.full(int(padded.sum()), -1, np.int64)
        by_column[columns] = id_order
        return cls(starts, int(padded.sum()), columns, by_column, np.repeat(np.arange(len(sizes)), padded))

    def by_language(self, bits: npt.NDArray[np.bool_]) -> Counts:
        """Count the true values of each language, shape (..., width) to (..., languages)."""
        words = np.packbits(bits, axis=-1).view(np.uint64)
        return np.add.reduceat(np.bitwise_count(words), self.starts // _WORD, axis=-1, dtype=np.int32)
