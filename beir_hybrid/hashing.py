"""Hashes of many numbers at once: draws that can be read at any place without those before it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mix(values: npt.NDArray[np.uint64], key: np.uint64) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014) over value and key; arithmetic modulo 2**64.

    Args:
        values: Shape (n,).
        key: What makes it another hash.

    Returns:
        Shape (n,), the hashes.

    Examples:
        >>> len(np.unique(mix(np.arange(1000, dtype=np.uint64), np.uint64(7))))
        1000
    """
    mixed = (values ^ key) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
