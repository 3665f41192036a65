"""X-X-mono: every batch is in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import MONO, BatchKind

__all__ = ["XXMono"]


@dataclass(frozen=True)
class XXMono:
    """Every batch holds questions and passages of one language, drawn uniformly (Elmahdy et al., arXiv:2408.10536)."""

    name: ClassVar[str] = "x-x-mono"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Monolingual batches only."""
        return (MONO,)

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the only kind at every step; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return np.zeros(len(progress), np.int64)
