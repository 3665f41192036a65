"""Precisions that a device multiplies in, and how far its numbers may be from the scores.

A bound holds for every order of adding up, and for hardware that cuts off where it should round: no vector, no driver
and no matrix unit may move a passage to where it does not belong. See :func:`product_bound`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from beir_hybrid.arrays import Floats, Floats32

EXACT = 24
"""Significant bits of the vectors themselves, which are in float32."""

_FLUSHED = 2.0**-126  # what hardware may take for 0: float32's smallest normal number
_ROUNDING = 2.0**-24  # of a score to float32, relative
_SUBNORMAL = 2.0**-150  # of a score to float32, below its normal numbers
_SLACK = 1 + 2.0**-20  # for the arithmetic of the bounds themselves


class ProductFormat(NamedTuple):
    """How a product is computed.

    Attributes:
        bits: Significant bits that the vectors' numbers are rounded to, the leading one included.
        unit: What one addition may lose, relative to the sum of magnitudes.
        losses: How many of these units each product may cost.
    """

    bits: int
    unit: float
    losses: int


PRECISIONS: Mapping[str, ProductFormat] = {
    "bfloat16": ProductFormat(8, 2.0**-24, 4),
    "tf32": ProductFormat(11, 2.0**-24, 4),
    "float32": ProductFormat(EXACT, 2.0**-24, 2),
    "float64": ProductFormat(EXACT, 2.0**-53, 4),
}
"""By name, each finer than those before it."""


class Magnitudes(NamedTuple):
    """How long vectors are, and how much of them rounding cut off.

    Attributes:
        length: Euclidean lengths of the vectors, or an upper bound of them.
        lost: Euclidean lengths of what their rounding to a precision's bits changed, likewise.
    """

    length: Floats
    lost: Floats


def product_bound(precision: str, dimensions: int, queries: Magnitudes, passages: Magnitudes) -> Floats:
    """Bound the difference between a device's inner product and the float64 number that a score is rounded from.

    With vectors q and p, what rounding cuts off from them a and b, and S = (|q| + |a|) (|p| + |b|), of lengths:

    * rounding changes the product by at most |a| |p| + (|q| + |a|) |b| (Cauchy and Schwarz). The lengths of a and b
      are measured: they are less than the general (2u + u^2) |q| |p| with u = 2^-8 or 2^-11, and 0 for vectors that
      were stored in as few bits;
    * adding up n terms in float32, in any order, costs at most nu / (1 - nu) S with u = 2^-24, the products' own
      rounding included (Higham, Accuracy and Stability of Numerical Algorithms, 2002, lemma 3.1 and section 3.1). It
      is taken twice for hardware that cuts off instead of rounding. Matrix units multiply exactly and add m products
      and the sum so far at once, each shifted to the largest and cut off (Fasi, Higham, Mikaitis and Pranesh,
      Numerical behavior of NVIDIA tensor cores, PeerJ Computer Science 7:e330, 2021): m + 1 terms for m products, so
      at most twice that again;
    * float64 costs as much with u = 2^-53, and the score's own sum in float64 a quarter of it;
    * hardware may take numbers below 2^-126 for 0: those of the vectors, what was cut off, products and sums.

    Args:
        precision: One of :data:`PRECISIONS`.
        dimensions: Of the vectors.
        queries: Shape (n,) each.
        passages: Shape (n,) each, or of one number for all.

    Returns:
        Shape (n,); not finite where the vectors or the products may overflow.

    Examples:
        >>> one, half = Magnitudes(np.ones(1), np.zeros(1)), Magnitudes(np.ones(1), np.full(1, 2.0**-9))
        >>> [f"{product_bound(name, 384, one, one)[0]:.0e}" for name in ("tf32", "float32", "float64")]
        ['9e-05', '5e-05', '2e-13']
        >>> f"{product_bound('bfloat16', 384, half, half)[0]:.0e}"
        '4e-03'
    """
    _, unit, losses = PRECISIONS[precision]
    with np.errstate(over="ignore", invalid="ignore"):
        whole = (queries.length + queries.lost) * (passages.length + passages.lost)
        rounded = queries.lost * passages.length + (queries.length + queries.lost) * passages.lost
        terms = losses * (dimensions + 1) * unit
        added = terms / (1 - terms) * whole if terms < 0.5 else np.full_like(whole, np.inf)
        defined = dimensions * 2.0**-53 * whole
        flushed = 4 * math.sqrt(dimensions) * (queries.length + passages.length)
        if unit > 2.0**-53:
            flushed = flushed + 2 * (dimensions + 1)
            whole = np.where(whole < 2.0**126, whole, np.inf)  # or a part of the sum might overflow
        bound: Floats = (rounded + added + defined + _FLUSHED * flushed) * _SLACK
        return np.where(np.isfinite(whole), bound, np.inf)


def margins(thresholds: Floats32, bounds: Floats) -> tuple[Floats, Floats]:
    """Return what a device's number must be below, or above, so that the score surely is below or above a threshold.

    Args:
        thresholds: Shape (n,), scores.
        bounds: Shape (n,), of :func:`product_bound`.

    Returns:
        Shape (n,) each; a number between the two decides nothing.

    Examples:
        >>> low, high = margins(np.float32([1]), np.array([0.25]))
        >>> low.round(3), high.round(3)
        (array([0.75]), array([1.25]))
    """
    scores = thresholds.astype(np.float64)
    with np.errstate(invalid="ignore"):  # an infinite score: no number decides
        margin = (bounds + _ROUNDING * np.abs(scores) + _SUBNORMAL) * _SLACK
        return scores - margin, scores + margin


def towards(numbers: Floats, limit: float) -> Floats32:
    """Round numbers to float32, downwards if the limit is -inf and upwards if it is inf."""
    with np.errstate(over="ignore", under="ignore"):
        return np.nextafter(numbers.astype(np.float32), np.float32(limit))
