"""The guard against false negatives: which groups may not meet in a batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.streams import Stream
from beir_hybrid.pairs.index import ExampleIndex

_ROUNDS = 8  # of random candidates, before all groups are gone through


def part(groups: Ints, stream: Stream, index: ExampleIndex, rng: np.random.Generator) -> tuple[Ints, int, int]:
    """Replace groups that may not meet others of the batch by random ones that may.

    Two groups may not meet if they share an answer, or if a hard negative of one is an answer of the other.

    Args:
        groups: Shape (batch,), groups as drawn.
        stream: Where they were drawn from, and others can be.
        index: The stream's source.
        rng: The source of randomness.

    Returns:
        Groups of shape (batch,), how many of them were replaced, and how many could not be.
    """
    if index.answer is None and index.negatives is None and stream.size >= len(groups):
        return groups, 0, 0
    batch = _Batch()
    vacant = [place for place, guest in enumerate(_guests(groups, index)) if not batch.take(guest)]
    if not vacant:
        return groups, 0, 0
    groups, surplus = groups.copy(), len(vacant)
    for candidate, guest in _candidates(stream, index, len(vacant), rng):
        if batch.take(guest):
            groups[vacant.pop()] = candidate
            if not vacant:
                break
    return groups, surplus - len(vacant), len(vacant)


Guest = tuple[int, Sequence[int]]
"""A group's answer, and the answers that are its hard negatives."""


def _guests(groups: npt.NDArray[np.integer], index: ExampleIndex) -> Iterator[Guest]:
    """Yield what decides about which others groups may meet."""
    answers = (groups if index.answer is None else index.answer[groups]).tolist()
    if index.negatives is None:
        return zip(answers, itertools.repeat(()))
    return zip(answers, map(index.refused, groups.tolist()), strict=True)


def _candidates(
    stream: Stream, index: ExampleIndex, vacant: int, rng: np.random.Generator
) -> Iterator[tuple[int, Guest]]:
    """Random groups of the stream: a few at a time, and, where those do not do, all of them."""
    for size in (4 * vacant + 16,) * _ROUNDS + (0,):
        places = rng.integers(stream.size, size=size) if size else rng.permutation(stream.size)
        groups = places if stream.eligible is None else stream.eligible[places]
        yield from zip(groups.tolist(), _guests(groups, index), strict=True)


@dataclass(frozen=True, eq=False)
class Dealt:
    """Groups of a window, dealt to its batches.

    Attributes:
        places: Shape (batches, size), places among the groups given, followed by ``others``.
        others: Further groups of the stream, in the place of those for which the window has no batch.
        replaced: Shape (batches,), how many groups went elsewhere because they may not meet others of the batch.
        repeated: Shape (batches,), how many are in the batch although they may not meet others.
    """

    places: Ints
    others: Ints
    replaced: Ints
    repeated: Ints


def deal(groups: Ints, batches: int, stream: Stream, index: ExampleIndex, rng: np.random.Generator) -> Dealt:
    """Cut groups into batches in which all may meet, nearly in the order given.

    A group that may not join its batch waits for the next one. At the end, one that may not join the last batch changes
    places with a group of another; only if there is no such, a random group of the stream takes its place.

    Args:
        groups: Shape (batches * size,), in an order in which neighbours are alike.
        batches: Number of batches.
        stream: Where they were drawn from, and others can be.
        index: The stream's source.
        rng: The source of randomness.
    """
    size = len(groups) // batches
    none = np.zeros(batches, np.int64)
    if index.answer is None and index.negatives is None and stream.size >= size:
        return Dealt(np.arange(len(groups)).reshape(batches, size), groups[:0], none, none)
    table = _Table(list(_guests(groups, index)), size, batches)
    replaced, repeated = none.copy(), none.copy()
    pending = list(range(len(groups)))
    for number in range(batches):
        pending, replaced[number] = table.fill(number, pending)
    others: list[int] = []
    for number, held in enumerate(table.places):
        for place in (pending.pop(0) for _ in range(size - len(held))):
            if table.exchange(number, place):
                continue
            candidates = _candidates(stream, index, 1, rng)
            other = next((each for each, guest in candidates if table.seat(number, guest)), None)
            if other is None:
                repeated[number] += 1
                held.append(place)
            else:
                others.append(other)
    return Dealt(np.array(table.places), np.array(others, np.int64), replaced - repeated, repeated)


class _Batch:
    """What is in a batch so far, and what may not join it."""

    def __init__(self) -> None:
        self.answers: set[int] = set()
        self.refused: set[int] = set()  # answers that are a hard negative of some group in the batch

    def may(self, guest: Guest) -> bool:
        """Return whether a group may meet all that are in the batch."""
        answer, refused = guest
        return answer not in self.answers and answer not in self.refused and self.answers.isdisjoint(refused)

    def take(self, guest: Guest) -> bool:
        """Take a group into the batch, if it may meet all that are in it, and return whether it did."""
        if not self.may(guest):
            return False
        self.answers.add(guest[0])
        self.refused.update(guest[1])
        return True


class _Table:
    """Batches that groups of a window, known by their places, are dealt to."""

    def __init__(self, guests: list[Guest], size: int, batches: int) -> None:
        self.guests, self.size = guests, size
        self.batches = [_Batch() for _ in range(batches)]
        self.places: list[list[int]] = [[] for _ in range(batches)]

    def fill(self, number: int, pending: list[int]) -> tuple[list[int], int]:
        """Fill a batch with the first groups that may meet; return those that are left, and how many were passed."""
        held, take = self.places[number], self.batches[number].take
        passed: list[int] = []
        for at, place in enumerate(pending):
            if len(held) == self.size:
                return passed + pending[at:], len(passed)
            (held if take(self.guests[place]) else passed).append(place)
        return passed, len(passed)

    def seat(self, number: int, guest: Guest) -> bool:
        """Take a group from elsewhere into a batch, if it may join, and return whether it did."""
        if not self.batches[number].take(guest):
            return False
        self.guests.append(guest)
        self.places[number].append(len(self.guests) - 1)
        return True

    def exchange(self, number: int, place: int) -> bool:
        """Put a group into the nearest other batch that it may join, and one of that into a batch that lacks one."""
        for other in sorted(range(len(self.batches)), key=lambda each: abs(each - number)):
            held = self.places[other]
            if other == number or len(held) < self.size or not self.batches[other].may(self.guests[place]):
                continue
            for at in reversed(range(self.size)):
                if self.batches[number].take(self.guests[held[at]]):
                    self.places[number].append(held[at])
                    held[at] = place
                    self.batches[other] = _Batch()
                    for each in held:
                        self.batches[other].take(self.guests[each])
                    return True
        return False
