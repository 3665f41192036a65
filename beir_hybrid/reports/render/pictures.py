"""Pictures: a report's heat maps, bars and curves as PNG and SVG files."""

from __future__ import annotations

import math
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.words import shortened, tick_text, visible
from beir_hybrid.reports.render.palette import LIGHT
from beir_hybrid.storage.files import new_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


FORMATS = ("png", "svg")

Picture = HeatMap | Bars | Dots | Chart
"""What can be drawn."""

_CELL = 0.42  # inches; holds five characters of the cells' font
_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": LIGHT.faint,
    "axes.labelcolor": LIGHT.faint,
    "xtick.color": LIGHT.faint,
    "ytick.color": LIGHT.faint,
    "svg.fonttype": "none",  # letters stay letters, to be searched and copied
    "svg.hashsalt": "beir-hybrid",  # the same report, the same file
    "text.parse_math": False,  # names may hold dollar signs
}


def draw(picture: Picture, path: Path) -> list[Path]:
    """Draw a picture as PNG and as SVG; no display is needed, and each file is whole or not there.

    Args:
        picture: What to draw.
        path: The files' path without the ending.

    Returns:
        The files, one for each of :data:`FORMATS`.

    Raises:
        OutputError: If the folder cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    files = [path.with_name(f"{path.name}.{form}") for form in FORMATS]
    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in scripts the font lacks show as boxes
        figure = Figure(layout="constrained")
        _add(picture, figure)
        for form, file in zip(FORMATS, files, strict=True):
            with new_file(file) as temporary:
                # without a date, so that the same report gives the same file
                figure.savefig(temporary, format=form, dpi=200, metadata={"Date": None} if form == "svg" else None)
            figure.set_layout_engine("none")  # laid out once, it stays so
    return files


def _add(picture: Picture, figure: Figure) -> None:
    if isinstance(picture, HeatMap):
        _draw_heat_map(picture, figure)
    elif isinstance(picture, Bars):
        _draw_bars(picture, figure)
    elif isinstance(picture, Dots):
        _draw_dots(picture, figure)
    else:
        _draw_chart(picture, figure)


def _draw_heat_map(picture: HeatMap, figure: Figure) -> None:
    from matplotlib.patches import Rectangle

    rows, columns = len(picture.rows), len(picture.columns)
    figure.set_size_inches(max(3.4, _CELL * columns + 0.9), max(2.0, _CELL * 0.8 * rows + 1.2))
    axes = figure.add_subplot()
    shades = LIGHT.diverging if picture.diverging else LIGHT.sequential
    for row, (_, cells) in enumerate(picture.cells()):
        below = row + (0.25 if row >= rows - picture.apart else 0.0)
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            shade = shades[cell.step]
            axes.add_patch(Rectangle((column - 0.48, below - 0.48), 0.96, 0.96, color=shade.fill, linewidth=0))
            axes.text(column, below, cell.text, ha="center", va="center", color=shade.ink, fontsize=8)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5 + 0.25 * bool(picture.apart), -0.5)
    axes.set_xticks(range(columns), [_text(name, 8) for name in picture.columns])
    places = [row + (0.25 if row >= rows - picture.apart else 0.0) for row in range(rows)]
    axes.set_yticks(places, [_text(name, 8) for name in picture.rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(picture.across)
    axes.xaxis.set_label_position("top")
    axes.set_ylabel(picture.down)
    _words(figure, picture.title, picture.note)


def _draw_bars(picture: Bars, figure: Figure) -> None:
    figure.set_size_inches(6.4, 0.36 * len(picture.bars) + 1.0)
    axes = figure.add_subplot()
    for place, bar in enumerate(picture.bars):
        published = bar.place is None
        look: dict[str, Any] = {"color": _colour(bar.place)}
        if published:
            look = {"facecolor": "none", "edgecolor": LIGHT.faint, "linestyle": "--"}
        axes.barh(place, bar.value, height=0.6, **look)
        if bar.interval:
            axes.plot(bar.interval, (place, place), color=LIGHT.text, linewidth=1.2)
        end = max(bar.value, bar.interval[1] if bar.interval else 0.0)
        axes.text(end + 0.012 * picture.high, place, bar.text, va="center", color=LIGHT.text)
    names = [f"{_text(bar.name, 34)}{' (published)' * (bar.place is None)}" for bar in picture.bars]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, picture.high * 1.12)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    _words(figure, picture.title, picture.note)


def _draw_dots(picture: Dots, figure: Figure) -> None:
    figure.set_size_inches(7.0, 0.27 * len(picture.rows) + 1.3)
    axes = figure.add_subplot()
    for row, dots in enumerate(picture.rows):
        axes.axhline(row, color=LIGHT.line, linewidth=0.8, zorder=0)
        if dots.against is not None:
            axes.plot(dots.against, row, marker="|", markersize=12, color=LIGHT.text, markeredgewidth=1.6)
        for place, value in dots.dots:
            axes.plot(value, row, marker="o", markersize=6, color=_colour(place), markeredgecolor="white")
    for place, name in picture.names:
        axes.plot([], [], marker="o", linestyle="", color=_colour(place), label=_text(name, 24))
    axes.plot([], [], marker="|", linestyle="", color=LIGHT.text, markeredgewidth=1.6, label="share of the pool")
    axes.set_yticks(range(len(picture.rows)), [_text(row.name, 12) for row in picture.rows])
    axes.set_ylim(len(picture.rows) - 0.4, -0.6)
    axes.set_xlim(0, picture.ticks[-1])
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False)
    _words(figure, picture.title, picture.note)


def _draw_chart(picture: Chart, figure: Figure) -> None:
    figure.set_size_inches(4.6, 3.0)
    axes = figure.add_subplot()
    for curve in picture.drawn():
        xs, ys = zip(*curve.points, strict=True)
        colour, style = _colour(curve.place), "--" if curve.dashed or curve.place >= len(LIGHT.series) else "-"
        marker = "o" if picture.marked else None
        axes.plot(xs, ys, style, color=colour, marker=marker, markersize=4, label=_text(curve.name, 24))
        for label, x, y in zip(curve.labels, xs, ys, strict=False):
            axes.annotate(label, (x, y), (0, 5), textcoords="offset points", ha="center", color=LIGHT.faint, fontsize=8)
    values = picture.x_values()
    if picture.logarithmic and values[0] > 0:
        axes.set_xscale("log")
        axes.minorticks_off()
    if len(values) <= 8:
        close = [0.0, *np.diff(np.log(values) if picture.logarithmic and values[0] > 0 else values)]
        span = math.fsum(close) or 1.0
        kept = [value for value, step in zip(values, close, strict=True) if not step or step / span > 0.05]
        axes.set_xticks(kept, [tick_text(value) for value in kept])
    if picture.from_zero:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(picture.x)
    axes.grid(axis="y", color=LIGHT.line, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
    figure.legend(loc="outside right upper", frameon=False)
    axes.set_ylabel(picture.y)
    _words(figure, picture.title)


def _words(figure: Figure, title: str, note: str = "") -> None:
    """Write the title above, and below what a reader must know."""
    letters = int(figure.get_figwidth() * 12)
    figure.suptitle(_text(title, letters), x=0.01, ha="left", fontsize=10.5, color=LIGHT.text)
    if note:
        lines = textwrap.fill(_text(note, 500), int(letters * 1.2))
        figure.supxlabel(lines, x=0.01, ha="left", fontsize=8, color=LIGHT.faint)


def _colour(place: int | None) -> str:
    return LIGHT.faint if place is None else LIGHT.series[place % len(LIGHT.series)]


def _text(name: str, length: int) -> str:
    return shortened(" ".join(str(visible(name)).split()), length)
