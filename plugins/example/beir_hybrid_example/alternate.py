"""Alternate: monolingual and cross-lingual batches in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid import ConfigurationError, Floats, Ints
from beir_hybrid.batching import CROSS, MONO, BatchKind


@dataclass(frozen=True)
class Alternate:
    """So many monolingual batches, then so many cross-lingual ones, and again from the start.

    The shares are those of ``hybrid`` with alpha = mono / (mono + cross), but exact, and spread evenly over the
    training instead of left to chance.

    Args:
        mono: Monolingual batches in a row, at least 1.
        cross: Cross-lingual batches in a row, at least 1.

    Raises:
        ConfigurationError: If either is no whole number from 1 on.
    """

    name: ClassVar[str] = "alternate"
    mono: int = 1
    cross: int = 1

    def __post_init__(self) -> None:
        for option in ("mono", "cross"):
            value = getattr(self, option)
            if type(value) is not int or value < 1:
                raise ConfigurationError(f"{option} is {value!r}.", "Give a whole number from 1 on.")

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Monolingual and cross-lingual batches."""
        return (MONO, CROSS)

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Count the steps of the epoch; nothing is drawn."""
        place = np.arange(len(progress)) % (self.mono + self.cross)
        return (place >= self.mono).astype(np.int64)
