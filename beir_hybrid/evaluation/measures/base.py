"""What a measure is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.evaluation.rankings import Rankings


@runtime_checkable
class Measure(Protocol):
    """A measure of one query's ranking.

    Implementations are frozen dataclasses whose fields are their parameters. What is registered in the group
    ``beir_hybrid.measures`` is the class, or a function that makes one; it is called with what a name such as
    ``language_share[de]@10`` gives, and its signature says what a name must give:

    * ``cutoff: int`` without a default requires a cut-off, so that ``recall`` alone is refused; with the default None
      it may be left out; without the parameter, ``@k`` is refused;
    * ``language: str`` likewise, for the code in brackets. A measure that has one value per language (such as
      :class:`~beir_hybrid.evaluation.measures.language_share.LanguageShare`) takes None for all of them and has a
      method ``for_languages(languages)`` besides, which gives a list with one measure for each, in their order;
    * other parameters need defaults.

    A measure may have ``bounds`` as well: its lowest and highest possible value, infinite where there is none.
    Intervals of its means end there.

    Attributes:
        higher_is_better: Direction; None if neither is better.
        needs_languages: Whether it compares the languages of passages. If so, it is left out of monolingual and
            cross-lingual settings, whose passages are all of one language, and is computed in multilingual settings
            (such as ``en-all``) only; an evaluation without any of these refuses it.
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

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query.

        Args:
            rankings: The setting's rankings.

        Returns:
            Shape (queries,), float64: the value of each query, finite, or NaN where it has none. Queries without a
            value are counted and left out of means. The arrays of ``rankings`` cannot be written to.
        """
        ...


class StandardMeasure(ABC):
    """A measure whose name and depth follow from its parameters ``cutoff`` and ``language``, where it has them.

    A base class for measures that saves a few lines; anything that fulfils :class:`Measure` will do.

    Attributes:
        base_name: The name that it is registered by.
        reads_top: Whether it looks at the passages on top of the ranking, up to the cut-off.

    Examples:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class FirstRank(StandardMeasure):
        ...     cutoff: int
        ...     base_name = "first_rank"
        ...     def values(self, rankings):
        ...         return np.minimum(rankings.rank[rankings.starts], self.cutoff)
        >>> FirstRank(10).name, FirstRank(10).depth
        ('first_rank@10', 0)
    """

    base_name: str
    reads_top = False
    higher_is_better: bool | None = True
    needs_languages = False
    bounds = (0.0, 1.0)
    source = ""

    @property
    def name(self) -> str:
        """The registered name, with the language in brackets and ``@k`` where it has them."""
        language, cutoff = (vars(self).get(parameter) for parameter in ("language", "cutoff"))
        return f"{self.base_name}{'' if language is None else f'[{language}]'}{'' if cutoff is None else f'@{cutoff}'}"

    @property
    def depth(self) -> int:
        """The cut-off if it looks at the top of the ranking; else 0, as the ranks of relevant passages suffice."""
        return int(vars(self)["cutoff"]) if self.reads_top else 0

    @abstractmethod
    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :meth:`Measure.values`."""


@runtime_checkable
class MeasureByLanguage(Protocol):
    """A measure that has one value per language, and stands for all of them unless its ``language`` names one."""

    def for_languages(self, languages: Iterable[str]) -> list[Any]:
        """Return one measure for each language, in their order."""
        ...


class PerLanguageMeasure(StandardMeasure):
    """A standard measure that has one value per language: a frozen dataclass with the field ``language``."""

    language: str | None
    needs_languages = True

    def for_languages(self, languages: Iterable[str]) -> list[Any]:
        """Return one measure for each language, in their order."""
        return [replace(self, language=language) for language in languages]  # type: ignore[type-var]  # a subclass is

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; NaN where the pool has no passages in the language.

        Raises:
            ConfigurationError: If the measure stands for every language.
        """
        if self.language is None:
            [example] = self.for_languages(rankings.languages[:1])
            raise ConfigurationError(f"{self.name} has a value per language.", f"Name one: {example.name}")
        if self.language not in rankings.languages:
            return np.full(rankings.queries, np.nan)
        return self.values_in(rankings.languages.index(self.language), rankings)

    @abstractmethod
    def values_in(self, language: int, rankings: Rankings) -> Floats:
        """Measure every query by one language, whose number in ``rankings.languages`` is given."""


def bounds_of(measure: Measure) -> tuple[float, float]:
    """Return the lowest and highest possible value of a measure; infinite where it does not say.

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
