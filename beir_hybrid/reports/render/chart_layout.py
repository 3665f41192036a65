"""ChartLayout: where the axes, lines and labels of a chart stand in a small picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from beir_hybrid.reports.models.curve import Chart, Curve, ticks
from beir_hybrid.reports.models.words import tick_text

WIDTH, HEIGHT = 360.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 114.0, 16.0, 40.0
_LABEL_HEIGHT = 13.0  # from label to label
_MARGIN = 14.0  # where no names stand there


@dataclass(frozen=True)
class Mark:
    """A tick or label: its text and where it stands."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class DrawnCurve:
    """A curve as it is drawn: its path, marks at its points, and its label at the end, if it has one."""

    name: str
    path: str
    place: int
    dashed: bool
    points: tuple[Mark, ...]
    label: Mark | None
    leader: str


@dataclass(frozen=True)
class ChartLayout:
    """A chart in the units of its picture, :data:`WIDTH` x :data:`HEIGHT`."""

    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]
    curves: tuple[DrawnCurve, ...]
    right: float
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT


def lay_out(chart: Chart) -> ChartLayout:
    """Lay out a chart that has at least one point."""
    curves = chart.drawn()
    xs = chart.x_values()
    ys = [y for curve in curves for _, y in curve.points]
    edge = WIDTH - (RIGHT if chart.direct else _MARGIN)
    across = _Axis(xs[0], xs[-1], chart.logarithmic and xs[0] > 0, edge)
    marks = ticks(0.0 if chart.from_zero else min(ys), max(ys))
    low, high = min(marks[0], min(ys)), max(marks[-1], max(ys))

    def down(y: float) -> float:
        share = (y - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)

    places = [[(across(x), down(y)) for x, y in curve.points] for curve in curves]
    ends = _spread([of_curve[-1][1] for of_curve in places])
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    return ChartLayout(
        tuple(Mark(tick_text(x), across(x), HEIGHT - BOTTOM + 15) for x in _x_marks(xs, across)),
        tuple(Mark(tick_text(y, step), LEFT - 6, down(y) + 3.5) for y in marks),
        tuple(
            _drawn(curve, of_curve, (edge, end) if chart.direct else None, chart.marked)
            for curve, of_curve, end in zip(curves, places, ends, strict=True)
        ),
        edge,
    )


class _Axis:
    """The horizontal axis: a value's place in the picture."""

    def __init__(self, low: float, high: float, logarithmic: bool, edge: float) -> None:
        self.edge = edge
        self.scale = math.log if logarithmic else float
        self.low, self.high = self.scale(low), self.scale(high)

    def __call__(self, x: float) -> float:
        share = (self.scale(x) - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(LEFT + 8 + share * (self.edge - LEFT - 16), 1)


def _x_marks(xs: Sequence[float], across: _Axis) -> list[float]:
    """Choose the ticks: the points' own places if they are few, or else round numbers; none too close."""
    wanted = xs if len(xs) <= 8 else [tick for tick in ticks(xs[0], xs[-1]) if xs[0] <= tick <= xs[-1]]
    chosen: list[float] = []
    for x in wanted:
        room = 5.5 * len(tick_text(x)) + 6
        if not chosen or across(x) - across(chosen[-1]) >= room:
            chosen.append(x)
    return chosen


def _drawn(
    curve: Curve, places: Sequence[tuple[float, float]], end: tuple[float, float] | None, marked: bool
) -> DrawnCurve:
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    labels = curve.labels or ("",) * len(places)
    marks = tuple(Mark(text, x, y) for text, (x, y) in zip(labels, places, strict=True))
    shown = marks if marked or len(places) == 1 else ()
    label, leader = None, ""
    if end is not None:
        edge, height = end
        last_x, last_y = places[-1]
        label = Mark(curve.name, edge + 8, round(height + 4, 1))
        leader = f"M{last_x + 4:g} {last_y:g}L{edge + 5:g} {height:g}"
    return DrawnCurve(curve.name, path, curve.place, curve.dashed, shown, label, leader)


def _spread(ends: Sequence[float]) -> list[float]:
    """Move labels apart where they would cover each other, staying within the picture as far as possible."""
    order = sorted(range(len(ends)), key=lambda place: ends[place])
    heights = list(ends)
    for before, place in pairwise(order):
        heights[place] = max(heights[place], heights[before] + _LABEL_HEIGHT)
    limit = HEIGHT - BOTTOM + 4
    if order and heights[order[-1]] > limit:
        for place in reversed(order):
            heights[place] = min(heights[place], limit)
            limit = heights[place] - _LABEL_HEIGHT
    return [round(height, 1) for height in heights]
