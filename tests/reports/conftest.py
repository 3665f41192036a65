"""Fixtures of the reports' tests: tables as they are printed, and results to show."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.page.inputs import ReportRun, Sources, read_sources
from beir_hybrid.reports.page.outline import build_outline
from beir_hybrid.reports.page.page import render_page
from beir_hybrid.reports.render.terminal import show
from beir_hybrid.storage.files import write_json


@pytest.fixture(scope="session")
def text_of():
    """Print a table; with a colour system such as ``truecolor``, as on a terminal that has it."""

    def render(table, colours=None):
        stream = StringIO()
        styled = colours is not None
        show(table, screen=Console(file=stream, width=140, force_terminal=styled, color_system=colours))
        return stream.getvalue()

    return render


@pytest.fixture(scope="session")
def rows_of(text_of):
    """List the cells of a table below its header, a list for each printed row."""
    return lambda table: _cells_between("│", text_of(table))


@pytest.fixture(scope="session")
def header_of(text_of):
    """List the headings of a table."""
    return lambda table: _cells_between("┃", text_of(table))[0]


@pytest.fixture(scope="session")
def cells(rows_of):
    """Give the cells of the row that begins with a text, or with ``below`` those of the row under it."""

    def find(table, first, below=False):
        rows = rows_of(table)
        (place,) = [place for place, row in enumerate(rows) if row[0] == first]
        return rows[place + below][0 if below else 1 :]

    return find


def _cells_between(bar, text):
    lines = [line for line in text.splitlines() if line.startswith(bar)]
    return [[cell.strip() for cell in line.strip(bar).split(bar)] for line in lines]


@pytest.fixture(scope="session")
def make_results():
    """Build results of two languages' queries on corpora of three."""

    def make(cross=0.5, distance=12.0, **given):
        fields = {
            "dataset": "tiny",
            "model": "mine",
            "passage_text": "sentence",
            "languages": ("de", "en", "es"),
            "scores": {
                "mono": {"map": 0.75},
                "cross": {"map": cross},
                "multi": {"map": 0.25, "rank_distance": distance},
            },
            "settings": {
                "de": {"queries": 4, "map": 0.7},
                "en": {"queries": 4, "map": 0.8},
                "de-en": {"queries": 4, "map": 0.1},
                "de-es": {"queries": 4, "map": 0.2},
                "en-de": {"queries": 4, "map": 0.4},
                "en-es": {"queries": 4, "map": 0.6},
                "en-de+es": {"queries": 4, "map": 0.24, "rank_distance": 5.0},
                "de-all": {"queries": 4, "map": 0.3, "rank_distance": 10.0},
                "en-all": {"queries": 4, "map": 0.32, "rank_distance": 21.0},
            },
        }
        return Results(**{**fields, **given})

    return make


@pytest.fixture(scope="session")
def contents_of():
    """Build a report's contents from results by the name of their run."""

    def build(runs, **given):
        sources = Sources(tuple(ReportRun(name, Path(name), {one.dataset: one}) for name, one in runs.items()))
        return build_outline(sources, **given)

    return build


@pytest.fixture(scope="session")
def study_contents(make_study, tmp_path_factory):
    """The contents of a finished study: two strategies, two and three training languages, two seeds."""
    return build_outline(read_sources([make_study(tmp_path_factory.mktemp("study"), counts=(2, 3))]))


HOSTILE = "\"><img src=x onerror=alert(1)></title></svg></style><script>document.title='x'</script>&amp;\x00"


@pytest.fixture(scope="session")
def hostile():
    """A text that would run in a page that did not escape it."""
    return HOSTILE


@pytest.fixture(scope="session")
def hostile_page(make_study, tmp_path_factory):
    """The page of a study in whose every text somebody wrote what could run."""
    folder = tmp_path_factory.mktemp("hostile")
    make_study(folder, (HOSTILE, "hybrid"), seeds=(1,), name=HOSTILE, languages=("de", "en", "zh"), model=HOSTILE)
    study = json.loads((folder / "study.json").read_text())
    study |= {"question": HOSTILE, "answer": HOSTILE, "remarks": [HOSTILE]}
    for verdict in study["verdicts"]:
        verdict |= dict.fromkeys(("claim", "evaluation", "kind", "measure", "verdict", "sentence"), HOSTILE)
    write_json(folder / "study.json", study)
    for path in folder.glob("cells/*/cell.json"):
        write_json(path, {**json.loads(path.read_text()), "command": HOSTILE})
    for path in folder.glob("cells/*/cost.json"):
        write_json(path, {**json.loads(path.read_text()), "device": HOSTILE})
    for path in folder.glob("cells/*/batches.json"):
        content = json.loads(path.read_text())
        content["drawn"] |= {"kinds": {HOSTILE: 1}, "pairs": {f"{HOSTILE}-de": 3, "de-de": 1}}
        write_json(path, content)
    for path in folder.glob("cells/*/evaluations/*/results.json"):
        content = json.loads(path.read_text().replace('"zh', f'"{json.dumps(HOSTILE)[1:-1]}'))
        environment = {"versions": {HOSTILE: HOSTILE}, "device": HOSTILE, "seconds": {}}
        content |= {"dataset": HOSTILE, "passage_text": HOSTILE, "notes": [HOSTILE], "environment": environment}
        write_json(path, content)
    return render_page(build_outline(read_sources([folder]), title=HOSTILE))
