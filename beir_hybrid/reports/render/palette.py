"""Palette: the reports' colours, on light and on dark paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_DASHES = ("", "5 4", "1.5 3", "8 3 1.5 3")


@dataclass(frozen=True)
class Shade:
    """The colour of a cell and of the letters on it.

    Attributes:
        fill: ``#rrggbb``.
        ink: ``#rrggbb``; its contrast with the fill is at least 4.5, as WCAG 2.2 asks (AA).
    """

    fill: str
    ink: str


@dataclass(frozen=True)
class Palette:
    """The colours of one colour scheme.

    Attributes:
        paper: Background.
        text: Letters.
        faint: Letters of second rank; their contrast with the paper is at least 4.5.
        line: Hairlines and axes.
        sequential: From little to much: one hue in even steps of lightness, read by the colour-blind too.
        diverging: From far below to far above 0, orange to blue, the middle close to the paper.
        series: Colours of lines and marks, one for each run. Their contrast with the paper is at least 3, and any two
            are apart for readers who do not see red, green or blue, too.
        link: Letters that lead elsewhere.
        good: Letters that tell of what is better.
        bad: Letters that tell of what is worse.
    """

    paper: str
    text: str
    faint: str
    line: str
    sequential: tuple[Shade, ...]
    diverging: tuple[Shade, ...]
    series: tuple[str, ...]
    link: str
    good: str
    bad: str


def _ink(fill: Sequence[float], dark: str = "#000000", light: str = "#ffffff") -> str:
    """Choose the letters' colour with the better contrast on a fill (WCAG 2.2).

    Args:
        fill: Red, green and blue, each in [0, 1].
        dark: ``#rrggbb``, for light fills.
        light: ``#rrggbb``, for dark fills.

    Examples:
        >>> _ink((1.0, 1.0, 0.0)), _ink((0.0, 0.0, 1.0))
        ('#000000', '#ffffff')
    """
    below, here, above = _luminance(_channels(dark)), _luminance(fill), _luminance(_channels(light))
    # contrast is (lighter + 0.05) / (darker + 0.05)
    return dark if (here + 0.05) ** 2 >= (below + 0.05) * (above + 0.05) else light


def shade_step(share: float, diverging: bool = False) -> int:
    """Return the place of a value in :attr:`Palette.sequential`, or of a difference in :attr:`Palette.diverging`.

    Args:
        share: The value's place on its scale, from 0 to 1, or of a difference from -1 to 1; others are at the ends.
        diverging: Whether it is a difference.

    Examples:
        >>> [shade_step(share) for share in (0.0, 0.5, 1.0)]
        [0, 5, 10]
        >>> [shade_step(share, diverging=True) for share in (-1.0, 0.0, 0.5, 1.5)]
        [0, 6, 9, 12]
    """
    last = len(LIGHT.diverging if diverging else LIGHT.sequential) - 1
    return max(0, min(round((share + 1) / 2 * last if diverging else share * last), last))


def shade(share: float, diverging: bool = False) -> Shade:
    """Return the shade of a value on light paper; see :func:`shade_step`."""
    return (LIGHT.diverging if diverging else LIGHT.sequential)[shade_step(share, diverging)]


def series_colour(place: int | None) -> str:
    """Return the colour of a line or mark on light paper; after the last comes the first again, None is faint."""
    return LIGHT.faint if place is None else LIGHT.series[place % len(LIGHT.series)]


def dashes(place: int) -> str:
    """Return the pattern of a line, as SVG writes it: whole for the first of a colour, then broken in other ways.

    Examples:
        >>> dashes(0), dashes(7), dashes(14)
        ('', '5 4', '1.5 3')
    """
    return _DASHES[min(place // len(LIGHT.series), len(_DASHES) - 1)]


def _luminance(channels: Sequence[float]) -> float:
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _shades(fills: str, dark: str) -> tuple[Shade, ...]:
    return tuple(Shade(fill, _ink(_channels(fill), dark)) for fill in fills.split())


# The series were searched for the greatest least distance in OKLab, seen by all and simulated for those who do not see
# one of the three primaries (Machado, Oliveira and Fernandes, 2009): 0.11 on light paper, 0.13 on dark.
# The scales are even steps in OKLab (Ottosson, 2020) between three and five colours.
LIGHT = Palette(
    paper="#ffffff",
    text="#17202a",
    faint="#586572",
    line="#d5dce3",
    sequential=_shades(
        "#f1f5f9 #dae8f2 #c3daeb #adcde4 #96bfdd #7fb2d6 #689cc5 #5287b4 #3c73a3 #255e93 #0a4a82", "#10161d"
    ),
    diverging=_shades(
        "#9c3d06 #b75e27 #d17f42 #eca05c #f1bd91 #f5d9c2 #f6f5f2 #cedfe9 #a7c8e0 #7fb2d6 #5a8eba #356c9e #0a4a82",
        "#10161d",
    ),
    series=("#1b68df", "#b7853e", "#6b190f", "#226c40", "#705a92", "#592a6e", "#8d8c9c"),
    link="#1558c0",
    good="#0a7351",
    bad="#b24a06",
)
DARK = Palette(
    paper="#12171d",
    text="#e6ebf0",
    faint="#9aa7b4",
    line="#323c47",
    sequential=_shades(
        "#1b242e #203243 #24415a #275071 #295f8a #2b6fa3 #4584b5 #5e99c7 #76afda #8fc5ec #a8dcff", "#0a1016"
    ),
    diverging=_shades(
        "#ffb067 #e2914d #c57232 #a85413 #794628 #4c372d #20262d #273d52 #2a5679 #2b6fa3 #5190c1 #76b3e0 #9bd6ff",
        "#0a1016",
    ),
    series=("#5776e8", "#fccb20", "#d3560e", "#59e8bc", "#a4b5f7", "#9b597f", "#ab9493"),
    link="#8fb0ff",
    good="#3fc79a",
    bad="#f09a4e",
)
