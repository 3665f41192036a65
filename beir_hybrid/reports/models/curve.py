"""Chart: curves over an axis, laid out for a small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from beir_hybrid.reports.models.words import tick_text
from beir_hybrid.reports.render.text import TextTable

WIDTH, HEIGHT = 360.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 114.0, 16.0, 40.0
_LINE = 13.0  # from label to label
_LETTERS = 16  # of a name, which fit beside the axes
_MARGIN = 14.0  # where no names stand there
_MOST_POINTS = 160  # of a curve; more cannot be seen


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
class Mark:
    """A tick or label: its text and where it stands."""

    text: str
    x: float
    y: float
    place: int = 0


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn: its path, marks at its points, and its label at the end, if it has one."""

    name: str
    path: str
    place: int
    dashed: bool
    points: tuple[Mark, ...]
    label: Mark | None
    leader: str


@dataclass(frozen=True)
class Layout:
    """A chart in the units of its picture, :data:`WIDTH` x :data:`HEIGHT`."""

    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]
    lines: tuple[Line, ...]
    right: float
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT


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
    """

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    logarithmic: bool = False
    from_zero: bool = False
    marked: bool = True

    def drawn(self) -> tuple[Curve, ...]:
        """Give the curves that have a point."""
        return tuple(curve for curve in self.curves if curve.points)

    @property
    def direct(self) -> bool:
        """Whether the names stand at the ends of the curves; if one is too long, a legend is needed."""
        return all(len(curve.name) <= _LETTERS for curve in self.drawn())

    def series(self) -> list[tuple[int, str]]:
        """Give the colours and names of the curves, for a legend."""
        return [(curve.place, curve.name) for curve in self.drawn()]

    def x_values(self) -> list[float]:
        """List the places of the points on the horizontal axis, each once."""
        return sorted({x for curve in self.drawn() for x, _ in curve.points})

    def layout(self) -> Layout:
        """Lay the chart out; it has at least one point."""
        curves = self.drawn()
        xs = self.x_values()
        ys = [y for curve in curves for _, y in curve.points]
        edge = WIDTH - (RIGHT if self.direct else _MARGIN)
        across = _Axis(xs[0], xs[-1], self.logarithmic and xs[0] > 0, edge)
        marks = ticks(0.0 if self.from_zero else min(ys), max(ys))
        low, high = min(marks[0], min(ys)), max(marks[-1], max(ys))

        def down(y: float) -> float:
            share = (y - low) / (high - low) if high > low else 0.5
            return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

        places = [[(across(x), down(y)) for x, y in curve.points] for curve in curves]
        ends = _spread([of_curve[-1][1] for of_curve in places])
        lines = tuple(
            _line(curve, of_curve, (edge, end) if self.direct else None, self.marked)
            for curve, of_curve, end in zip(curves, places, ends, strict=True)
        )
        step = marks[1] - marks[0] if len(marks) > 1 else 1.0
        return Layout(
            tuple(Mark(tick_text(x), across(x), HEIGHT - BOTTOM + 15) for x in self._x_marks(xs, across)),
            tuple(Mark(tick_text(y, step), LEFT - 6, down(y) + 3.5) for y in marks),
            lines,
            edge,
        )

    def text_table(self) -> TextTable:
        """Give the points, a row for each place on the horizontal axis, and the settings they are means over."""
        columns: list[tuple[str, dict[float, str]]] = []
        for curve in self.drawn():
            columns.append((curve.name, {x: f"{y:.6g}" for x, y in curve.points}))
            if curve.counts:
                counts = zip(curve.points, curve.counts, strict=True)
                columns.append((f"{curve.name}: settings", {x: str(count) for (x, _), count in counts}))
        rows = tuple((f"{x:.6g}", *(found.get(x, "") for _, found in columns)) for x in self.x_values())
        return TextTable(self.title, (self.x, *(name for name, _ in columns)), rows, left=frozenset())

    def _x_marks(self, xs: Sequence[float], across: _Axis) -> list[float]:
        """Choose the ticks: the points' own places if they are few, or else round numbers; none too close."""
        wanted = xs if len(xs) <= 8 else [tick for tick in ticks(xs[0], xs[-1]) if xs[0] <= tick <= xs[-1]]
        chosen: list[float] = []
        for x in wanted:
            room = 5.5 * len(tick_text(x)) + 6
            if not chosen or across(x) - across(chosen[-1]) >= room:
                chosen.append(x)
        return chosen


class _Axis:
    """The horizontal axis: a value's place in the picture."""

    def __init__(self, low: float, high: float, logarithmic: bool, edge: float) -> None:
        self.edge = edge
        self.scale = math.log if logarithmic else float
        self.low, self.high = self.scale(low), self.scale(high)

    def __call__(self, x: float) -> float:
        share = (self.scale(x) - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(LEFT + 8 + share * (self.edge - LEFT - 16), 1)


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


def thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Average neighbouring points where there are more than can be seen.

    Examples:
        >>> len(thinned([(float(step), 1.0) for step in range(1000)])) <= 160
        True
    """
    size = math.ceil(len(points) / _MOST_POINTS)
    parts = [points[start : start + size] for start in range(0, len(points), size or 1)]
    return tuple((part[-1][0], sum(y for _, y in part) / len(part)) for part in parts)


def _line(curve: Curve, places: Sequence[tuple[float, float]], end: tuple[float, float] | None, marked: bool) -> Line:
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    labels = curve.labels or ("",) * len(places)
    marks = tuple(Mark(text, x, y, curve.place) for text, (x, y) in zip(labels, places, strict=True))
    shown = marks if marked or len(places) == 1 else ()
    if end is None:
        return Line(curve.name, path, curve.place, curve.dashed, shown, None, "")
    edge, height = end
    last_x, last_y = places[-1]
    label = Mark(curve.name, edge + 8, round(height + 4, 1), curve.place)
    leader = f"M{last_x + 4:g} {last_y:g}L{edge + 5:g} {height:g}"
    return Line(curve.name, path, curve.place, curve.dashed, shown, label, leader)


def _spread(ends: Sequence[float]) -> list[float]:
    """Move labels apart where they would cover each other, staying within the picture as far as possible."""
    order = sorted(range(len(ends)), key=lambda place: ends[place])
    found = list(ends)
    for before, place in pairwise(order):
        found[place] = max(found[place], found[before] + _LINE)
    below = found[order[-1]] - (HEIGHT - BOTTOM + 4) if order else 0.0
    if below > 0:
        limit = HEIGHT - BOTTOM + 4
        for place in reversed(order):
            found[place] = min(found[place], limit)
            limit = found[place] - _LINE
    return [round(place, 1) for place in found]
