import re
from io import StringIO

import pytest
from rich.console import Console

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import IN_TITLE, Column, make_table
from beir_hybrid.reports.render.terminal import console, show

MAP = printed("map")


def lines(model, width, colours=None):
    stream = StringIO()
    screen = Console(file=stream, width=width, force_terminal=True, color_system=colours, no_color=colours is None)
    show(model, screen=screen)
    return stream.getvalue()


def wide(**given):
    columns = [Column(f"measure {number}", MAP, **given) for number in range(6)]
    return make_table("t", ["run", *columns], [["x/" * 20, *[0.25] * 6]])


def test_long_names_are_broken_before_a_table_is():
    text = lines(wide(), 100)
    assert text.count("run") == 1
    assert text.count("25.0") == 6


def test_table_that_is_too_wide_is_printed_in_parts_with_the_names_repeated():
    text = lines(wide(), 50)
    assert text.count("run") == 2
    assert text.count("25.0") == 6
    assert all(text.count(f"measure {number}") == 1 for number in range(6))


def test_columns_of_a_group_stay_together():
    columns = [Column(name, MAP, group=group) for group in ("Mono", "Multi") for name in ("mAP", "recall@10")]
    parts = lines(make_table("t", ["run", *columns], [["a", *[0.25] * 4]]), 35).split("run")
    assert [("Mono" in part, "Multi" in part) for part in parts[:2]] == [(True, False), (False, True)]


def test_columns_that_can_be_done_without_are_left_out_and_named():
    columns = [Column("mAP", MAP), Column("a long heading", leave_out=1), Column("told above", leave_out=IN_TITLE)]
    table = make_table("t", ["run", *columns], [["a", 0.25, 7, 8]])
    assert "left out" not in lines(table, 60)
    text = lines(table, 16)
    assert "25.0" in text and "a long heading" not in text.splitlines()[1]
    assert "narrow: a long" in " ".join(text.split()) and "told above" not in text


@pytest.mark.parametrize(("width", "blocks"), [(80, 1), (40, 2)])
def test_heat_map_is_printed_in_parts_of_whole_cells(width, blocks):
    codes = tuple(f"l{number:02}" for number in range(12))
    model = HeatMap("t", "n", codes, codes, (((0.25,) * 12),) * 12, MAP)
    text = lines(model, width)
    assert text.count("25.0") == 144
    assert sum(line.startswith("l00") for line in text.splitlines()) == blocks


def test_values_are_shaded_on_a_terminal_and_marked_ones_bold():
    model = HeatMap("t", "n", ("de",), ("de", "en"), ((0.25, 0.75),), MAP, marked=frozenset({(0, 1)}))
    text = lines(model, 80, "truecolor")
    # in whichever colours the style was first shown: rich keeps its codes
    assert re.search(r"\x1b\[[\d;]*(?:48;2;[\d;]+|4[0-7]|10[0-7])m", text[: text.index("25.0")])
    assert "\x1b[1;" in text[text.index("25.0") : text.index("75.0")]


def test_lines_are_whole_where_output_is_no_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for name in ("FORCE_COLOR", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    assert console().width > 10_000


def test_a_terminal_keeps_its_width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert console().width == 40
