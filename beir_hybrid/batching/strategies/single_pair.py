"""Single-pair: one ordered pair of languages a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import ONE_PAIR, BatchKind

__all__ = ["SinglePair"]


@dataclass(frozen=True)
class SinglePair:
    """X-Y with all questions of a batch in one language and all its passages in one other."""

    name: ClassVar[str] = "single-pair"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Batches of one ordered pair only."""
        return (ONE_PAIR,)

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the only kind at every step; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return np.zeros(len(progress), np.int64)
