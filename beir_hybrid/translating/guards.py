"""Guards: what is wrong with a translation, as far as that shows without knowing the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.languages import is_in_other_script
from beir_hybrid.texts import fold, without_letters

EMPTY, COPIES, SCRIPT, LOOPS, LENGTHS, SIMILARITY = "empty", "copies", "script", "loops", "lengths", "similarity"

GUARDS = {
    EMPTY: "without letters and digits",
    COPIES: "that is the text again",
    SCRIPT: "in another script",
    LOOPS: "that repeats itself",
    LENGTHS: "of a length far from usual",
    SIMILARITY: "unlike the text",
}
"""What a guard finds, by its name: a translation ..."""

Similarity = Callable[[Sequence[str], Sequence[str]], Floats]
"""Returns how alike texts and their translations are, by some encoder."""

_LOOP = re.compile(r"(\S.{0,59}?)\1{3,}", re.DOTALL)  # four times and more
_SHORTEST_LOOP = 20  # characters: less may be dots, or a word that is said thrice
_FEWEST = 20  # texts by which usual lengths are known
_BIN, _WIDEST = 0.01, 8.0  # of logarithms of ratios of lengths
_LEAST_SPREAD = 0.1  # so that a language of very even lengths allows for ten per cent, times the deviations
_OF_NORMAL = 1.4826  # the standard deviation of a normal distribution by its median absolute deviation


@dataclass(frozen=True)
class GuardOptions:
    """Which guards drop what they find; all count it.

    Args:
        drop: Names of guards; ``similarity`` counts only where it is given.
        deviations: How many robust standard deviations the logarithm of a ratio of lengths may be from its median.
        least_similarity: Below this a translation is unlike its text; None where nothing says how alike they are.

    Raises:
        ConfigurationError: If there is no such guard, or a number is out of range.
    """

    drop: tuple[str, ...] = tuple(GUARDS)
    deviations: float = 6.0
    least_similarity: float | None = None

    def __post_init__(self) -> None:
        for name in self.drop:
            if name not in GUARDS:
                raise ConfigurationError(f"There is no guard {name!r}.", did_you_mean(name, GUARDS))
        if not self.deviations > 0:
            raise ConfigurationError(f"deviations is {self.deviations}.", "Choose a number above 0.")
        if self.least_similarity is not None and not -1 <= self.least_similarity <= 1:
            raise ConfigurationError(f"least_similarity is {self.least_similarity}.", "Choose a number in [-1, 1].")


class LengthRatios:
    """How much longer translations into a language usually are: median and spread of the logarithms of ratios.

    They are counted in bins of a hundredth, so that any number of texts takes no more memory.

    Examples:
        >>> ratios = LengthRatios()
        >>> ratios.add(["x" * 100] * 30, ["y" * 120] * 30)
        >>> round(float(np.exp(ratios.median)), 1)
        1.2
        >>> ratios.deviations(["x" * 100] * 2, ["y" * 115, "y" * 600]).round().tolist()
        [0.0, 16.0]
    """

    def __init__(self) -> None:
        self._counts: Ints = np.zeros(int(2 * _WIDEST / _BIN) + 1, np.int64)

    def add(self, texts: Sequence[str], translations: Sequence[str]) -> None:
        """Count the ratios of texts and their translations."""
        places = np.rint((np.clip(_ratios(texts, translations), -_WIDEST, _WIDEST) + _WIDEST) / _BIN)
        self._counts += np.bincount(places.astype(np.int64), minlength=len(self._counts))

    @property
    def median(self) -> float:
        """The median of the logarithms; 0 without texts."""
        return self._at(self._values())

    @property
    def spread(self) -> float:
        """Their robust standard deviation, of 0.1 at least."""
        return max(_LEAST_SPREAD, _OF_NORMAL * self._at(np.abs(self._values() - self.median)))

    def _values(self) -> Floats:
        return np.asarray(np.arange(len(self._counts)) * _BIN - _WIDEST, np.float64)

    def _at(self, values: Floats) -> float:
        """Return the median of values that occur as often as is counted."""
        order = np.argsort(values, kind="stable")
        upto = np.cumsum(self._counts[order])
        return float(values[order[np.searchsorted(upto, (upto[-1] + 1) // 2)]]) if upto[-1] else 0.0

    def deviations(self, texts: Sequence[str], translations: Sequence[str]) -> Floats:
        """Return how many deviations ratios are from the median; 0 for all while texts are too few to know."""
        if self._counts.sum() < _FEWEST:
            return np.zeros(len(texts))
        return np.abs(_ratios(texts, translations) - self.median) / self.spread


def _ratios(texts: Sequence[str], translations: Sequence[str]) -> Floats:
    """Return the logarithms of ratios of lengths; a few characters are added, since short texts vary more."""
    lengths = [np.array(list(map(len, side)), np.float64) + 8 for side in (texts, translations)]
    return np.asarray(np.log(lengths[1] / lengths[0]), np.float64)


def longest_loop(text: str) -> int:
    """Return how many characters the longest run of the same words or letters has, of four times and more.

    Examples:
        >>> longest_loop("It is what it is, " + "and so on, " * 5), longest_loop("It is what it is.")
        (55, 0)
    """
    return max((len(match[0]) for match in _LOOP.finditer(text)), default=0)


def faults(
    texts: Sequence[str],
    translations: Sequence[str],
    target: str,
    ratios: LengthRatios,
    options: GuardOptions,
    similarity: Similarity | None = None,
) -> list[str]:
    """Find out what is wrong with translations.

    Args:
        texts: Shape (n,).
        translations: Shape (n,).
        target: The language of the translations.
        ratios: Of lengths, of all texts.
        options: Where the limits are.
        similarity: How alike both are; None if nothing says so.

    Returns:
        Shape (n,), the name of the first guard that finds something; empty if none does.
    """
    blank = [_wordless(side) for side in (texts, translations)]
    far = ratios.deviations(texts, translations) > options.deviations
    found = []
    for text, translation, is_far, was_blank, is_blank in zip(texts, translations, far, *blank, strict=True):
        if not translation or (is_blank and not was_blank):
            found.append(EMPTY)
        elif fold(text) == fold(translation) and any(map(str.isalpha, text)):
            found.append(COPIES)
        elif is_in_other_script(translation, target):
            found.append(SCRIPT)
        elif (loop := longest_loop(translation)) >= _SHORTEST_LOOP and loop > 2 * longest_loop(text):
            found.append(LOOPS)
        else:
            found.append(LENGTHS if is_far else "")
    if similarity is not None and options.least_similarity is not None:
        left = [number for number, fault in enumerate(found) if not fault]
        alike = similarity([texts[number] for number in left], [translations[number] for number in left])
        for number, value in zip(left, np.asarray(alike).tolist(), strict=True):
            found[number] = SIMILARITY if value < options.least_similarity else ""
    return found


def _wordless(texts: Iterable[str]) -> list[bool]:
    return without_letters(pa.array(texts, pa.string())).to_pylist()
