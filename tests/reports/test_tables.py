from __future__ import annotations

import re
from collections import Counter

import pytest
from rich.table import Table

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.reports import tables

COLUMNS = [("mono", "map"), ("cross", "map"), ("multi", "rank_distance")]


@pytest.fixture
def bold_values(text_of):
    """Find the values in bold, the header's apart."""

    def find(table):
        bold = re.findall(r"\x1b\[1m([^\x1b]*)\x1b\[0m", text_of(table, "standard"))
        return [value.strip() for value in bold if re.fullmatch(r" *[0-9.]+ *", value)]

    return find


def test_the_comparison_has_a_row_per_run(make_results, cells):
    runs = {"x-x-mono": make_results(0.125, 90.0), "hybrid": make_results(0.5, 12.25)}
    table = tables.comparison_table(runs, COLUMNS)
    assert cells(table, "x-x-mono") == ["0.7500", "0.1250", "90.0"]
    assert cells(table, "hybrid") == ["0.7500", "0.5000", "12.2"]


@pytest.mark.parametrize(
    ("first", "second", "bold"),
    [
        pytest.param((0.125, 90.0), (0.5, 12.0), ["0.5000", "12.0"], id="higher-map-lower-distance"),
        pytest.param((0.125, 12.0), (0.5, 90.0), ["12.0", "0.5000"], id="one-best-each"),
        pytest.param((0.5, 12.0), (0.125, 90.0), ["0.5000", "12.0"], id="the-other-order"),
    ],
)
def test_the_best_value_of_each_column_is_bold(make_results, bold_values, first, second, bold):
    runs = {"a": make_results(*first), "b": make_results(*second)}
    assert bold_values(tables.comparison_table(runs, COLUMNS[1:])) == bold


def test_equal_best_values_are_all_bold(make_results, bold_values):
    table = tables.comparison_table({"a": make_results(), "b": make_results()}, COLUMNS)
    assert bold_values(table) == ["0.7500", "0.5000", "12.0"] * 2


def test_the_draw_table_counts_examples_by_languages(text_of, header_of, cells):
    drawn = DrawSummary(
        strategy="Hybrid(alpha=0.5)",
        batches=8,
        kinds=Counter({"mono": 5, "cross": 3}),
        pairs=Counter({("de", "de"): 30, ("de", "en"): 18, ("en", "en"): 16}),
        replaced=2,
    )
    table = tables.draw_table(drawn)
    assert header_of(table) == ["question \\ passage", "de", "en"]
    assert cells(table, "de") == ["30", "18"]
    assert cells(table, "en") == ["0", "16"]
    text = " ".join(text_of(table).split())
    assert "Examples drawn by Hybrid(alpha=0.5)" in text
    assert "cross 37.5%, mono 62.5%; 2 false negatives avoided" in text
    assert "repeated" not in text
    assert "left out" not in text


def test_the_draw_table_tells_avoided_and_kept_false_negatives_apart(text_of):
    drawn = DrawSummary("x-y", 1, Counter({"x-y": 1}), replaced=2, repeated=3, left_out=5)
    text = " ".join(text_of(tables.draw_table(drawn)).split())
    assert "2 false negatives avoided, 3 answers repeated, 5 hard negatives left out" in text


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("map", 0.12345, "0.1235"),
        ("ndcg@10", 1.0, "1.0000"),
        ("rank_distance", 43.44, "43.4"),
        ("rank_distance@1000", 0.06, "0.1"),
        ("map", None, "-"),
        ("rank_distance", None, "-"),
    ],
)
def test_numbers_have_the_digits_of_their_measure(measure, value, text):
    assert tables.number(measure, value) == text


@pytest.fixture
def no_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for name in ("FORCE_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def test_tables_are_wide_where_output_is_no_terminal(no_terminal):
    assert tables.console().width == 140  # the test's own output is captured


def test_a_file_is_as_wide_as_its_widest_table(no_terminal):
    names = [f"measure_with_a_long_name@{number}" for number in range(1, 9)]
    # a column: its name, a blank on either side, and the line beside it
    assert tables.console(Table("a"), Table(*names)).width == sum(len(name) + 3 for name in names) + 1


def test_a_terminal_keeps_its_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert tables.console().width == 40
