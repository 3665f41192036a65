"""What a measure is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from beir_hybrid.evaluation.ranks import SettingRanks

__all__ = ["Measure"]


@runtime_checkable
class Measure(Protocol):
    """A measure of one query's ranking.

    Implementations are frozen dataclasses whose fields are their parameters.

    Attributes:
        higher_is_better: Direction.
        needs_languages: Whether it compares languages, so that it has a meaning in multilingual settings only.
    """

    higher_is_better: bool
    needs_languages: bool

    @property
    def name(self) -> str:
        """Lower-case name with ``@k``, the key in result files."""
        ...

    def values(self, ranks: SettingRanks) -> npt.NDArray[np.float64]:
        """Measure every query.

        Args:
            ranks: The setting's ranks.

        Returns:
            Shape (queries,), the value of each query.
        """
        ...
