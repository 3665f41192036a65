"""Fixtures of the reports' tests: tables as they are printed, and results to show."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from beir_hybrid.evaluation.results import Results


@pytest.fixture(scope="session")
def text_of():
    """Print a table; with a colour system such as ``truecolor``, as on a terminal that has it."""

    def render(table, colours=None):
        stream = StringIO()
        styled = colours is not None
        Console(file=stream, width=140, force_terminal=styled, color_system=colours).print(table)
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
