"""Measure: the protocol of measures, and base classes."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Printed:
    """How a measure and its numbers are printed.

    Attributes:
        title: The printed name, such as ``mAP``, without language and cut-off, which are added.
        decimals: Decimals of a number in full.
        factor: What a number is multiplied by where room is short, such as a terminal or a heat map: 100 for shares.
        brief_decimals: Decimals of such a number.
        higher_is_better: Direction; None if neither is better, or if it is not known.
    """

    title: str
    decimals: int = 4
    factor: float = 1.0
    brief_decimals: int = 3
    higher_is_better: bool | None = None

    @property
    def arrow(self) -> str:
        """``↑`` or ``↓``, which way is better; empty if neither is."""
        return {True: "↑", False: "↓", None: ""}[self.higher_is_better]

    @property
    def direction(self) -> str:
        """The same in words."""
        return {True: "higher is better", False: "lower is better", None: ""}[self.higher_is_better]

    def full(self, value: float | None, sign: bool = False, decimals: int = 0) -> str:
        """Write a number in full; a dash where there is none.

        Args:
            value: The number.
            sign: Whether a plus sign is written, as of differences.
            decimals: Least number of decimals.
        """
        return _written(value, sign, max(decimals, self.decimals))

    def brief(self, value: float | None, sign: bool = False, decimals: int = 0) -> str:
        """Write a number where room is short; see :meth:`full`."""
        return _written(None if value is None else value * self.factor, sign, max(decimals, self.brief_decimals))

    def digits(self, differences: Sequence[float], brief: bool = False) -> int:
        """Choose the decimals of differences, so that each has at least two digits other than leading zeros.

        Args:
            differences: The differences.
            brief: Whether they are written where room is short.

        Returns:
            At most 6.

        Examples:
            >>> Printed("mAP").digits([0.25, 0.0012]), Printed("rank distance", decimals=1).digits([-0.03, 0.012])
            (4, 3)
            >>> Printed("mAP", factor=100, brief_decimals=1).digits([0.25, 0.0012], brief=True)
            2
        """
        usual, factor = (self.brief_decimals, self.factor) if brief else (self.decimals, 1.0)
        needed = [1 - math.floor(math.log10(abs(value * factor))) for value in differences if value]
        return min(6, max([usual, *needed]))


def _written(value: float | None, sign: bool, decimals: int) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:{'+' * sign}.{decimals}f}"


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
      method ``for_languages(languages)``, which returns a list with one measure for each, in their order;
    * other parameters need defaults.

    A measure may have ``bounds`` as well: its lowest and highest possible value, infinite where there is none.
    Intervals of its means end there. And it may have a :class:`Printed` as ``printed``, which is how tables and
    pictures show it; without one it has its registered name, and is multiplied by 100 where room is short if its bounds
    are 0 and 1.

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


def printed_of(measure: Measure) -> Printed:
    """Return how a measure is printed, as it says itself or as its bounds suggest.

    Raises:
        PluginError: If its ``printed`` is no :class:`Printed`, or its ``bounds`` are not two numbers.
    """
    printed = getattr(measure, "printed", None)
    if printed is None:
        share = bounds_of(measure) == (0.0, 1.0)
        title = re.split(r"[\[@]", measure.name)[0].replace("_", " ")
        return Printed(title, factor=100.0, brief_decimals=1) if share else Printed(title)
    if not isinstance(printed, Printed):
        raise PluginError(
            f"The printed form of {measure.name} is {str(printed)[:40]!r}.", "Use a Printed: Printed('mAP', factor=100)"
        )
    return printed
