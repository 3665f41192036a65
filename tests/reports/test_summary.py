import csv

import pytest

from beir_hybrid.reports.render.text import csv_table, latex_table, markdown_table


@pytest.fixture
def part(contents_of, make_results_of):
    runs = {
        "low": make_results_of(dataset="xquad-r"),
        "high": make_results_of(dataset="xquad-r", lift=0.1, intervals={"scores": {"mono": {"map": [0.7, 0.9]}}}),
    }
    [part] = contents_of(runs, reference="paper").blocks
    return part


def test_the_main_table_has_one_measure_in_all_kinds_and_the_rank_distance(part):
    found = [(column.kind, column.measure, column.arrow, column.settings) for column in part.summary.columns]
    assert found == [
        ("mono", "map", "↑", 3),
        ("cross", "map", "↑", 6),
        ("multi", "map", "↑", 3),
        ("multi", "rank_distance", "↓", 3),
    ]


def test_the_best_of_each_column_is_marked_by_its_direction(part):
    low, high, *_ = part.summary.rows
    assert [value.best for value in low.values] == [False, False, False, False]
    assert [value.best for value in high.values] == [True, True, True, True]  # its rank distance is the lower one


def test_published_results_are_marked_and_take_no_part_in_what_is_best(part):
    published = [row for row in part.summary.rows if row.source]
    hybrid = next(row for row in published if row.name == "LaBSE, hybrid")
    assert [value.text for value in hybrid.values] == ["0.8167", "0.7672", "0.6817", "221.1"]
    assert "arXiv:2408.10536" in hybrid.source
    assert hybrid.place is None
    assert not any(value.best for row in published for value in row.values)


def test_intervals_and_spreads_stand_below(part, study_contents):
    _, high, *_ = part.summary.rows
    assert high.values[0].below == "0.7000–0.9000"
    assert high.values[1].below == ""
    row = study_contents.blocks[0].summary.rows[0]
    assert row.seeds == 2
    assert row.values[0].below.startswith("± 0.0")


def test_one_run_is_not_the_best_of_anything(contents_of, make_results_of):
    [part] = contents_of({"only": make_results_of()}).blocks
    assert not any(value.best for row in part.summary.rows for value in row.values)


def test_all_measures_are_in_the_tables_by_kind(part):
    assert [table.columns[0].kind for table in part.full] == ["mono", "cross", "multi"]
    assert [column.measure for column in part.full[0].columns] == ["map", "recall@1", "recall@5", "recall@20"]


def test_the_table_is_written_with_the_best_bold_and_published_ones_named(part):
    table = part.summary.text_table()
    assert table.headings[-1] == "multi rank_distance ↓"
    assert {row for row, _ in table.bold} == {1}
    assert table.rows[2][0] == "XLM-R, X-X-mono (published)"


def test_another_measure_can_lead(contents_of, make_results_of):
    [part] = contents_of({"only": make_results_of()}, measure="recall@5").blocks
    assert {column.measure for column in part.summary.columns} == {"recall@5", "rank_distance"}
    assert part.pairs[0].values[0][0] == make_results_of().settings["de"]["recall@5"]


def test_the_table_says_that_bold_is_no_test(part, contents_of, make_results_of):
    table = part.summary.text_table()
    assert "which is not a test" in table.note
    assert r"\footnotesize Bold: the best mean" in latex_table(table)
    assert markdown_table(table).endswith(table.note)
    [alone] = contents_of({"only": make_results_of()}).blocks
    assert alone.summary.text_table().note == ""


def test_a_table_for_programs_has_bare_numbers_with_deviations_apart(part, study_contents):
    rows = list(csv.DictReader(csv_table(part.summary.text_table()).splitlines()))
    assert (rows[1]["run"], rows[1]["seeds"]) == ("high", "1")
    assert (float(rows[1]["mono map low"]), float(rows[1]["mono map high"])) == (0.7, 0.9)
    assert rows[0]["mono map low"] == ""
    assert "arXiv" in rows[2]["published"] and rows[2]["seeds"] == ""
    summary = study_contents.blocks[0].summary
    [first, *_] = csv.DictReader(csv_table(summary.text_table()).splitlines())
    assert first["seeds"] == "2"
    assert float(first["mono map deviation"]) == pytest.approx(summary.rows[0].values[0].score.spread, rel=1e-5)
    cost = list(csv.DictReader(csv_table(study_contents.cost).splitlines()))
    assert (float(cost[0]["tokens"]), cost[0]["runs"], float(cost[0]["tokens deviation"])) == (18_000.0, "2", 0.0)
