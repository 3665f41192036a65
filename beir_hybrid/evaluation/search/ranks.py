"""Exact ranks of every relevant passage, in every language's corpus, from one pass over the scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.device import SearchDevice
from beir_hybrid.evaluation.search.scores import (
    WORD,
    Identifiers,
    PassageBlock,
    Rows,
    Vectors,
    error_bound,
    exact_scores,
    id_places,
    over_blocks,
    pair_scores,
)

if TYPE_CHECKING:
    from beir_hybrid.evaluation.search.device_block import DeviceBlock
    from beir_hybrid.evaluation.search.device_product import DeviceProduct

Counts = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

_ONE = np.uint64(1)
_JOB_BYTES = 2**22  # comparisons held at a time by each thread: few jobs, that its cache still holds


@dataclass(frozen=True, eq=False)
class Ranks:
    """How many passages of each language stand above every relevant passage.

    A row is one (query, relevant passage), sorted by query. Ranks in the corpus of any set of languages follow by
    adding up its columns.

    Attributes:
        query: Shape (rows,), query numbers.
        passage: Shape (rows,), passage numbers.
        above: Shape (rows, languages), passages that a ranking puts before this one: those with a higher score, and of
            those with the same score the ones with a larger document id, as trec_eval orders them.
        tied: Shape (rows, languages), other passages with the same score.
        tied_above: Shape (rows, languages), how many of the tied ones are counted in ``above``.
    """

    query: Ints
    passage: Ints
    above: Counts
    tied: Counts
    tied_above: Counts


def exact_ranks(
    queries: Rows,
    passages: Sequence[Vectors],
    query: Ints,
    passage: Ints,
    identifiers: Identifiers,
    advance: Callable[[float], object] | None = None,
    device: SearchDevice | None = None,
) -> Ranks:
    """Rank every relevant passage exactly, in each language's corpus, in one pass over blocks of scores.

    Scores are inner products, as :func:`~.scores.exact_scores` defines them. The matrix product's numbers are compared
    with the scores of the relevant passages only, and comparisons are counted as packed bits, so the pass costs little
    more than the product itself; the few passages whose numbers are too close to decide are scored exactly.

    Args:
        queries: Shape (queries, dimensions).
        passages: Vectors of shape (passages of the language, dimensions) per language; may be memory-mapped.
        query: Shape (rows,), query number of each (query, relevant passage), sorted.
        passage: Shape (rows,), passage number, counted through the languages in order.
        identifiers: Returns document ids, to order ties.
        advance: Called with the share of the work done since the last call; all calls add up to 1.
        device: What multiplies and compares; None for this processor, as for sparse vectors.

    Returns:
        The counts that ranks in any set of languages follow from.
    """
    thresholds = pair_scores(queries, query, passages, passage)
    return count_ranks(queries, passages, query, passage, thresholds, identifiers, advance, device)


def count_ranks(
    queries: Rows,
    passages: Sequence[Vectors],
    query: Ints,
    passage: Ints,
    thresholds: Floats32,
    identifiers: Identifiers,
    advance: Callable[[float], object] | None = None,
    device: SearchDevice | None = None,
) -> Ranks:
    """Count how many of some passages stand above every relevant one, wherever that one is.

    The counts of the parts that a pool is cut into add up to those of the pool; see :func:`exact_ranks`.

    Args:
        queries: Shape (queries, dimensions).
        passages: Vectors of the part, shape (passages of the language, dimensions) per language.
        query: Shape (rows,), query number of each (query, relevant passage), sorted.
        passage: Shape (rows,), passage number, counted from the part's first passage: below 0 before the part, and
            beyond its passages after it.
        thresholds: Shape (rows,), the scores of the relevant passages.
        identifiers: Returns document ids by such numbers, also those of the relevant passages outside the part.
        advance: Called with the share of the work done since the last call; all calls add up to 1.
        device: What multiplies and compares; None for this processor, as for sparse vectors.

    Returns:
        The part's counts.
    """
    ranks = Ranks(query, passage, *(np.zeros((len(query), len(passages)), np.int32) for _ in range(3)))
    offsets = np.searchsorted(query, np.arange(len(queries) + 1))
    # queries with equally many relevant passages are counted together; those with none need no scores
    relevant = np.diff(offsets)
    order = np.argsort(relevant, kind="stable")[np.count_nonzero(relevant == 0) :]

    def make_worker() -> _Counter:
        return _Counter(queries, thresholds, offsets, ranks, identifiers)

    if device is None or isinstance(queries, SparseRows):
        over_blocks(queries, order, passages, make_worker, advance)
    else:
        counter, product = make_worker(), device.product(queries)
        descending = order[::-1].copy()
        product.over_blocks(passages, lambda block: counter.take(block, product, descending), advance)
        product.report()
    return ranks


class _Counter:
    """Counts, in blocks of scores, what stands above and level with the relevant passages; one for each thread."""

    def __init__(
        self, queries: Rows, thresholds: Floats32, offsets: Ints, ranks: Ranks, identifiers: Identifiers
    ) -> None:
        self.queries = queries
        self.thresholds = thresholds
        self.offsets = offsets
        self.ranks = ranks
        self.identifiers = identifiers
        self.bits = np.empty(0, bool)  # kept, since fresh memory costs as much as comparing

    def __call__(self, block: PassageBlock, numbers: Ints, scores: Floats32) -> None:
        bounds = error_bound(self.queries[numbers], block.largest)
        exact = not bounds.any()
        for job in _jobs(self.offsets, numbers, block.width):
            row, column = self._count(block, scores[job.block], bounds[job.block], job.rows)
            self._settle(block, row, column, exact)

    def take(self, block: DeviceBlock, product: DeviceProduct, order: Ints) -> None:
        """Count a block as a device compares it, for queries that have the most relevant passages first."""
        for counted in product.count(block, order, self.offsets, self.thresholds):
            self.ranks.above[counted.row, block.block.languages] += counted.above.astype(np.int32)
            self._settle(block.block, counted.near_row, counted.near_column, exact=False)

    def _count(self, block: PassageBlock, scores: Floats32, bounds: Floats32, rows: Ints) -> tuple[Ints, Ints]:
        """Count the passages that are surely above.

        Args:
            block: The passages.
            scores: Shape (queries, width).
            bounds: Shape (queries,), how wrong the scores may be.
            rows: Shape (queries, relevant), the rows of the ranks that the counts go to.

        Returns:
            Rows and columns of the passages whose scores are too close to decide, the relevant ones included.
        """
        thresholds, margin = self.thresholds[rows], bounds[:, None]
        possible = self._compare(np.greater_equal, scores, thresholds - margin)
        above = self._compare(np.greater, scores, thresholds + margin)
        counts = np.add.reduceat(np.bitwise_count(above), block.starts // WORD, axis=-1, dtype=np.int32)
        self.ranks.above[rows, block.languages] += counts
        row, column = np.divmod(_differences(possible.reshape(-1), above.reshape(-1)), block.width)
        return rows.reshape(-1)[row], column

    def _compare(self, comparison: np.ufunc, scores: Floats32, thresholds: Floats32) -> Words:
        """Compare each query's scores with each of its thresholds, packed to shape (queries, relevant, words)."""
        shape = (*thresholds.shape, scores.shape[1])
        size = thresholds.size * scores.shape[1]
        if len(self.bits) < size:
            self.bits = np.empty(size, bool)
        comparison(scores[:, None, :], thresholds[:, :, None], out=self.bits[:size].reshape(shape))
        return np.packbits(self.bits[:size], bitorder="little").view("<u8").reshape(*thresholds.shape, -1)

    def _settle(self, block: PassageBlock, row: Ints, column: Ints, exact: bool) -> None:
        """Score exactly the passages whose scores are too close to decide, and count them.

        Args:
            block: The passages.
            row: Shape (n,), rows of the ranks.
            column: Shape (n,), columns of the block's scores.
            exact: Whether the block's scores are exact already, so that what is near is level.
        """
        ranks = self.ranks
        number = block.row[column] + block.first
        other = np.flatnonzero(number != ranks.passage[row])
        row, number, language = row[other], number[other], block.language[column[other]]
        if not exact:
            scores = exact_scores(self.queries, ranks.query[row], block.vectors, number - block.first)
            higher = scores > self.thresholds[row]
            _add(ranks.above, row[higher], language[higher])
            level = np.flatnonzero(scores == self.thresholds[row])
            row, number, language = row[level], number[level], language[level]
        if len(row):
            _add(ranks.tied, row, language)
            place, own_place = np.split(id_places(self.identifiers, np.concatenate([number, ranks.passage[row]])), 2)
            first = place > own_place
            _add(ranks.tied_above, row[first], language[first])
            _add(ranks.above, row[first], language[first])


def _add(counts: Counts, row: Ints, language: Ints) -> None:
    """Count pairs of a row and a language, in place."""
    if not len(row):
        return
    first, stop, width = int(row.min()), int(row.max()) + 1, counts.shape[1]
    if (stop - first) * width > len(row):
        np.add.at(counts, (row, language), 1)
    else:  # many, as where most scores are 0
        added = np.bincount((row - first) * width + language, minlength=(stop - first) * width)
        counts[first:stop] += added.reshape(-1, width).astype(counts.dtype)


def _differences(words: Words, others: Words) -> Ints:
    """List the numbers of the bits that differ, shape (n,)."""
    word = np.flatnonzero(words != others)
    left, bits = words[word] ^ others[word], []
    while len(left):  # as often as the fullest word has bits
        bits.append(word * WORD + np.bitwise_count((left & (~left + _ONE)) - _ONE))
        left &= left - _ONE
        word, left = word[left != 0], left[left != 0]
    return np.concatenate(bits) if bits else np.empty(0, np.int64)


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
        step = max(1, _JOB_BYTES // (each * width))
        for start in range(int(first), last, step):
            stop = min(start + step, last)
            jobs.append(_Job(slice(start, stop), offsets[numbers[start:stop], None] + np.arange(each)))
    return jobs
