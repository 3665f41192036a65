"""What a strategy is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.kinds import BatchKind

__all__ = ["Strategy"]


@runtime_checkable
class Strategy(Protocol):
    """Decides what kind of batch each step holds; the plan decides which rows.

    Implementations are frozen dataclasses whose fields are their options and whose repr is their identity in logs,
    result files and model cards.
    """

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """The kinds of batch it draws from."""
        ...

    def draw(self, rng: np.random.Generator, progress: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Draw the kind of every step of an epoch.

        Args:
            rng: The source of randomness, the same on every process.
            progress: Shape (steps,), the share of the whole training that is done before each step, in [0, 1).

        Returns:
            Shape (steps,), places in ``kinds``.
        """
        ...
