"""HTML and SVG: tables, heat maps, bars and curves as pieces of a page, through templates."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.panels import Panels
from beir_hybrid.reports.models.table import Entry, Table
from beir_hybrid.reports.models.words import tick_text, visible
from beir_hybrid.reports.render.chart_layout import lay_out
from beir_hybrid.reports.render.palette import LIGHT, dashes, shade_step
from beir_hybrid.reports.render.text import Model, csv_table

if TYPE_CHECKING:
    from jinja2 import Environment


_MACROS = {
    Table: "data_table",
    HeatMap: "heat_map",
    Bars: "bar_rows",
    Dots: "dot_rows",
    Chart: "chart",
    Panels: "panels",
}


def fragment(model: Table | HeatMap | Bars | Dots | Chart | Panels) -> str:
    """Return a model as a piece of HTML, whose colours and sizes are in the page's style sheet."""
    macros = environment().get_template("models.html.j2").module
    return str(getattr(macros, _MACROS[type(model)])(model))


@cache
def environment() -> Environment:
    """Return Jinja with our filters, once: it compiles each template when it is first used."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    packages = ("beir_hybrid.reports.page", "beir_hybrid.reports.render")
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "colour": _colour,
        "breakable": _breakable,
        "series": Chart.series,
        "lay_out": lay_out,
        "step": lambda model, value: (
            f"{'d' if model.diverging else 's'}{shade_step(model.share(value), model.diverging)}"
        ),
        "bare": _bare,
        "run": _run,
        "dashes": dashes,
        "file_name": _file_name,
        "csv_address": lambda model: data_address(csv_table(model), "text/csv"),
        "tick_text": lambda tick, ticks, unit: tick_text(
            unit * tick, unit * (ticks[1] - ticks[0]) if ticks[1:] else None
        ),
        "sentence": lambda text: f"{text[:1].upper()}{text[1:]}",
    }
    return environment


def _colour(place: int | None) -> str:
    """Return the class of a group's colour; after the last comes the first again."""
    return "" if place is None else f"c{place % len(LIGHT.series)}"


def data_address(text: str, form: str) -> str:
    """Return the address of a file that is in the page itself."""
    return f"data:{form};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def _tick_text(tick: float, ticks: Sequence[float], unit: float) -> str:
    """Write a number of an axis in a unit of so much."""
    return tick_text(unit * tick, unit * (ticks[1] - ticks[0]) if len(ticks) > 1 else None)


def _run(place: int | None) -> Any:
    """Return the attribute by which what is shown of a run is found; nothing for what is of none."""
    from markupsafe import Markup

    return "" if place is None else Markup(' data-run="{}"').format(place)


def _file_name(model: Model) -> str:
    """Return the name, without an ending, of the file that a model's numbers are saved to."""
    return re.sub(r"[^\w]+", "-", model.table().title).strip("-")[:80] or "numbers"


def _bare(entry: Entry) -> str:
    """Return what a table is sorted by."""
    return "" if entry.value is None else str(entry.value)


def _breakable(text: str) -> Any:
    """Allow a line to break after underscores and dashes, and not after a plus-minus sign."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[_–])", str(visible(text)).replace("± ", "±\N{NO-BREAK SPACE}"))
    return Markup("<wbr>").join(escape(part) for part in parts)
