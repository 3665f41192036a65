"""How numbers, times and names are written in reports, and what kinds of settings are called."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Any

KIND_TITLES = {"mono": "Monolingual", "cross": "Cross-lingual", "multi": "Multilingual"}
"""By kind of setting, what it is called."""

MINUS = "\N{MINUS SIGN}"

QUICK = " (quick)"
"""At the end of a title, of what was trained for a first look alone."""

_SIZES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Sentence:
    """A line of words.

    Attributes:
        text: The words.
        marked: Whether it stands out.
    """

    text: str
    marked: bool = False


def chance(p: float | None) -> str:
    """Write a p-value.

    Examples:
        >>> chance(0.03), chance(0.00001), chance(None)
        ('0.0300', '<0.0001', '-')
    """
    return "-" if p is None else "<0.0001" if p < 0.0001 else f"{p:.4f}"


def quick_title(title: str, quick: bool | None) -> str:
    """Say of the title of what was trained for a first look alone that it is quick.

    Examples:
        >>> quick_title("paper", True), quick_title("paper", False)
        ('paper (quick)', 'paper')
    """
    return f"{title}{QUICK}" if quick else title


def number(value: float) -> str:
    """Write a count.

    Examples:
        >>> number(1234567.0)
        '1,234,567'
    """
    return f"{value:,.0f}"


def percent(share: float) -> str:
    """Write a share.

    Examples:
        >>> percent(0.125)
        '12.5%'
    """
    return f"{share:.1%}"


def compact(count: float) -> str:
    """Write a count in at most five characters.

    Examples:
        >>> [compact(count) for count in (0, 9999, 12345, 999_960, 1_234_567)]
        ['0', '9999', '12.3k', '1.0M', '1.2M']
    """
    if count < 10_000:
        return f"{count:.0f}"
    for unit, letter in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        if count / unit < 99.95:
            return f"{count / unit:.1f}{letter}"
        if count / unit < 999.5:
            return f"{count / unit:.0f}{letter}"
    return f"{count:.0e}"


def shortened(name: str, length: int = 26) -> str:
    """Leave out the middle of a long name.

    Examples:
        >>> shortened("a-very-long-folder/and-a-very-long-file.jsonl", 20)
        'a-very-lon…ile.jsonl'
    """
    if len(name) <= length:
        return name
    half = length // 2
    return f"{name[:half]}…{name[half + 1 - length :]}"


def tick_text(value: float, step: float | None = None) -> str:
    """Write a number of an axis in few letters.

    Args:
        value: The number.
        step: Distance of the ticks, which decides the decimals; None for as few as distinguish the number.

    Examples:
        >>> [tick_text(value) for value in (0.25, 20.0, 1500.0, 2_000_000.0, 3.2e14)]
        ['0.25', '20', '1.5k', '2M', '320T']
        >>> tick_text(999.6), tick_text(9.996e14)
        ('1k', '1P')
        >>> tick_text(0.5, 0.05), tick_text(0.5, 0.25)
        ('0.50', '0.50')
    """
    if step is not None and step < 1 and abs(value) < 1000:
        decimals = -math.floor(math.log10(step) + 1e-9)
        digits = step * 10.0**decimals  # 2.5 needs one decimal more than 2
        return f"{value:.{decimals + (abs(digits - round(digits)) > 1e-6)}f}"
    rounded = abs(float(f"{value:.3g}"))
    for unit, letter in _SIZES:
        if rounded >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """Write a time.

    Examples:
        >>> [duration(seconds) for seconds in (0.25, 38.2, 600.0, 754.0, 7500.0)]
        ['0.25 s', '38 s', '10 min', '12 min 34 s', '2 h 05 min']
    """
    if seconds < 99.5:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


def size(number_of_bytes: float) -> str:
    """Write a size of memory.

    Examples:
        >>> size(734_003_200), size(3_221_225_472)
        ('700 MiB', '3.0 GiB')
    """
    mebibytes = number_of_bytes / 2**20
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"


def visible(value: Any) -> Any:
    r"""Replace control characters, which HTML and XML forbid, by the sign of what cannot be shown.

    Args:
        value: A text; anything else is returned unchanged.

    Examples:
        >>> visible("a\x1b[31mb\nc"), visible(3)
        ('a�[31mb\nc', 3)
    """
    if type(value) is not str or value.isprintable():
        return value
    kept = {"\t", "\n"}
    unseen = {letter for letter in value if unicodedata.category(letter) in {"Cc", "Cs"}} - kept
    return "".join("\N{REPLACEMENT CHARACTER}" if letter in unseen else letter for letter in value)
