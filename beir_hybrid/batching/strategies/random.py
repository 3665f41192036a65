"""Random: the languages of question and passage drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import ANY, BatchKind

__all__ = ["Random"]


@dataclass(frozen=True)
class Random:
    """Every example draws its pair of languages, equal ones included: the usual multilingual fine-tuning."""

    name: ClassVar[str] = "random"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Batches of any pairs only."""
        return (ANY,)

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the only kind at every step; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return np.zeros(len(progress), np.int64)
