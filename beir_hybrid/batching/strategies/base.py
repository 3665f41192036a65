"""What a strategy is."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.errors import ConfigurationError


@runtime_checkable
class Strategy(Protocol):
    """Decides what kind of batch each step holds; the plan decides which rows.

    Implementations are frozen dataclasses whose fields are their options. What is registered in the group
    ``beir_hybrid.strategies`` is the class, or a function that makes one; options without a default are required.

    Attributes:
        name: The name it is registered by. With the options it is the strategy's identity in logs, files and model
            cards; see :func:`beir_hybrid.batching.strategies.strategy_spec`.
    """

    name: ClassVar[str]

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """The kinds of batch it draws from: a tuple, at least one, of different names."""
        ...

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Draw the kind of every step of an epoch.

        Args:
            rng: The source of randomness, the same on every process.
            progress: Shape (steps,), the share of the whole training that is done before each step, in [0, 1).

        Returns:
            Shape (steps,), int64: places in ``kinds``. A list, or another number of steps, is refused.
        """
        ...


class SingleKind:
    """What strategies that know only one kind of batch share."""

    def draw(self, rng: np.random.Generator, progress: Floats) -> Ints:
        """Draw the only kind at every step; see :class:`Strategy`."""
        return np.zeros(len(progress), np.int64)


def check_share(name: str, value: Any) -> None:
    """Check a probability or share.

    Args:
        name: What the option is called.
        value: Its value.

    Raises:
        ConfigurationError: If it is not a number in [0, 1].
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigurationError(f"{name} is {value!r}.", "It is a share: give a number from 0 to 1.")
