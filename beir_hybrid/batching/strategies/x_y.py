"""X-Y: question and passage in different languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import CROSS, BatchKind

__all__ = ["XY"]


@dataclass(frozen=True)
class XY:
    """Question and passage of every example in different languages, many pairs in a batch (arXiv:2408.10536)."""

    name: ClassVar[str] = "x-y"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Cross-lingual batches only."""
        return (CROSS,)

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the only kind at every step; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return np.zeros(len(progress), np.int64)
