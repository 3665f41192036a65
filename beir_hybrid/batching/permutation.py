"""Random permutations that can be read at any position without being stored."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.hashing import mix

ROUNDS = 12  # half-rounds of the Feistel network; with 6, domains of a few dozen were visibly uneven


def permute(positions: Ints, size: int, keys: npt.NDArray[np.uint64]) -> Ints:
    """Read a keyed pseudo-random permutation of ``range(size)`` at some positions.

    A generalised Feistel network over a grid of a * b >= size cells (Black and Rogaway, "Ciphers with Arbitrary
    Finite Domains", CT-RSA 2002): position = left * b + right, each half-round adds a keyed hash of one half to the
    other, and values that fall outside the range walk the cycle until they fall inside. Costs the same at any
    position and needs no memory, where a stored permutation of ten million groups would take 80 MB per language.

    Args:
        positions: Shape (n,), values in [0, size).
        size: Length of the permutation, at least 1.
        keys: Shape (ROUNDS,), the permutation's identity.

    Returns:
        Shape (n,), the permutation's values at the positions.

    Examples:
        >>> keys = np.random.default_rng(0).integers(2**63, size=ROUNDS, dtype=np.uint64)
        >>> sorted(permute(np.arange(10), 10, keys).tolist())
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    width = math.isqrt(size - 1) + 1 if size > 1 else 1
    height = -(-size // width)
    values = _feistel(positions.astype(np.uint64), height, width, keys)
    while (outside := values >= size).any():
        values[outside] = _feistel(values[outside], height, width, keys)
    return values.astype(np.int64)


def _feistel(
    values: npt.NDArray[np.uint64], height: int, width: int, keys: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    rows, columns = np.uint64(height), np.uint64(width)
    left, right = values // columns, values % columns
    for number, key in enumerate(keys):
        if number % 2 == 0:
            left = (left + mix(right, key) % rows) % rows
        else:
            right = (right + mix(left, key) % columns) % columns
    return left * columns + right
