"""HTML and SVG: tables, heat maps, bars and curves as pieces of a page, through templates."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Entry, Table
from beir_hybrid.reports.models.words import visible
from beir_hybrid.reports.render.chart_layout import lay_out
from beir_hybrid.reports.render.palette import LIGHT, shade_step

if TYPE_CHECKING:
    from jinja2 import Environment


_MACROS = {Table: "data_table", HeatMap: "heat_map", Bars: "bar_rows", Dots: "dot_rows", Chart: "chart"}


def fragment(model: Table | HeatMap | Bars | Dots | Chart) -> str:
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
        "sentence": lambda text: f"{text[:1].upper()}{text[1:]}",
    }
    return environment


def _colour(place: int | None) -> str:
    """Return the class of a group's colour; after the last comes the first again."""
    return "" if place is None else f"c{place % len(LIGHT.series)}"


def _step(model: HeatMap, value: float) -> str:
    """Return the class of a shade."""
    return f"{'d' if model.diverging else 's'}{shade_step(model.share(value), model.diverging)}"


def _bare(entry: Entry) -> str:
    """Return what a table is sorted by."""
    return "" if entry.value is None else str(entry.value)


def _breakable(text: str) -> Any:
    """Allow a line to break after underscores and dashes, and not after a plus-minus sign."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[_–])", str(visible(text)).replace("± ", "±\N{NO-BREAK SPACE}"))
    return Markup("<wbr>").join(escape(part) for part in parts)
