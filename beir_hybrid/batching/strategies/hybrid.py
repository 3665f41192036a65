"""Hybrid: monolingual and cross-lingual batches mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind
from beir_hybrid.batching.strategies.base import check_share


@dataclass(frozen=True)
class Hybrid:
    """Each batch is X-X-mono with probability alpha and X-Y with probability 1 - alpha (arXiv:2408.10536).

    Args:
        alpha: Probability of a monolingual batch, in [0, 1]. The paper uses 0.5 and finds 0.4 to 0.6 alike.

    Raises:
        ConfigurationError: If alpha is not a number in [0, 1].
    """

    name: ClassVar[str] = "hybrid"
    alpha: float = 0.5

    def __post_init__(self) -> None:
        check_share("alpha", self.alpha)

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Monolingual and cross-lingual batches; one alone where alpha is 1 or 0, so that it needs no data for both."""
        if self.alpha == 1:
            return (MONO,)
        return (CROSS,) if self.alpha == 0 else (MONO, CROSS)

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Draw each step's kind by itself; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        draws = rng.random(len(progress))
        return np.zeros(len(progress), np.int64) if len(self.kinds) == 1 else (draws >= self.alpha).astype(np.int64)
