"""What a measure is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from beir_hybrid.errors import PluginError
from beir_hybrid.evaluation.rankings import Rankings

__all__ = ["Measure", "bounds_of"]


@runtime_checkable
class Measure(Protocol):
    """A measure of one query's ranking.

    Implementations are frozen dataclasses whose fields are their parameters. A measure that has one value per language
    (such as :class:`~beir_hybrid.evaluation.measures.language_share.LanguageShare`) has a method
    ``for_languages(languages)`` besides, which gives one measure for each. A measure may have ``bounds`` as well: its
    lowest and highest possible value, infinite where there is none. Intervals of its means end there.

    Attributes:
        higher_is_better: Direction; None if neither is better.
        needs_languages: Whether it compares languages, so that it has a meaning in multilingual settings only.
        source: Where it comes from.
    """

    higher_is_better: bool | None
    needs_languages: bool
    source: str

    @property
    def name(self) -> str:
        """Lower-case name with ``@k``, the key in result files."""
        ...

    @property
    def depth(self) -> int:
        """How many passages on top of each ranking it looks at; 0 if the ranks of relevant passages suffice."""
        ...

    def values(self, rankings: Rankings) -> npt.NDArray[np.float64]:
        """Measure every query.

        Args:
            rankings: The setting's rankings.

        Returns:
            Shape (queries,), the value of each query; NaN where it has none.
        """
        ...


def bounds_of(measure: Measure) -> tuple[float, float]:
    """Give the lowest and highest possible value of a measure; infinite where it does not say.

    Raises:
        PluginError: If its ``bounds`` are not two numbers, the lower one first.
    """
    bounds = getattr(measure, "bounds", (-np.inf, np.inf))
    try:
        low, high = map(float, bounds)
    except (TypeError, ValueError):
        low = high = np.nan
    if not low < high:
        raise PluginError(
            f"The bounds of {measure.name} are {str(bounds)[:40]}.", "Give two numbers, the lower one first: (0.0, 1.0)"
        )
    return low, high
