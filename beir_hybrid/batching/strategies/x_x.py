"""X-X: same-language pairs, languages mixed inside a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import MIXED, BatchKind

__all__ = ["XX"]


@dataclass(frozen=True)
class XX:
    """Question and passage of every example in one language, another in the next (LAReQA, arXiv:2004.05484).

    The weakest baseline: in such a batch the language alone tells most negatives apart, so it is learned as a cue.
    """

    name: ClassVar[str] = "x-x"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Mixed same-language batches only."""
        return (MIXED,)

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the only kind at every step; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return np.zeros(len(progress), np.int64)
