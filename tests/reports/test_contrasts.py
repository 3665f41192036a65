from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.evaluation.statistics.comparison import Comparison, Contrast
from beir_hybrid.reports.contrasts import (
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    check_file,
    contrast_tables,
    remarks,
    write_comparison,
)
from beir_hybrid.reports.render.terminal import show

FIRST = Contrast(
    run="my_run",
    kind="mono",
    setting=None,
    measure="map",
    settings=11,
    queries=13090,
    groups=1190,
    mean=0.75,
    baseline=0.5,
    difference=0.25,
    interval=(0.125, 0.375),
    p=0.00001,
    holm=0.00002,
    effect=0.5,
    verdict="better",
)
SECOND = replace(
    FIRST, kind="multi", measure="rank_distance", mean=280.0, baseline=286.6, difference=-6.6, interval=(-20.0, 7.0)
)
SECOND = replace(SECOND, p=0.25, holm=0.5, verdict="not shown", settings=1)
THIRD = replace(FIRST, setting="en", interval=None, effect=None, p=1.0, holm=1.0, verdict="not shown", settings=1)
FOUND = Comparison(
    baseline="base",
    models={"base": "m0", "my_run": "m1"},
    kinds=(FIRST, SECOND),
    settings=(THIRD,),
    excluded={"odd": "other languages"},
    skipped=("Something is left out.",),
    notes=("Made so.",),
)


def text_of(*tables, styled=False):
    stream = io.StringIO()
    console = Console(file=stream, width=160, force_terminal=styled, color_system="standard" if styled else None)
    show(*tables, screen=console)
    return stream.getvalue()


def cells(text, number):
    lines = [line for line in text.splitlines() if line.startswith("│")]
    return [cell.strip() for cell in lines[number].strip("│").split("│")]


def test_each_kind_has_a_table_and_its_settings_below():
    text = text_of(*contrast_tables(FOUND))
    titles = [line.strip() for line in text.splitlines() if "against" in line]
    assert titles == [
        "Monolingual, mean of 11 settings, 1,190 questions, my_run against base",
        "Monolingual, by setting, 1,190 questions, my_run against base",
        "Multilingual, mean of 1 setting, 1,190 questions, my_run against base",
    ]
    assert cells(text, 0) == [
        "mAP", "my_run", "75.0", "50.0", "+25.0", "[+12.5, +37.5]", "<0.0001", "<0.0001", "+0.50", "1,190", "better",
    ]  # fmt: skip
    assert cells(text, 1)[:7] == ["en", "mAP", "my_run", "75.0", "50.0", "+25.0", "-"]
    assert cells(text, 2)[2:8] == ["280.0", "286.6", "-6.6", "[-20.0, +7.0]", "0.2500", "0.5000"]


def test_what_is_shown_is_bold_and_nothing_else():
    mono, _, multi = (text_of(table, styled=True) for table in contrast_tables(FOUND))
    assert "\x1b[1mmAP" in mono
    assert "\x1b[1mrank distance" not in multi
    assert "not shown" in multi


def test_markup_in_names_is_shown_as_it_is():
    table = contrast_tables(replace(FOUND, kinds=(replace(FIRST, run="[red]a"),), settings=(), baseline="[b]"))
    assert "[red]a" in text_of(*table)
    assert "against [b]" in text_of(*table)


def test_remarks_name_the_excluded_first():
    assert remarks(FOUND) == [
        "odd cannot be compared with base: other languages.",
        "Something is left out.",
        "Made so.",
    ]


def test_csv_has_every_contrast_with_all_digits():
    first, second, third = csv.DictReader(io.StringIO(as_csv(FOUND)))
    assert (first["low"], first["high"], first["p"], first["setting"]) == ("0.125", "0.375", "1e-05", "")
    assert second["measure"] == "rank_distance"
    assert (third["setting"], third["low"], third["effect"]) == ("en", "", "")


def test_markdown_has_tables_with_bold_rows_and_the_remarks():
    text = as_markdown(replace(FOUND, kinds=(replace(FIRST, run="a|b"),)))
    assert (
        "## Monolingual, mean of 11 settings, 1,190 questions, a\\|b against base\n\n| measure | run | mean |" in text
    )
    assert "| **map** | **a\\|b** | **0.7500** |" in text
    assert "| en | map | my_run | 0.7500 |" in text
    assert text.endswith("- Something is left out.\n- Made so.\n")


def test_latex_has_one_tabular_each_and_no_bare_special_letters():
    text = as_latex(FOUND)
    assert text.count(r"\begin{tabular}{llrrrrrrrrl}") == 2
    assert text.count(r"\begin{tabular}{lllrrrrrrrrl}") == 1
    assert r"\textbf{map} & \textbf{my\_run} & \textbf{0.7500}" in text
    assert r"95 \% interval" in text
    assert r"\textbf{$<$0.0001}" in text


@pytest.mark.parametrize(
    ("suffix", "start"), [(".json", "{"), (".csv", "run,kind,"), (".md", "## Mono"), (".tex", r"\begin{table*}")]
)
def test_the_files_name_decides_the_format(tmp_path, suffix, start):
    path = tmp_path / "new" / f"found{suffix}"
    check_file(path, overwrite=False)
    write_comparison(FOUND, path)
    assert path.read_text("utf-8").startswith(start)


def test_json_has_everything():
    content = json.loads(as_json(FOUND))
    assert content["excluded"] == {"odd": "other languages"}
    assert content["kinds"][0]["interval"] == [0.125, 0.375]


def test_files_that_cannot_be_written_are_refused_at_once(tmp_path):
    (tmp_path / "a.md").touch()
    (tmp_path / "b.md").mkdir()
    check_file(None, overwrite=False)
    check_file(tmp_path / "a.md", overwrite=True)
    with pytest.raises(ConfigurationError, match=r"ends in '.txt'. End it in .json or .csv or .md or .tex."):
        check_file(tmp_path / "a.txt", overwrite=False)
    with pytest.raises(OutputError, match=r"a\.md exists"):
        check_file(tmp_path / "a.md", overwrite=False)
    with pytest.raises(OutputError, match=r"b\.md is a folder"):
        check_file(tmp_path / "b.md", overwrite=True)
