"""Sampling: how sources and languages share the batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from beir_hybrid.arrays import Bools, Floats
from beir_hybrid.errors import ConfigurationError, did_you_mean

LanguageShares = Literal["uniform", "size"]
TooSmall = Literal["error", "drop", "repeat"]


@dataclass(frozen=True)
class Sampling:
    """How sources and languages share the batches.

    Args:
        weights: One positive number per source, in their order: the sources' shares up to a factor. None to follow
            their sizes.
        temperature: A source's share is proportional to size ** (1 / temperature), size being its number of questions:
            1 samples by size, as the paper does, infinity uniformly. Above 0; only without ``weights``.
        languages: ``uniform`` to draw a source's languages, and pairs of languages, equally often (as far as groups
            that hold few pairs allow); ``size`` to draw languages in proportion to how many groups hold them, and,
            where each example draws its own pair, every pair of a group equally often.
        pairs: Allowed (question language, passage language) pairs, or texts such as ``en-de``; None for all.
        too_small: What to do where a language, or a pair, has fewer different answers than a batch: ``error`` refuses,
            ``drop`` leaves it out, ``repeat`` lets answers occur more than once in its batches. The last two say so.
        hold: Steps that keep one kind, source and language; the number of accumulated batches to keep one kind for a
            whole optimizer step. At least 1.
        group_by_length: Whether each batch gets examples of like lengths, of some steps that are drawn together, so
            that little of it is padding. What is drawn, and how often, stays as it is.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    weights: tuple[float, ...] | None = None
    temperature: float = 1.0
    languages: LanguageShares = "uniform"
    pairs: tuple[tuple[str, str], ...] | None = None
    too_small: TooSmall = "error"
    hold: int = 1
    group_by_length: bool = False

    def __post_init__(self) -> None:
        if self.weights is not None:
            object.__setattr__(self, "weights", _tuple("weights", self.weights))
        if self.pairs is not None:
            object.__setattr__(self, "pairs", tuple(map(_pair, _tuple("pairs", self.pairs))))
        for name, choices in (("languages", get_args(LanguageShares)), ("too_small", get_args(TooSmall))):
            if getattr(self, name) not in choices:
                raise ConfigurationError(
                    f"{name} is {getattr(self, name)!r}.", did_you_mean(str(getattr(self, name)), choices)
                )
        if not _is_number(self.temperature) or not self.temperature > 0:
            raise ConfigurationError(
                f"The temperature is {self.temperature!r}.", "Give a number above 0: 1 samples by size, inf uniformly."
            )
        if self.weights is not None and not all(
            _is_number(weight) and math.isfinite(weight) and weight > 0 for weight in self.weights
        ):
            raise ConfigurationError(f"The weights are {list(self.weights)}.", "Give one number above 0 per source.")
        if self.weights is not None and self.temperature != 1:
            raise ConfigurationError(
                f"The weights {list(self.weights)} and the temperature {self.temperature:g} are both given.",
                "Give one of the two: the weights decide alone.",
            )
        if not isinstance(self.group_by_length, bool):
            raise ConfigurationError(f"group_by_length is {self.group_by_length!r}.", "Give True or False.")
        if not isinstance(self.hold, int) or self.hold < 1:
            raise ConfigurationError(f"hold is {self.hold!r}.", "Give a whole number from 1 on.")

    def source_weights(self, sizes: Sequence[int]) -> Floats:
        """Return the sources' probabilities up to a factor.

        Args:
            sizes: Number of questions of each source.

        Returns:
            Shape (sources,).

        Raises:
            ConfigurationError: If there are not as many weights as sources.

        Examples:
            >>> Sampling(temperature=2.0).source_weights([100, 400]).tolist()
            [0.5, 1.0]
        """
        if self.weights is None:
            shares = np.asarray(sizes, np.float64)
            # divided first, since powers of sizes may overflow; never 0, since the largest may not serve every kind
            return np.maximum((shares / shares.max()) ** (1 / self.temperature), np.finfo(np.float64).tiny)
        if len(self.weights) != len(sizes):
            raise ConfigurationError(
                f"{len(self.weights)} weights do not fit {len(sizes)} sources.", "Give one number above 0 per source."
            )
        return np.asarray(self.weights, np.float64)

    def allowed(self, languages: tuple[str, ...]) -> Bools:
        """Return the allowed pairs, shape (languages, languages), question by passage language."""
        if self.pairs is None:
            return np.ones((len(languages), len(languages)), bool)
        chosen = set(self.pairs)
        return np.array([[(question, passage) in chosen for passage in languages] for question in languages], bool)


def _tuple(name: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name} is {values!r}.", "Give a list.")
    return tuple(values)


def _pair(pair: Any) -> tuple[str, str]:
    """Read a pair of languages, also as it is written on command lines: ``en-de``, or ``zh-Hans:en`` with a colon."""
    parts = pair.split(":" if ":" in pair else "-", 1) if isinstance(pair, str) else pair
    codes = [code for code in parts if isinstance(code, str) and code] if isinstance(parts, tuple | list) else []
    if len(codes) != 2 or len(parts) != 2:
        raise ConfigurationError(f"{pair!r} is no pair of languages.", "Write question-passage, such as en-de.")
    return codes[0], codes[1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
