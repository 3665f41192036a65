"""Pictures: heat maps, bars, curves and tables drawn by matplotlib, as files of any of its formats."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.panels import Panel, Panels
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.models.words import MINUS, shortened, tick_text, visible
from beir_hybrid.reports.render.palette import LIGHT, dashes, series_colour, shade
from beir_hybrid.storage.files import new_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FORMATS = ("png", "svg", "pdf", "eps", "jpg", "jpeg", "tif", "tiff", "webp")
"""What matplotlib writes without other programs."""

SUFFIXES = tuple(f".{name}" for name in FORMATS)
"""What the names of such files end in."""

Picture = HeatMap | Bars | Dots | Chart | Panels | Table
"""What can be drawn."""

_NAME = 60  # letters of a row's name
_TICK_LETTERS = 18  # that fit side by side below a panel
CELL = 0.42  # inches; holds five characters of the cells' font
_NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # so that the same report gives the same file
_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": LIGHT.faint,
    "axes.labelcolor": LIGHT.faint,
    "xtick.color": LIGHT.faint,
    "ytick.color": LIGHT.faint,
    "pdf.fonttype": 42,  # TrueType: journals and LaTeX take no Type 3
    "ps.fonttype": 42,
    "svg.fonttype": "none",  # letters stay letters, to be searched and copied
    "svg.hashsalt": "beir-hybrid",  # the same report, the same file
    "text.parse_math": False,  # names may hold dollar signs
}


def draw(
    picture: Picture, path: Path, formats: tuple[str, ...] = ("png", "svg", "pdf"), *, titled: bool = True
) -> list[Path]:
    """Draw a picture to files; no display is needed, and each file is whole or not there.

    Args:
        picture: What to draw.
        path: The files' path without the suffix.
        formats: Some of :data:`FORMATS`.
        titled: Whether its title and note stand on it; a paper has captions instead.

    Returns:
        The files, one for each format.

    Raises:
        OutputError: If the folder cannot be written.
    """
    files = [path.with_name(f"{path.name}.{form}") for form in formats]

    def compose(figure: Figure) -> None:
        figure.set_size_inches(size_of(picture))
        if isinstance(picture, Panels):
            _draw_panels(figure, picture)
        else:
            draw_on(figure.add_subplot(), picture)
        if titled:
            note = picture.note if isinstance(picture, HeatMap | Bars | Dots | Panels) else ""
            _words(figure, picture.title, note)

    write_figure(compose, files)
    return files


def write_figure(compose: Callable[[Figure], None], files: list[Path], dpi: int = 200) -> None:
    """Compose a figure and write it to files, whose suffixes decide the formats."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in scripts the font lacks show as boxes
        figure = Figure(layout="constrained")
        compose(figure)
        for file in files:
            form = file.suffix.lower().removeprefix(".")
            with new_file(file) as temporary:
                figure.savefig(temporary, format=form, dpi=dpi, metadata=_NO_DATE.get(form))
            figure.set_layout_engine("none")  # laid out once, it stays so


def size_of(picture: Picture) -> tuple[float, float]:
    """Return the width and height in inches that a picture needs."""
    if isinstance(picture, Panels):
        longest = max((len(name) for name, _ in picture.rows), default=0)
        width = 1.75 * len(picture.panels) + 0.3 + 0.065 * min(longest, _NAME)
        return max(3.4, width), 0.27 * len(picture.rows) + 1.3
    if isinstance(picture, HeatMap):
        picture = picture.drawn()
        return max(3.4, CELL * len(picture.columns) + 1.6), max(2.0, CELL * 0.8 * len(picture.rows) + 1.2)
    if isinstance(picture, Bars):
        return 6.4, 0.36 * len(picture.bars) + 1.0
    if isinstance(picture, Dots):
        return 7.0, 0.27 * len(picture.rows) + 1.3
    if isinstance(picture, Chart):
        return 4.6, 3.0
    return 1.3 * len(picture.columns) + 1.0, 0.25 * len(picture.rows) + 1.0


def draw_on(axes: Axes, picture: Picture) -> None:
    """Draw a picture on axes, without its title and note."""
    drawers: dict[type, Callable[[Axes, Any], None]] = {
        HeatMap: _draw_heat_map,
        Bars: _draw_bars,
        Dots: _draw_dots,
        Chart: _draw_chart,
        Table: _draw_table,
    }
    drawers[type(picture)](axes, picture)


def _draw_heat_map(axes: Axes, picture: HeatMap) -> None:
    from matplotlib.patches import Rectangle

    picture = picture.drawn()
    rows, columns = len(picture.rows), len(picture.columns)
    places = [row + 0.25 * (row >= rows - picture.apart) for row in range(rows)]
    for below, values in zip(places, picture.values, strict=True):
        for column, value in enumerate(values):
            if value is None:
                continue
            look = shade(picture.share(value), picture.diverging)
            right = column + 0.25 * (column >= columns - picture.beside)
            axes.add_patch(Rectangle((right - 0.48, below - 0.48), 0.96, 0.96, color=look.fill, linewidth=0))
            text = picture.written(value)
            axes.text(right, below, text, ha="center", va="center", color=look.ink, fontsize=8)
    across = [column + 0.25 * (column >= columns - picture.beside) for column in range(columns)]
    axes.set_xlim(-0.5, columns - 0.5 + 0.25 * bool(picture.beside))
    axes.set_ylim(rows - 0.5 + 0.25 * bool(picture.apart), -0.5)
    axes.set_xticks(across, [_text(name, 8) for name in picture.columns])
    axes.set_yticks(places, [_text(name, 8) for name in picture.rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(picture.across)
    axes.xaxis.set_label_position("top")
    axes.set_ylabel(picture.down)
    _draw_colour_bar(axes, picture)


def _draw_colour_bar(axes: Axes, picture: HeatMap) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    shades = LIGHT.diverging if picture.diverging else LIGHT.sequential
    scale = ScalarMappable(Normalize(picture.low, picture.high), ListedColormap([shade.fill for shade in shades]))
    ends = [picture.low, picture.high] if picture.high > picture.low else [picture.low]
    bar = axes.figure.colorbar(scale, ax=axes, shrink=0.6, aspect=18, pad=0.03, ticks=ends)
    bar.ax.set_yticklabels([picture.written(end) for end in ends])
    bar.ax.tick_params(length=0, labelsize=8)
    outline: Any = bar.outline  # a line, not what its type says
    outline.set_visible(False)


def _draw_bars(axes: Axes, picture: Bars) -> None:
    end = picture.ticks[-1]
    for place, bar in enumerate(picture.bars):
        published = bar.place is None
        look: dict[str, Any] = {"color": series_colour(bar.place)}
        if published:
            look = {"facecolor": "none", "edgecolor": LIGHT.faint, "linestyle": "--"}
        axes.barh(place, bar.value, height=0.6, **look)
        if bar.interval:
            axes.plot(bar.interval, (place, place), color=LIGHT.text, linewidth=1.2)
        edge = max(bar.value, bar.interval[1] if bar.interval else 0.0)
        axes.text(edge + 0.012 * end, place, bar.text, va="center", color=LIGHT.text)
    names = [f"{_text(bar.name, 34)}{' (published)' * (bar.place is None)}" for bar in picture.bars]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(2, len(names)) - 0.4, -0.6)  # few bars are no thicker than many
    axes.set_xlim(0, end * 1.12)
    _bare(axes)


def _draw_panels(figure: Figure, picture: Panels) -> None:
    """Draw the axes side by side; the names stand at the first."""
    figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr, call-arg]
    columns: Any = figure.subplots(1, len(picture.panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(columns, picture.panels, strict=True):
        _draw_panel(axes, panel, [place for _, place in picture.rows])
        axes.set_title(f"{panel.title}\n{panel.note}", loc="left", fontsize=9, color=LIGHT.text)
    columns[0].set_yticks(range(len(picture.rows)), [_text(name, _NAME) for name, _ in picture.rows])
    columns[0].tick_params(axis="y", labelcolor=LIGHT.text)
    columns[0].set_ylim(len(picture.rows) - 0.4, -0.6)


def _draw_panel(axes: Axes, panel: Panel, places: list[int | None]) -> None:
    for row, (spot, place) in enumerate(zip(panel.spots, places, strict=True)):
        axes.axhline(row, color=LIGHT.line, linewidth=0.6, zorder=0)
        if spot is None:
            continue
        colour = series_colour(place)
        if spot.interval:
            axes.plot(spot.interval, (row, row), color=colour, linewidth=5, alpha=0.32, solid_capstyle="butt")
        single: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 2.6, "markerfacecolor": "white"}
        axes.plot(spot.singles, [row] * len(spot.singles), color=colour, markeredgewidth=0.7, **single)
        inside = "white" if spot.hollow else colour
        axes.plot(spot.value, row, marker="o", markersize=5.5, color=colour, markerfacecolor=inside)
    if panel.signed:
        axes.axvline(0, color=LIGHT.faint, linewidth=0.9, zorder=0)
    axes.set_xlim(panel.ticks[0], panel.ticks[-1])
    axes.margins(x=0.05)
    ticks = panel.ticks[1:-1] if len(panel.ticks) > 4 else panel.ticks
    longest = max(len(tick_text(tick, _step(panel.ticks))) for tick in ticks)
    axes.set_xticks(ticks if longest * (len(panel.ticks) - 1) <= _TICK_LETTERS else ticks[::2])
    axes.xaxis.set_major_formatter(lambda value, _: tick_text(value, _step(panel.ticks)).replace("-", MINUS))
    axes.grid(axis="x", color=LIGHT.line, linewidth=0.6)
    axes.set_axisbelow(True)
    _bare(axes)


def _step(ticks: list[float]) -> float | None:
    return ticks[1] - ticks[0] if ticks[1:] else None


def _draw_dots(axes: Axes, picture: Dots) -> None:
    for row, dots in enumerate(picture.rows):
        axes.axhline(row, color=LIGHT.line, linewidth=0.8, zorder=0)
        if dots.against is not None:
            axes.plot(dots.against, row, marker="|", markersize=12, color=LIGHT.text, markeredgewidth=1.6)
        for place, value in dots.dots:
            axes.plot(value, row, marker="o", markersize=6, color=series_colour(place), markeredgecolor="white")
    for place, name in picture.names:
        axes.plot([], [], marker="o", linestyle="", color=series_colour(place), label=_text(name, 24))
    axes.plot([], [], marker="|", linestyle="", color=LIGHT.text, markeredgewidth=1.6, label="share of the pool")
    axes.set_yticks(range(len(picture.rows)), [_text(row.name, 12) for row in picture.rows])
    axes.set_ylim(len(picture.rows) - 0.4, -0.6)
    axes.set_xlim(0, picture.ticks[-1])
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    _bare(axes)
    axes.figure.legend(loc="outside right center", frameon=False)  # above, it would touch a long title


def _draw_chart(axes: Axes, picture: Chart) -> None:
    for curve in picture.drawn():
        xs, ys = zip(*curve.points, strict=True)
        pattern = dashes(curve.place) or ("5 4" if curve.dashed else "")
        style: Any = (0, [float(length) for length in pattern.split()]) if pattern else "-"
        look: dict[str, Any] = {"color": series_colour(curve.place), "marker": "o" if picture.marked else None}
        axes.plot(xs, ys, linestyle=style, markersize=4, label=_text(curve.name, 28), **look)
        for label, x, y in zip(curve.labels, xs, ys, strict=False):
            axes.annotate(label, (x, y), (0, 5), textcoords="offset points", ha="center", color=LIGHT.faint, fontsize=8)
    values = picture.x_values()
    logarithmic = picture.logarithmic and values[0] > 0
    if logarithmic:
        axes.set_xscale("log")
        axes.minorticks_off()
    if len(values) <= 8:
        close = [0.0, *np.diff(np.log(values) if logarithmic else values)]
        span = math.fsum(close) or 1.0
        kept = [value for value, step in zip(values, close, strict=True) if not step or step / span > 0.05]
        axes.set_xticks(kept, [tick_text(value) for value in kept])
    if picture.from_zero:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(picture.x)
    axes.set_ylabel(picture.y)
    axes.grid(axis="y", color=LIGHT.line, linewidth=0.8)
    axes.set_axisbelow(True)
    _bare(axes)
    axes.figure.legend(loc="outside right center", frameon=False)  # above, it would touch a long title


def _draw_table(axes: Axes, picture: Table) -> None:
    table = picture.shown()
    cells = [[_text(text, 34) for text in row] for row in table.texts()]
    axes.set_axis_off()
    axes.table(cells, colLabels=[column.heading for column in table.columns], edges="horizontal", loc="upper left")


def _bare(axes: Axes) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _words(figure: Figure, title: str, note: str) -> None:
    """Write the title above, and below what a reader must know."""
    letters = int(figure.get_figwidth() * 12)
    figure.suptitle(_text(title, letters), x=0.01, ha="left", fontsize=10.5, color=LIGHT.text)
    if note:
        lines = textwrap.fill(_text(note, 500), int(letters * 1.2))
        figure.supxlabel(lines, x=0.01, ha="left", fontsize=8, color=LIGHT.faint)


def _text(name: str, length: int) -> str:
    return shortened(" ".join(str(visible(name)).split()), length)
