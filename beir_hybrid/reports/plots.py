"""Plots of what a plan would draw."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.forecast import Forecast
from beir_hybrid.batching.strategies.build import changes
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.reports.models.words import compact, shortened
from beir_hybrid.reports.render.palette import ink
from beir_hybrid.storage.files import new_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FORMATS = ("png", "svg", "pdf", "eps", "jpg", "jpeg", "tif", "tiff", "webp")
"""What matplotlib writes without other programs."""

_NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # so that the same plan gives the same file

# Colours that the colour-blind tell apart (Okabe and Ito, Color Universal Design, 2008).
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
_SOURCE_COLOUR = "#BDBDBD"
_NOTHING = "#EEEEEE"  # cells of pairs that are never drawn

_CELL = 0.52  # inches; holds five characters of the cells' font
_BAR = 0.5  # inches from bar to bar
_PARTS = 50  # bars of the course, if there are enough steps for each to be a share
_STEPS_PER_PART = 10

_SETTINGS: dict[Any, Any] = {
    "font.size": 10,
    "svg.fonttype": "none",  # letters stay letters, to be searched and copied
    "svg.hashsalt": "beir-hybrid",  # the same plan, the same file
    "text.parse_math": False,  # names of files may hold dollar signs
}


def plot_forecast(forecast: Forecast, path: Path) -> None:
    """Draw a heat map of question x passage languages, bars of kinds and sources, and the course where it changes.

    No display is needed, and the file is whole or not there.

    Args:
        forecast: What would be drawn.
        path: File that ends in one of :data:`FORMATS`.

    Raises:
        ConfigurationError: If it ends in anything else.
        OutputError: If the folder cannot be written.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise ConfigurationError(f"{path} has no known format.", f"End it in .{' or .'.join(FORMATS)}.")
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS), warnings.catch_warnings(), new_file(path) as temporary:
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in scripts the font lacks show as boxes
        figure = _figure(forecast)
        figure.savefig(temporary, format=suffix, dpi=150, metadata=_NO_DATE.get(suffix))


def _figure(forecast: Forecast) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    drawn = forecast.drawn
    kinds = [kind.name for kind in forecast.plan.strategy.kinds]
    map_size = max(3.6, _CELL * len(drawn.languages))
    rows = [max(2, len(kinds)), max(2, len(drawn.passes))]
    top = max(map_size + 0.9, _BAR * sum(rows) + 1.6)
    course = 2.8 if changes(forecast.plan.strategy) else 0.0
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(map_size + 7.2, top + course + 0.9), layout=layout)
    grid = figure.add_gridspec(
        3 if course else 2, 2, width_ratios=(map_size + 1.0, 6.0), height_ratios=_heights(rows, top, course)
    )
    _heat_map(figure.add_subplot(grid[:2, 0]), drawn)
    shares = {name: drawn.kinds[name] / drawn.batches for name in kinds}
    labels = {name: f"{share:.1%}, {drawn.kinds[name]:,} batches" for name, share in shares.items()}
    _bars(figure.add_subplot(grid[0, 1]), "Share of kinds of batch", shares, labels, _colours(kinds))
    shares = {name: drawn.sources[name] / drawn.batches for name in drawn.passes}
    labels = {name: f"{shares[name]:.1%}, {passes:.2f} passes" for name, passes in drawn.passes.items()}
    colours = dict.fromkeys(shares, _SOURCE_COLOUR)
    _bars(figure.add_subplot(grid[1, 1]), "Share of sources in the batches", shares, labels, colours)
    if course:
        _course(figure.add_subplot(grid[2, :]), forecast, _colours(kinds))
    figure.suptitle(_title(forecast), fontsize=13)
    return figure


def _heights(rows: list[int], top: float, course: float) -> list[float]:
    heights = [top * row / sum(rows) for row in rows]
    return [*heights, course] if course else heights


def _title(forecast: Forecast) -> str:
    drawn, plan = forecast.drawn, forecast.plan
    processes = f" on {plan.world_size} processes" if plan.world_size > 1 else ""
    return (
        f"{drawn.strategy}: {forecast.steps:,} steps of {plan.batch_size:,} examples{processes} "
        f"({forecast.epochs:.2f} epochs)\n"
        f"{drawn.replaced:,} false negatives avoided, {drawn.repeated:,} answers repeated"
        + (f", {drawn.left_out:,} hard negatives left out" if drawn.left_out else "")
    )


def _heat_map(axes: Axes, drawn: DrawSummary) -> None:
    import matplotlib as mpl
    from matplotlib.colors import Normalize

    codes = drawn.languages
    counts = np.array([[drawn.pairs[question, passage] for passage in codes] for question in codes], np.float64)
    colours = mpl.colormaps["cividis"].with_extremes(bad=_NOTHING)
    scale = Normalize(0, counts.max())
    axes.imshow(np.ma.masked_equal(counts, 0), cmap=colours, norm=scale)
    for (row, column), count in np.ndenumerate(counts):
        letters = _ink(colours(scale(count))) if count else "#777777"
        axes.text(column, row, compact(int(count)), ha="center", va="center", color=letters, fontsize=9)
    axes.set_xticks(range(len(codes)), codes)
    axes.set_yticks(range(len(codes)), codes)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(len(codes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(codes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel("language of the passage")
    axes.set_ylabel("language of the question")
    axes.set_title(f"Examples by language, {drawn.examples:,} in all", fontsize=11, pad=10)


def _bars(
    axes: Axes, title: str, shares: Mapping[str, float], labels: Mapping[str, str], colours: Mapping[str, str]
) -> None:
    for place, (name, share) in enumerate(shares.items()):
        axes.barh(place, share, height=0.5, color=colours[name])
        inside = share > 0.5  # where the label has more room
        axes.text(
            share + (-0.015 if inside else 0.015),
            place,
            labels[name],
            ha="right" if inside else "left",
            va="center",
            color=_ink(colours[name]) if inside else "black",
        )
    axes.set_yticks(range(len(shares)), [shortened(name) for name in shares])
    axes.set_ylim(max(2, len(shares)) - 0.5, -0.5)  # the first on top, and a few bars no thicker than many
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(_percent())
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, fontsize=11, loc="left")


def _course(axes: Axes, forecast: Forecast, colours: Mapping[str, str]) -> None:
    parts = forecast.course(min(_PARTS, max(10, forecast.steps // _STEPS_PER_PART)))
    starts = np.array([part.start for part in parts])
    widths = np.array([part.stop - part.start for part in parts])
    below = np.zeros(len(parts))
    for name, colour in colours.items():
        shares = np.array([part.kinds[name] for part in parts]) / widths
        axes.bar(starts, shares, widths, bottom=below, align="edge", color=colour, label=name)
        below += shares
    axes.set_xlim(0, forecast.steps)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(_percent())
    axes.set_xlabel("step")
    axes.set_title("Share of kinds over the training", fontsize=11, loc="left")
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False)


def _percent() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)


def _colours(kinds: list[str]) -> dict[str, str]:
    return {kind: _COLOURS[place % len(_COLOURS)] for place, kind in enumerate(kinds)}


def _ink(background: Any) -> str:
    from matplotlib.colors import to_rgb

    return ink(to_rgb(background))
