"""Page: a report as one file of HTML that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import beir_hybrid
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.words import visible
from beir_hybrid.reports.page.commands import command_lines
from beir_hybrid.reports.page.outline import Contents
from beir_hybrid.reports.render.palette import DARK, LIGHT
from beir_hybrid.reports.study_statistics import statistics_table
from beir_hybrid.reports.summary import TITLES
from beir_hybrid.reports.verdict_rows import strips_of

if TYPE_CHECKING:
    from jinja2 import Environment


_TEMPLATES = "templates"


def render_page(contents: Contents) -> str:
    """Write a report as a page: all content static, every text from data escaped.

    The page's own security policy lets no script run but the one that sorts its tables, so that even a text which
    found its way around the escaping would do nothing.
    """
    script = (files("beir_hybrid.reports.page") / _TEMPLATES / "sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            contents=contents,
            lead=_lead(contents),
            light=LIGHT,
            dark=DARK,
            kinds=TITLES,
            strips_of=strips_of,
            statistics_table=statistics_table,
            script=script,
            script_hash=digest,
            version=beir_hybrid.__version__,
        )
    )


@cache
def _environment() -> Environment:
    """Return Jinja with our filters, once: it compiles each template when it is first used."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("beir_hybrid.reports.page", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"colour": _colour, "lines": command_lines, "breakable": _breakable, "series": Chart.series}
    return environment


def _lead(contents: Contents) -> str:
    evaluated = [[run for run in group.runs if run.evaluations] for group in contents.groups]
    groups = [runs for runs in evaluated if runs] or [list(group.runs) for group in contents.groups]
    count = sum(map(len, groups))
    seeds = f", in {len(groups)} groups of runs that differ in their seeds alone," if len(groups) < count else ""
    where = list(dict.fromkeys(part.block.title for part in contents.blocks))
    told = f"{count} run{'s' * (count != 1)}{seeds}" + (f" evaluated on {', '.join(where)}" if where else "")
    rest = sum(len(group.runs) for group in contents.groups) - count
    trained = f"; {rest} more only trained" if rest else ""
    missing = sum(failure.cells for failure in contents.failures)
    failed = f"; {missing} more {'have' if missing > 1 else 'has'} no results" if missing else ""
    parts = sum(failure.cells == 0 for failure in contents.failures)
    damaged = f"; {parts} evaluation{'s are' if parts > 1 else ' is'} damaged" if parts else ""
    return f"{told}{trained}{failed}{damaged}."


def _colour(place: int | None) -> str:
    """Give the class of a group's colour; after the last comes the first again."""
    return "" if place is None else f"c{place % len(LIGHT.series)}"


def _breakable(text: str) -> Any:
    """Allow a line to break after underscores and dashes, and not after a plus-minus sign."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[_–])", str(visible(text)).replace("± ", "±\N{NO-BREAK SPACE}"))
    return Markup("<wbr>").join(escape(part) for part in parts)
