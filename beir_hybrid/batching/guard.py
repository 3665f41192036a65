"""The guard against false negatives: which groups may not meet in a batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

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
    batch = _Batch(index)
    vacant = [place for place, group in enumerate(groups.tolist()) if not batch.take(group)]
    if not vacant:
        return groups, 0, 0
    groups, surplus = groups.copy(), len(vacant)
    for candidate in _candidates(stream, len(vacant), rng):
        if batch.take(candidate):
            groups[vacant.pop()] = candidate
            if not vacant:
                break
    return groups, surplus - len(vacant), len(vacant)


def _candidates(stream: Stream, vacant: int, rng: np.random.Generator) -> Iterator[int]:
    """Random groups of the stream: a few at a time, and, where those do not do, all of them."""
    for _ in range(_ROUNDS):
        places = rng.integers(stream.size, size=4 * vacant + 16)
        yield from (places if stream.eligible is None else stream.eligible[places]).tolist()
    places = rng.permutation(stream.size)
    yield from (places if stream.eligible is None else stream.eligible[places]).tolist()


class _Batch:
    """What is in a batch so far, and what may not join it."""

    def __init__(self, index: ExampleIndex) -> None:
        self.index = index
        self.answers: set[int] = set()
        self.refused: set[int] = set()  # answers that are a hard negative of some group in the batch

    def take(self, group: int) -> bool:
        """Take a group into the batch, if it may meet all that are in it, and return whether it did."""
        answer = group if self.index.answer is None else int(self.index.answer[group])
        refused = self.index.refused(group)
        if answer in self.answers or answer in self.refused or not self.answers.isdisjoint(refused):
            return False
        self.answers.add(answer)
        self.refused.update(refused)
        return True
