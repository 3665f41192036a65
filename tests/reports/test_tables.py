from __future__ import annotations

import re
from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from beir_hybrid.batching.summary import DrawSummary
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports import tables


def text_of(table, styled=False):
    stream = StringIO()
    Console(file=stream, width=140, force_terminal=styled, color_system="standard" if styled else None).print(table)
    return stream.getvalue()


def cells(table, first):
    """The cells of the row that begins with a text."""
    lines = text_of(table).replace("┃", "│").splitlines()
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    (row,) = [row for row in rows if row[0] == first]
    return row[1:]


def bold_values(table):
    """The values in bold, the header's apart."""
    bold = re.findall(r"\x1b\[1m([^\x1b]*)\x1b\[0m", text_of(table, styled=True))
    return [value.strip() for value in bold if re.fullmatch(r" *[0-9.]+ *", value)]


def results(cross=0.5, distance=12.0):
    return Results(
        dataset="tiny",
        model="mine",
        passage_text="sentence",
        languages=("de", "en", "es"),
        scores={"mono": {"map": 0.75}, "cross": {"map": cross}, "multi": {"map": 0.25, "rank_distance": distance}},
        settings={
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
    )


def test_the_score_table_has_a_row_per_kind():
    table = tables.score_table(results())
    assert cells(table, "setting") == ["settings", "map", "rank_distance"]
    assert cells(table, "monolingual") == ["2", "0.7500", "-"]
    assert cells(table, "cross-lingual") == ["4", "0.5000", "-"]
    assert cells(table, "multilingual") == ["3", "0.2500", "12.0"]


def test_the_score_table_names_model_dataset_and_text():
    assert text_of(tables.score_table(results())).splitlines()[0].strip() == "mine on tiny (sentence)"


def test_a_single_language_has_a_monolingual_row_alone():
    alone = Results("d", "m", "text", ("en",), {"mono": {"map": 1.0}}, {"en": {"queries": 1, "map": 1.0}})
    text = text_of(tables.score_table(alone))
    assert "monolingual" in text
    assert "cross-lingual" not in text
    assert "multilingual" not in text


def test_the_language_table_gives_means_over_a_languages_settings():
    table = tables.language_table(results())
    assert cells(table, "language") == ["mono", "cross, as queries", "cross, as corpus", "multi"]
    # en: asked of de and es (0.4 and 0.6), searched by de (0.1), and in pools of two and of all (0.24 and 0.32)
    assert cells(table, "en") == ["0.8000", "0.5000", "0.1000", "0.2800"]
    assert cells(table, "de") == ["0.7000", "0.1500", "0.4000", "0.3000"]


def test_the_language_table_shows_a_dash_where_nothing_was_measured():
    assert cells(tables.language_table(results()), "es") == ["-", "-", "0.4000", "-"]
    table = tables.language_table(results(), "rank_distance")
    assert cells(table, "en") == ["-", "-", "-", "13.0"]
    assert cells(table, "es") == ["-", "-", "-", "-"]


COLUMNS = [("mono", "map"), ("cross", "map"), ("multi", "rank_distance")]


def test_the_comparison_has_a_row_per_run():
    runs = {"x-x-mono": results(0.125, 90.0), "hybrid": results(0.5, 12.25)}
    table = tables.comparison_table(runs, COLUMNS)
    assert cells(table, "x-x-mono") == ["0.7500", "0.1250", "90.0"]
    assert cells(table, "hybrid") == ["0.7500", "0.5000", "12.2"]


@pytest.mark.parametrize(
    ("first", "second", "bold"),
    [
        pytest.param(results(0.125, 90.0), results(0.5, 12.0), ["0.5000", "12.0"], id="higher-map-lower-distance"),
        pytest.param(results(0.125, 12.0), results(0.5, 90.0), ["12.0", "0.5000"], id="one-best-each"),
        pytest.param(results(0.5, 12.0), results(0.125, 90.0), ["0.5000", "12.0"], id="the-other-order"),
    ],
)
def test_the_best_value_of_each_column_is_bold(first, second, bold):
    assert bold_values(tables.comparison_table({"a": first, "b": second}, COLUMNS[1:])) == bold


def test_equal_best_values_are_all_bold():
    table = tables.comparison_table({"a": results(), "b": results()}, COLUMNS)
    assert bold_values(table) == ["0.7500", "0.5000", "12.0"] * 2


def test_the_draw_table_counts_examples_by_languages():
    drawn = DrawSummary(
        strategy="Hybrid(alpha=0.5)",
        batches=8,
        kinds=Counter({"mono": 5, "cross": 3}),
        pairs=Counter({("de", "de"): 30, ("de", "en"): 18, ("en", "en"): 16}),
        replaced=2,
    )
    table = tables.draw_table(drawn)
    assert cells(table, "question \\ passage") == ["de", "en"]
    assert cells(table, "de") == ["30", "18"]
    assert cells(table, "en") == ["0", "16"]
    text = " ".join(text_of(table).split())
    assert "Examples drawn by Hybrid(alpha=0.5)" in text
    assert "cross 37.5%, mono 62.5%; 2 false negatives avoided" in text


def test_tables_are_wide_where_output_is_no_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("TTY_INTERACTIVE", raising=False)
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    assert tables.console().width == 140  # the test's own output is captured


def test_a_terminal_keeps_its_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert tables.console().width == 40
