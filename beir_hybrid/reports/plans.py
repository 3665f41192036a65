"""What a plan would draw, and what a training drew: tables and a heat map, and all of it as one picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.forecast import Forecast
from beir_hybrid.batching.strategies.build import changes
from beir_hybrid.reports.colours import COLOURS, colour_places
from beir_hybrid.reports.language_maps import drawn_map
from beir_hybrid.reports.models.bars import Bar, Bars
from beir_hybrid.reports.models.curve import Chart, Curve
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import number, percent
from beir_hybrid.reports.render.pictures import CELL, SUFFIXES, draw_on, write_figure
from beir_hybrid.storage.files import check_output

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_BAR = 0.5  # inches from bar to bar
_GREY = COLOURS - 1  # place of the colour that stands for nothing
_PARTS = 50  # points of the course, if there are enough steps for each to be a share
_STEPS_PER_PART = 10


def examples_map(drawn: DrawSummary) -> HeatMap:
    """Show what was drawn: examples by language of question and passage."""
    planned = drawn.batches or 1
    kinds = ", ".join(f"{kind} {percent(count / planned)}" for kind, count in sorted(drawn.kinds.items()))
    note = f"{drawn.batches} batches: {kinds}; {drawn.replaced} false negatives avoided"
    if drawn.repeated:
        note += f", {drawn.repeated} answers repeated"
    if drawn.left_out:
        note += f", {drawn.left_out} hard negatives left out"
    for name, extra in drawn.extra.items():
        note += f"; beside them {extra.batches} batches of {name} ({percent(extra.batches / drawn.all_batches)} of all)"
    return replace(drawn_map(f"Examples drawn by {drawn.strategy}", drawn.pairs, counted=True), note=note)


def plan_models(forecast: Forecast) -> list[Table | HeatMap]:
    """Show what a plan would draw: kinds, their course where it changes, languages and sources."""
    drawn = forecast.drawn
    share = Column("share", percent)
    total = drawn.all_batches
    kinds = [(kind, count, count / total) for kind, count in sorted(drawn.kinds.items())]
    kinds += [(f"{name}, not planned", extra.batches, extra.batches / total) for name, extra in drawn.extra.items()]
    sources = [
        (name, questions, batches := drawn.sources[name], batches / total, drawn.source_examples[name], passes)
        for (name, passes), questions in zip(drawn.passes.items(), drawn.source_questions.values(), strict=True)
    ]
    sources += [
        (name, extra.rows, extra.batches, extra.batches / total, extra.examples, extra.passes)
        for name, extra in drawn.extra.items()
    ]
    counts = [Column("questions"), Column("batches"), share, Column("examples"), Column("passes", "{:.2f}".format)]
    course = [_course_table(forecast)] if changes(forecast.plan.strategy) else []
    note = "passes: examples drawn per question of the source"
    if drawn.extra:
        note += f"; {' and '.join(drawn.extra)}: rows without languages, as the host batches them"
    return [
        make_table("Kinds of batch", ["kind", Column("batches"), share], kinds),
        *course,
        examples_map(drawn),
        make_table("Sources", ["source", *counts], sources, [note]),
    ]


def plot_forecast(forecast: Forecast, *paths: Path, titled: bool = True) -> None:
    """Draw a heat map of question x passage languages, bars of kinds and sources, and the course where it changes.

    No display is needed, and each file is whole or not there.

    Args:
        forecast: What would be drawn.
        *paths: Files, each with one of :data:`~beir_hybrid.reports.render.pictures.SUFFIXES`.
        titled: Whether the title of the whole stands on it; a paper has a caption instead.

    Raises:
        ConfigurationError: If one has another suffix.
        OutputError: If one cannot be written.
    """
    for path in paths:
        check_output(path, "file", "--plot", SUFFIXES)
    write_figure(_composed(forecast, titled), list(paths), dpi=150)


def padding_sentence(forecast: Forecast) -> str:
    """Say how much a transformer would pad; empty where that is not known."""
    if forecast.slots_per_token is None:
        return ""
    return f"about {forecast.slots_per_token:.1f} slots for every token where texts are padded"


def _composed(forecast: Forecast, titled: bool) -> Callable[[Figure], None]:
    drawn = forecast.drawn
    total = drawn.all_batches
    extra = {name: of_name.batches for name, of_name in drawn.extra.items()}
    counts = {name: drawn.kinds[name] for name in forecast.plan.kind_names} | extra
    labels = {name: f"{percent(count / total)}, {number(count)} batches" for name, count in counts.items()}
    sources = {name: drawn.sources[name] for name in drawn.passes} | extra
    passes = drawn.passes | {name: of_name.passes for name, of_name in drawn.extra.items()}
    passed = {name: f"{percent(sources[name] / total)}, {count:.2f} passes" for name, count in passes.items()}
    pieces: list[HeatMap | Bars | Chart] = [
        drawn_map(f"Examples by language, {number(drawn.examples)} in all", drawn.pairs, counted=True),
        _share_bars("Share of kinds of batch", counts, labels, coloured=True),
        _share_bars("Share of sources in the batches", sources, passed),
    ]
    rows = [max(2, len(counts)), max(2, len(sources))]
    map_size = max(3.6, CELL * len(drawn.languages) + 0.9)
    top = max(map_size, _BAR * sum(rows) + 1.6)
    heights = [top * row / sum(rows) for row in rows]
    if changes(forecast.plan.strategy):
        pieces.append(_course_chart(forecast))
        heights.append(2.8)

    def compose(figure: Figure) -> None:
        figure.set_size_inches(map_size + 7.2, sum(heights) + 0.9)
        grid = figure.add_gridspec(len(heights), 2, width_ratios=(map_size, 6.0), height_ratios=heights)
        places = (grid[:2, 0], grid[0, 1], grid[1, 1], grid[-1, :])
        for place, piece in zip(places, pieces, strict=False):
            axes = figure.add_subplot(place)
            draw_on(axes, piece)
            axes.set_title(piece.title, fontsize=11, loc="left")
        if titled:
            figure.suptitle(_title(forecast), fontsize=13)

    return compose


def _title(forecast: Forecast) -> str:
    drawn, plan = forecast.drawn, forecast.plan
    processes = f" on {plan.world_size} processes" if plan.world_size > 1 else ""
    return (
        f"{drawn.strategy}: {forecast.steps:,} steps of {plan.batch_size:,} examples{processes} "
        f"({forecast.epochs:.2f} epochs)\n"
        f"{drawn.replaced:,} false negatives avoided, {drawn.repeated:,} answers repeated"
        + (f", {drawn.left_out:,} hard negatives left out" if drawn.left_out else "")
        + (f"; {padding}" if (padding := padding_sentence(forecast)) else "")
    )


def _share_bars(title: str, counts: Mapping[str, int], labels: Mapping[str, str], coloured: bool = False) -> Bars:
    total = sum(counts.values()) or 1
    bars = [
        Bar(name, counts[name] / total, label, place=place if coloured else _GREY)
        for place, (name, label) in zip(colour_places(list(labels)), labels.items(), strict=True)
    ]
    return Bars(title, "", tuple(bars))


def _course_table(forecast: Forecast) -> Table:
    """Show the share of kinds in each tenth of the training."""
    names = forecast.plan.kind_names
    rows = []
    for part in forecast.course():
        length = part.stop - part.start
        rows.append((f"{part.start + 1}-{part.stop}", *(part.kinds[name] / length for name in names)))
    return make_table("Over the training", ["steps", *(Column(name, percent) for name in names)], rows)


def _course_chart(forecast: Forecast) -> Chart:
    parts = forecast.course(min(_PARTS, max(10, forecast.steps // _STEPS_PER_PART)))
    curves = []
    names = forecast.plan.kind_names
    for place, name in zip(colour_places(names), names, strict=True):
        shares = [100 * part.kinds[name] / (part.stop - part.start) for part in parts]
        middles = [(part.start + part.stop) / 2 for part in parts]
        curves.append(Curve(name, tuple(zip(middles, shares, strict=True)), place))
    return Chart(
        "Share of kinds over the training", "step", "% of batches", tuple(curves), from_zero=True, marked=False
    )
