"""Sequential: one kind of batch first, the other after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind
from beir_hybrid.batching.strategies.base import check_share


@dataclass(frozen=True)
class Sequential:
    """Monolingual batches first, then cross-lingual ones, or the reverse.

    Args:
        switch: Share of the training after which the kind changes, in [0, 1].
        reverse: Whether cross-lingual batches come first.

    Raises:
        ConfigurationError: If the switch is not a number in [0, 1].
    """

    name: ClassVar[str] = "sequential"
    switch: float = 0.5
    reverse: bool = False

    def __post_init__(self) -> None:
        check_share("switch", self.switch)

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """The first kind and the second."""
        return (CROSS, MONO) if self.reverse else (MONO, CROSS)

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Draw the first kind before the switch; see :class:`~beir_hybrid.batching.strategies.base.Strategy`."""
        return (progress >= self.switch).astype(np.int64)
