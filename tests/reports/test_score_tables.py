import csv
import re
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.render.terminal import show
from beir_hybrid.reports.render.text import csv_table, latex_table, markdown_table
from beir_hybrid.reports.score_tables import evaluation_table, language_table, settings_table


def values_of(row):
    """The entries of a row's measures, without its name and what only programs see."""
    return row.entries[3:]


@pytest.fixture
def part(contents_of, make_results_of):
    runs = {
        "low": make_results_of(dataset="xquad-r"),
        "high": make_results_of(dataset="xquad-r", lift=0.1, intervals={"scores": {"mono": {"map": [0.7, 0.9]}}}),
    }
    [part] = contents_of(runs, reference="paper").blocks
    return part


def test_the_main_table_has_one_measure_in_all_kinds_and_the_rank_distance(part):
    assert [(column.group, column.title, column.key, column.note) for column in part.summary.columns[3:]] == [
        ("Monolingual", "mAP ↑", "mono map", "3 settings"),
        ("Cross-lingual", "mAP ↑", "cross map", "6 settings"),
        ("Multilingual", "mAP ↑", "multi map", "3 settings"),
        ("Multilingual", "rank distance ↓", "multi rank_distance", "3 settings"),
    ]


def test_the_best_of_each_column_is_marked_by_its_direction(part):
    low, high, *_ = part.summary.rows
    assert [entry.marked for entry in values_of(low)] == [False, False, False, False]
    assert [entry.marked for entry in values_of(high)] == [True, True, True, True]  # its rank distance is the lower one


def test_published_results_are_marked_and_take_no_part_in_what_is_best(part):
    published = [row for row in part.summary.rows if row.source]
    hybrid = next(row for row in published if row.entries[0].value == "LaBSE, hybrid")
    written = [column.written(entry) for column, entry in zip(part.summary.columns, hybrid.entries, strict=True)]
    assert written[3:] == ["0.8167", "0.7672", "0.6817", "221.1"]
    assert "arXiv:2408.10536" in hybrid.source
    assert hybrid.place is None
    assert not any(entry.marked for row in published for entry in row.entries)


def test_intervals_and_spreads_stand_below(part, study_contents):
    _, high, *_ = part.summary.rows
    column = part.summary.columns[3]
    assert [column.below(entry) for entry in values_of(high)[:2]] == ["0.7000–0.9000", ""]
    assert column.below(high.entries[3], brief=True) == "70.0–90.0"
    row = study_contents.blocks[0].summary.rows[0]
    assert row.note == "mean of 2 seeds"
    assert column.below(row.entries[3]).startswith("± 0.0")


def test_one_run_is_not_the_best_of_anything(contents_of, make_results_of):
    [part] = contents_of({"only": make_results_of()}).blocks
    assert not any(entry.marked for row in part.summary.rows for entry in row.entries)


def test_all_measures_are_in_the_tables_by_kind(part):
    assert [table.title for table in part.full] == ["Monolingual", "Cross-lingual", "Multilingual"]
    measures = ["mono map", "mono recall@1", "mono recall@5", "mono recall@20"]
    assert [column.key for column in part.full[0].columns[3:]] == measures


def test_the_table_is_written_with_the_best_bold_and_published_ones_named(part):
    lines = markdown_table(part.summary).splitlines()
    assert lines[2].endswith("| Multilingual rank distance ↓ |")
    assert "**" not in lines[4] and lines[5].count("**") == 8
    assert lines[6].startswith("| XLM-R, X-X-mono (published) |")


def test_another_measure_can_lead(contents_of, make_results_of):
    [part] = contents_of({"only": make_results_of()}, measure="recall@5").blocks
    assert {column.key.split()[-1] for column in part.summary.columns[3:]} == {"recall@5", "rank_distance"}
    assert part.pairs[0].values[0][0] == make_results_of().settings["de"]["recall@5"]


def test_the_table_says_that_bold_is_no_test(part, contents_of, make_results_of):
    table = part.summary
    [note] = table.notes
    assert "which is not a test" in note
    assert r"\footnotesize Bold: the best mean" in latex_table(table)
    assert markdown_table(table).endswith(note)
    [alone] = contents_of({"only": make_results_of()}).blocks
    assert alone.summary.notes == ()


def test_a_table_for_programs_has_bare_numbers_with_deviations_apart(part, study_contents):
    rows = list(csv.DictReader(csv_table(part.summary).splitlines()))
    assert (rows[1]["run"], rows[1]["seeds"]) == ("high", "1")
    assert (float(rows[1]["mono map low"]), float(rows[1]["mono map high"])) == (0.7, 0.9)
    assert rows[0]["mono map low"] == ""
    assert "arXiv" in rows[2]["published"] and rows[2]["seeds"] == ""
    summary = study_contents.blocks[0].summary
    [first, *_] = csv.DictReader(csv_table(summary).splitlines())
    assert first["seeds"] == "2"
    assert float(first["mono map deviation"]) == pytest.approx(summary.rows[0].entries[3].spread, rel=1e-5)
    cost = list(csv.DictReader(csv_table(study_contents.cost).splitlines()))
    assert (float(cost[0]["tokens"]), cost[0]["runs"], float(cost[0]["tokens deviation"])) == (18_000.0, "2", 0.0)


def flat(text):
    return " ".join(text.split())


def test_the_score_table_has_a_row_per_kind(make_results, cells, header_of):
    table = evaluation_table(make_results())
    assert header_of(table) == ["setting", "settings", "mAP", "rank distance"]
    assert cells(table, "Monolingual") == ["2", "75.0", "-"]
    assert cells(table, "Cross-lingual") == ["4", "50.0", "-"]
    assert cells(table, "Multilingual") == ["3", "25.0", "12.0"]


def test_the_score_table_names_model_dataset_and_text(make_results, text_of):
    assert text_of(evaluation_table(make_results())).splitlines()[0].strip() == "mine on tiny (sentence)"


def test_markup_in_names_and_notes_is_shown_as_it_is(make_results, text_of):
    text = text_of(evaluation_table(make_results(model="run[bold]", dataset="[/x]", notes=("see [b]",))))
    assert text.splitlines()[0].strip() == "run[bold] on [/x] (sentence)"
    assert "see [b]" in text


def test_a_single_language_has_a_monolingual_row_alone(make_results, rows_of):
    alone = make_results(scores={"mono": {"map": 1.0}}, settings={"en": {"queries": 1, "map": 1.0}}, languages=("en",))
    assert rows_of(evaluation_table(alone)) == [["Monolingual", "1", "100.0"]]


def test_means_over_queries_are_told_where_settings_differ_in_their_queries(make_results, cells, rows_of):
    assert not any("over queries" in row[0] for row in rows_of(evaluation_table(make_results())))
    settings = {"de": {"queries": 1, "map": 0.2}, "en": {"queries": 3, "map": 0.6}}
    uneven = make_results(scores={"mono": {"map": 0.4}}, micro={"mono": {"map": 0.5}}, settings=settings)
    table = evaluation_table(uneven)
    assert cells(table, "Monolingual") == ["2", "40.0"]
    assert cells(table, "over queries") == ["", "50.0"]


def test_intervals_stand_below_their_means(make_results, cells, text_of):
    bounds = {"cross": {"map": [0.41, 0.62]}, "multi": {"map": [0.2, 0.3], "rank_distance": [9.96, 14.0]}}
    table = evaluation_table(make_results(intervals={"scores": bounds, "settings": {}}))
    assert cells(table, "Cross-lingual", below=True) == ["", "", "41.0–62.0", ""]
    assert cells(table, "Multilingual", below=True) == ["", "", "20.0–30.0", "10.0–14.0"]
    assert cells(table, "Monolingual", below=True)[0] == "Cross-lingual"  # no interval, no row
    assert "each setting counting once; below, 95 % intervals over questions" in flat(text_of(table))


def test_intervals_are_not_mentioned_where_there_are_none(make_results, text_of):
    text = flat(text_of(evaluation_table(make_results())))
    assert "means over settings, each setting counting once" in text
    assert "interval" not in text


def test_ties_are_told_by_kind_where_there_are_any(make_results, text_of):
    text = flat(text_of(evaluation_table(make_results(ties={"mono": 0.0, "cross": 0.125}))))
    assert "queries with a tie at a relevant passage: monolingual 0.0%, cross-lingual 12.5%" in text
    assert "tie" not in text_of(evaluation_table(make_results(ties={"mono": 0.0, "cross": 0.0}))).replace(
        "settings", ""
    )


def test_how_translations_are_linked_stands_below_the_scores(make_results, text_of):
    linked = {"rule": "equal ids", "linked": 8, "queries": 12}
    assert "translations are linked by equal ids after the language: 8 of 12 queries" in flat(
        text_of(evaluation_table(make_results(translations=linked)))
    )
    for none in ({}, linked | {"linked": 0}):  # a note says it
        assert "translations" not in text_of(evaluation_table(make_results(translations=none)))


def test_notes_stand_below_the_scores(make_results, text_of):
    lines = [
        line.strip() for line in text_of(evaluation_table(make_results(notes=("one note", "another")))).splitlines()
    ]
    assert lines[-2:] == ["one note", "another"]


def test_the_language_table_gives_means_over_a_languages_settings(make_results, cells, header_of):
    table = language_table(make_results())
    assert header_of(table) == ["language", "mono", "cross, as queries", "cross, as corpus", "multi"]
    # en: asked of de and es (0.4 and 0.6), searched by de (0.1), and in pools of two and of all (0.24 and 0.32)
    assert cells(table, "en") == ["80.0", "50.0", "10.0", "28.0"]
    assert cells(table, "de") == ["70.0", "15.0", "40.0", "30.0"]


def test_the_language_table_shows_a_dash_where_nothing_was_measured(make_results, cells):
    assert cells(language_table(make_results()), "es") == ["-", "-", "40.0", "-"]
    table = language_table(make_results(), "rank_distance")
    assert cells(table, "en") == ["-", "-", "-", "13.0"]
    assert cells(table, "es") == ["-", "-", "-", "-"]


def test_a_language_without_any_setting_has_no_row(make_results, rows_of):
    some = make_results(settings={"de": {"queries": 4, "map": 0.7}, "de-en": {"queries": 4, "map": 0.1}})
    assert [row[0] for row in rows_of(language_table(some))] == ["de", "en"]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_settings_of_a_script_are_whole_on_a_terminal(make_results_of, width):
    results = make_results_of(languages=("de", "en", "es", "th", "zh"))
    names = {name: printed(name).title for values in results.settings.values() for name in values if name != "queries"}
    screen = Console(file=StringIO(), width=width, force_terminal=True, no_color=True)
    show(settings_table(results, "tiny by setting", names), screen=screen)
    text = screen.file.getvalue()
    for values in results.settings.values():
        assert all(printed(name).brief(value) in text for name, value in values.items() if name != "queries")
    assert "…" not in text
    assert all(cell_len(re.sub(r"\x1b\[[0-9;]*m", "", line)) <= width for line in text.splitlines())
