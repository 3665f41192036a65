"""Page: a report as one file of HTML that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files

import beir_hybrid
from beir_hybrid.errors import plural
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.models.words import KIND_TITLES, chance
from beir_hybrid.reports.page.commands import command_lines
from beir_hybrid.reports.page.outline import Outline
from beir_hybrid.reports.render.html import data_address, environment
from beir_hybrid.reports.render.palette import DARK, LIGHT
from beir_hybrid.reports.study_tables import reproduction_table, statistics_table
from beir_hybrid.reports.verdict_rows import claim_rows, strips_of, verdict_table
from beir_hybrid.studies.cell import versus
from beir_hybrid.studies.expected import reproduced


def render_page(contents: Outline) -> str:
    """Write a report as a page: all content static, every text from data escaped.

    The page's own security policy lets no script run but the one that sorts its tables and leaves out runs,
    so that even a text which got around the escaping would do nothing.
    """
    script = (files("beir_hybrid.reports.page") / "templates" / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            contents=contents,
            lead=_lead(contents),
            light=LIGHT,
            dark=DARK,
            kinds=KIND_TITLES,
            title_of=lambda measure: printed(measure).title,
            command_lines=command_lines,
            strips_of=strips_of,
            chance=chance,
            versus=versus,
            statistics_table=statistics_table,
            reproduced=reproduced,
            reproduction_table=reproduction_table,
            verdict_table=verdict_table,
            claims_of=claim_rows,
            data_address=data_address(_scores(contents), "application/json"),
            script=script,
            script_hash=digest,
            version=beir_hybrid.__version__,
        )
    )


def _scores(contents: Outline) -> str:
    """Write the scores of every run, by kind of setting and by setting."""
    runs = {
        run.name: {name: {"scores": one.scores, "settings": one.settings} for name, one in run.evaluations.items()}
        for group in contents.groups
        for run in group.runs
    }
    return json.dumps({"schema": 1, "runs": runs}, ensure_ascii=False)


def _lead(contents: Outline) -> str:
    evaluated = [[run for run in group.runs if run.evaluations] for group in contents.groups]
    groups = [runs for runs in evaluated if runs] or [list(group.runs) for group in contents.groups]
    count = sum(map(len, groups))
    seeds = f", in {len(groups)} groups of runs that differ in their seeds alone," if len(groups) < count else ""
    where = list(dict.fromkeys(part.block.title for part in contents.blocks))
    shown = f"{plural(count, 'run')}{seeds}" + (f" evaluated on {', '.join(where)}" if where else "")
    rest = sum(len(group.runs) for group in contents.groups) - count
    trained = f"; {rest} more only trained" if rest else ""
    missing = sum(part.cells for part in contents.failures)
    failed = f"; {missing} more {'have' if missing > 1 else 'has'} no results" if missing else ""
    parts = sum(part.cells == 0 for part in contents.failures)
    damaged = f"; {parts} evaluation{'s are' if parts > 1 else ' is'} damaged" if parts else ""
    return f"{shown}{trained}{failed}{damaged}."
