"""HardNegatives: the hard negatives of parallel pairs that do not answer the question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Ints
from beir_hybrid.storage.pair_store import TextRows
from beir_hybrid.texts import number_texts


class HardNegatives:
    """Lists of hard negatives, one a pair, without those that answer the pair's question.

    A negative answers the question if it is a passage of the question's group or of another group that shares its
    answer (see :func:`beir_hybrid.pairs.answers.number_answers`), in any language, however upper case, width and
    blanks are written (see :func:`beir_hybrid.texts.fold`). It is passed over: the next of the list takes its
    place. A pair that has fewer left than are asked for repeats them in order.

    Args:
        lists: Returns the lists of texts of some pairs, in order of preference.
        starts: Shape (pairs + 1,), the number of each pair's first negative among all.
        negatives: Shape (negatives,), the answer that each negative is; -1 for what is nobody's passage.
        answers: Shape (pairs,), the answer of each pair's group.
        used: The pairs that count; None for all.

    Attributes:
        fewest: The smallest number of negatives that a pair has left.
        most: The largest.
    """

    def __init__(
        self,
        lists: Callable[[npt.NDArray[np.integer]], pa.Array],
        starts: Ints,
        negatives: npt.NDArray[np.integer],
        answers: npt.NDArray[np.integer],
        used: npt.NDArray[np.integer] | None = None,
    ) -> None:
        self._lists, self._starts, self._answers = lists, starts, negatives
        lengths = np.diff(starts)
        self._pairs = np.repeat(np.arange(len(lengths)), lengths)
        self._false = self._answers == answers[self._pairs]
        left = ~self._false
        self._counts = counts = np.bincount(self._pairs, left, len(lengths)).astype(np.int64)
        # how many of its list's negatives that are left come before each
        self._rank = np.cumsum(left) - left - np.repeat(np.cumsum(counts) - counts, lengths)
        self._used = np.ones(len(lengths), bool) if used is None else np.isin(np.arange(len(lengths)), used)
        self.fewest, self.most = int(counts[self._used].min()), int(counts[self._used].max())

    @classmethod
    def of_texts(
        cls, lists: pa.ChunkedArray, passages: pa.ChunkedArray, answers: npt.NDArray[np.integer]
    ) -> HardNegatives:
        """Look for answers among the negatives of pairs in memory.

        Args:
            lists: Shape (pairs,), lists of texts in order of preference.
            passages: Shape (pairs,), the pairs' passages.
            answers: Shape (pairs,), the answer of each pair's group.
        """
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
        own, listed = number_texts(passages, pc.list_flatten(lists))
        negatives = answers_of_negatives(own, answers, listed)
        rows = TextRows.of_table(pa.table({"negatives": lists}))
        return cls(partial(rows.take, "negatives"), np.cumsum([0, *lengths]), negatives, answers)

    def passed_over(self, number: int) -> int:
        """Count the negatives that answer their question and stand before the last one used.

        Args:
            number: How many negatives of each pair are used, the first ones that are left.
        """
        return int((self._false & (self._rank < number) & self._used[self._pairs]).sum())

    def short(self, number: int) -> Ints:
        """Return the pairs that have fewer negatives left.

        Args:
            number: Than so many.
        """
        return np.flatnonzero((self._counts < number) & self._used)

    def refused(self, number: int) -> tuple[Ints, Ints]:
        """Return the answers that negatives are.

        Args:
            number: How many negatives of each pair are used.

        Returns:
            Pairs, and for each an answer that is its hard negative; a pair occurs as often as it has such negatives.
        """
        there = (self._answers >= 0) & ~self._false & (self._rank < number) & self._used[self._pairs]
        return self._pairs[there], self._answers[there]

    def texts(self, number: int, pairs: npt.NDArray[np.integer]) -> pa.Array:
        """Look up one hard negative of each of some pairs.

        Args:
            number: Which of those that are left, from 0 on; every pair must have some.
            pairs: Shape (n,), the pairs' numbers.

        Returns:
            Texts, n of them.
        """
        return self.pick(self._lists(pairs), number, pairs)

    def pick(self, lists: pa.Array, number: int, pairs: npt.NDArray[np.integer]) -> pa.Array:
        """Take what belongs to one hard negative of each of some pairs out of lists with a value a negative.

        Args:
            lists: Lists of the pairs, n of them, such as those of the negatives' scores.
            number: Which of the negatives that are left, from 0 on; every pair must have some.
            pairs: Shape (n,), the pairs' numbers.

        Returns:
            Values, n of them.

        Raises:
            pa.ArrowInvalid: If a list is too short.
        """
        places = number % self._counts[pairs]
        for place in np.flatnonzero(np.isin(pairs, self._shortened)):
            places[place] = self._place(int(places[place]), int(pairs[place]))
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        if (places >= lengths).any():
            raise pa.ArrowInvalid("A list is too short.")
        return pc.list_flatten(lists).take(pa.array(np.cumsum(lengths) - lengths + places))

    @cached_property
    def _shortened(self) -> Ints:
        """The pairs whose lists hold negatives that answer their question."""
        return np.unique(self._pairs[self._false])

    def _place(self, number: int, pair: int) -> int:
        """Return the place in a pair's list of one of the negatives that are left."""
        start, stop = self._starts[pair], self._starts[pair + 1]
        return int(np.flatnonzero(~self._false[start:stop])[number])


def answers_of_negatives(passages: Ints, answers: npt.NDArray[np.integer], negatives: Ints) -> Ints:
    """Return the answers that hard negatives are.

    Args:
        passages: Shape (rows,), numbers of the passages' texts.
        answers: Shape (rows,), the answers of the rows; equal for rows whose passages have equal texts.
        negatives: Shape (n,), numbers of the negatives' texts; below 0 where there is no text.

    Returns:
        Shape (n,), the answers; -1 for what is nobody's passage.

    Examples:
        >>> answers_of_negatives(np.array([0, 1]), np.array([7, 8]), np.array([1, 2, 0, -1])).tolist()
        [8, -1, 7, -1]
    """
    known = np.full(int(max(passages.max(), negatives.max(initial=0))) + 1, -1, np.int64)
    known[passages] = answers
    return np.where(negatives < 0, -1, known[negatives])
