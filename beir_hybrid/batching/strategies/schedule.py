"""Schedule: hybrid batches whose share of monolingual ones changes as training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind
from beir_hybrid.batching.strategies.base import check_share
from beir_hybrid.errors import ConfigurationError, did_you_mean

Shape = Literal["linear", "cosine", "steps"]


@dataclass(frozen=True)
class Schedule:
    """Each batch is monolingual with a probability alpha that moves from ``start`` to ``end``.

    With p the share of the training that is done, alpha is ``start + (end - start) * f(p)`` with f(p) = p for
    ``linear``, (1 - cos(pi p)) / 2 for ``cosine``, and floor(p * steps) / (steps - 1) for ``steps``.

    Args:
        start: Alpha at the beginning, in [0, 1].
        end: Alpha at the end, in [0, 1].
        shape: ``linear``, ``cosine`` or ``steps``.
        steps: Number of levels for ``steps``, at least 2.

    Raises:
        ConfigurationError: If an alpha is no number in [0, 1], the shape unknown, or there are fewer than 2 levels.
    """

    name: ClassVar[str] = "schedule"
    start: float = 1.0
    end: float = 0.0
    shape: Shape = "linear"
    steps: int = 4

    def __post_init__(self) -> None:
        check_share("start", self.start)
        check_share("end", self.end)
        if self.shape not in get_args(Shape):
            raise ConfigurationError(f"The shape is {self.shape!r}.", did_you_mean(str(self.shape), get_args(Shape)))
        if not isinstance(self.steps, int) or self.steps < 2:
            raise ConfigurationError(f"The number of steps is {self.steps!r}.", "Give a whole number from 2 on.")

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Monolingual and cross-lingual batches."""
        return (MONO, CROSS)

    def alpha(self, progress: Floats) -> Floats:
        """Return the probability of a monolingual batch.

        Args:
            progress: Shape (n,), shares of the training, in [0, 1].

        Returns:
            Shape (n,), probabilities.

        Examples:
            >>> Schedule(start=1.0, end=0.0).alpha(np.array([0.0, 0.25, 1.0])).tolist()
            [1.0, 0.75, 0.0]
        """
        if self.shape == "linear":
            moved = progress
        elif self.shape == "cosine":
            moved = (1 - np.cos(np.pi * progress)) / 2
        else:
            moved = np.minimum(np.floor(progress * self.steps), self.steps - 1) / (self.steps - 1)
        return self.start + (self.end - self.start) * moved

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Draw each step's kind by itself; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return (rng.random(len(progress)) >= self.alpha(progress)).astype(np.int64)
