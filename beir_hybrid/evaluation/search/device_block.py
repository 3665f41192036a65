"""Vectors on a device and blocks of passages, as each precision takes them, and what is said of a block."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Floats32, Ints
from beir_hybrid.evaluation.search.device_arithmetic import longest, rounded, typed
from beir_hybrid.evaluation.search.precision import EXACT, PRECISIONS, Magnitudes
from beir_hybrid.evaluation.search.scores import PassageBlock

if TYPE_CHECKING:
    from torch import Tensor


class Factors:
    """Vectors on a device, as each precision takes them.

    Args:
        vectors: Shape (n, dimensions), in float32.
        measure: Returns the lengths of such vectors, one for each or a bound for all.

    Attributes:
        vectors: As given.
    """

    def __init__(self, vectors: Tensor, measure: Callable[[Tensor], Floats]) -> None:
        self.vectors = vectors
        self._measure = measure
        self._lengths = measure(vectors)
        self._factors: dict[str, Tensor] = {}
        self._magnitudes: dict[str, Magnitudes] = {}

    def factor(self, precision: str) -> Tensor:
        """Return the vectors in the numbers and the type that :func:`~.device_arithmetic.product` multiplies."""
        if precision not in self._factors:
            near = rounded(self.vectors, precision)
            lost = np.zeros_like(self._lengths) if near is self.vectors else self._measure(self.vectors - near)
            self._magnitudes[precision] = Magnitudes(self._lengths, lost)
            self._factors[precision] = typed(near, precision)
        return self._factors[precision]

    def magnitudes(self, precision: str) -> Magnitudes:
        """Return how long the vectors are, and what rounding them cut off."""
        if PRECISIONS[precision].bits < EXACT:
            self.factor(precision)
            return self._magnitudes[precision]
        return Magnitudes(self._lengths, np.zeros_like(self._lengths))


class DeviceBlock(Factors):
    """Passages of a block on a device.

    Args:
        block: The block.
        device: As torch names it.
        places: Which of its vectors, consecutive.

    Attributes:
        block: As given.
        column: Shape (passages,), each one's column of the block.
        language: Shape (passages,), each one's place among the block's languages, on the device.
        segments: Such a place, the first passage and the one after the last, of each language.
        level: How many precisions have proved too coarse.
    """

    def __init__(self, block: PassageBlock, device: str, places: Ints) -> None:
        import torch

        part = slice(places[0], places[-1] + 1)
        vectors = np.require(block.vectors[part], np.float32, ["C", "W"])
        super().__init__(torch.from_numpy(vectors).to(device), lambda each: np.array([longest(each)]))
        self.block = block
        self.column = np.flatnonzero(block.row >= 0)[part]
        own = block.language[self.column] - block.languages.start
        self.language = torch.from_numpy(own).to(device)
        cuts = np.flatnonzero(np.diff(own, prepend=-1, append=-1)).tolist()
        self.segments = [(int(own[start]), start, stop) for start, stop in pairwise(cuts)]
        self.level = 0

    def __len__(self) -> int:
        return len(self.column)


class Counted(NamedTuple):
    """What stands above some relevant passages, and what is left to be scored exactly.

    Attributes:
        row: Shape (n,), rows of the ranks.
        above: Shape (n, languages of the block), how many passages surely stand above.
        near_row: Shape (pairs,), rows of the ranks.
        near_column: Shape (pairs,), columns of the block whose scores are too near to that row's.
    """

    row: Ints
    above: Ints
    near_row: Ints
    near_column: Ints


class Contenders(NamedTuple):
    """Passages that may be among the first of some queries.

    Attributes:
        query: Shape (n,), numbers of queries.
        passage: Shape (n,), numbers in the pool.
        score: Shape (n,), their scores, or numbers near to them.
        exact: Shape (n,), whether it is the score.
        bound: How wrong the others may be.
    """

    query: Ints
    passage: Ints
    score: Floats32
    exact: Bools
    bound: float
