"""Chart: curves over an axis; no drawing."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from beir_hybrid.reports.models.table import Column, Table, make_table

_LETTERS = 16  # of a name, which fit beside the axes
_MOST_POINTS = 160  # of a curve; more cannot be seen
_WIDE = 20.0  # so many times the smallest number is the largest where an axis of numbers is logarithmic


def is_wide(places: Collection[float]) -> bool:
    """Return whether numbers lie so far apart that a linear axis would leave half of itself to the last of them.

    Examples:
        >>> is_wide([2, 11, 113]), is_wide([2, 11]), is_wide([0, 113])
        (True, False, False)
    """
    return min(places) > 0 and max(places) / min(places) >= _WIDE


@dataclass(frozen=True)
class Curve:
    """A curve.

    Attributes:
        name: What it shows.
        points: Its points (x, y), in the order in which they are connected.
        place: Place of its colour in the palette.
        dashed: Whether its line is broken.
        labels: A label for each point; none for no labels.
        counts: Number of settings that each point is a mean over; none where that is the same for all.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    place: int
    dashed: bool = False
    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chart:
    """Curves over one axis.

    Attributes:
        title: What it shows.
        x: What the horizontal axis is, with its unit.
        y: What the vertical axis is, with its direction.
        curves: The curves; those without a point are left out.
        logarithmic: Whether the horizontal axis is.
        from_zero: Whether the vertical axis begins at 0.
        marked: Whether every point has a mark.
        by_run: Whether each curve is of one run, by whose colour it is known.
    """

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    logarithmic: bool = False
    from_zero: bool = False
    marked: bool = True
    by_run: bool = True

    def drawn(self) -> tuple[Curve, ...]:
        """Return the curves that have a point."""
        return tuple(curve for curve in self.curves if curve.points)

    @property
    def direct(self) -> bool:
        """Whether the names are short enough to stand at the ends of the curves; otherwise a legend is needed."""
        return all(len(curve.name) <= _LETTERS for curve in self.drawn())

    def series(self) -> list[tuple[int, str]]:
        """Return the colours and names of the curves, for a legend."""
        return [(curve.place, curve.name) for curve in self.drawn()]

    def x_values(self) -> list[float]:
        """List the places of the points on the horizontal axis, each once."""
        return sorted({x for curve in self.drawn() for x, _ in curve.points})

    def table(self) -> Table:
        """Return the points, a row for each place on the horizontal axis, and the settings they are means over."""
        columns: list[tuple[str, Mapping[float, float]]] = []
        for curve in self.drawn():
            columns.append((curve.name, dict(curve.points)))
            if curve.counts:
                counts = zip(curve.points, curve.counts, strict=True)
                columns.append((f"{curve.name}: settings", {x: count for (x, _), count in counts}))
        rows = [(x, *(values.get(x) for _, values in columns)) for x in self.x_values()]
        return make_table(self.title, map(Column, (self.x, *(name for name, _ in columns))), rows)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Choose round numbers that cover a range: steps of 1, 2, 2.5 or 5 times a power of ten.

    Examples:
        >>> ticks(0.0, 0.83)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        >>> ticks(3.0, 3.0)
        [3.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0):
        step = factor * power
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [round(number * step, 12) for number in range(first, last + 1)]


def smoothed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Replace each value by the mean of its neighbourhood, about a twentieth of the course, narrower at both ends.

    Examples:
        >>> points = smoothed([(float(step), 1.0 + (-1) ** step) for step in range(100)])
        >>> len(points), points[0], [round(value, 1) for _, value in points[50:52]]
        (100, (0.0, 2.0), [1.2, 0.8])
        >>> smoothed([(1.0, 3.0), (2.0, 1.0)])
        [(1.0, 3.0), (2.0, 1.0)]
    """
    widest = len(points) // 40
    means = []
    for place, (x, _) in enumerate(points):
        half = min(widest, place, len(points) - 1 - place)
        near = points[place - half : place + half + 1]
        means.append((x, sum(y for _, y in near) / len(near)))
    return means


def thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Average neighbouring points where there are more than can be seen.

    Examples:
        >>> len(thinned([(float(step), 1.0) for step in range(1000)])) <= 160
        True
    """
    size = math.ceil(len(points) / _MOST_POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size or 1)]
    return tuple((part[-1][0], sum(y for _, y in part) / len(part)) for part in parts)
