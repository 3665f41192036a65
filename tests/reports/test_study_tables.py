import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from beir_hybrid.document import Document
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.render.terminal import say, show
from beir_hybrid.reports.study_progress import StudyProgress, checking
from beir_hybrid.reports.study_tables import (
    answer_lines,
    grid_table,
    plan_lines,
    statistics_table,
    study_tables,
)
from beir_hybrid.studies.answer import Answer
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.record import CellCost, Failure, StudyRecord, StudySummary
from beir_hybrid.studies.study import Study, parse_study
from beir_hybrid.studies.study_folder import StudyFolder
from beir_hybrid.studies.verdict import Verdict
from beir_hybrid.training.request import TrainingRequest

HOSTILE = "[red]x[/red]"


def text(*shown, terminal=False):
    screen = Console(file=io.StringIO(), width=160, force_terminal=terminal)
    for each in shown:
        (show if isinstance(each, Table) else say)(each, screen=screen)
    return screen.file.getvalue()


@pytest.fixture
def study() -> Study:
    content = {
        "name": HOSTILE,
        "question": f"Is {HOSTILE} better?",
        "train": {"train_data": "sample"},
        "grid": {"strategy": ["x-y", HOSTILE], "seed": [1, 2]},
        "evaluate": [{"dataset": "sample"}],
        "claims": [
            {
                "claim": "c",
                "run": {"strategy": HOSTILE},
                "baseline": {"strategy": "x-y"},
                "measure": "map",
                "kind": "mono",
            }
        ],
        "show": ["mean", "worst", "spread", "seen", "unseen"],
    }
    return parse_study(Document("a.yaml", content))


def summary(strategy, mean, kind="mono", measure="map", **given):
    values = {"deviation": 0.01, "worst": mean - 0.1, "worst_setting": "th", "spread": mean / 10, "seen": mean}
    return StudySummary({"strategy": strategy}, "sample", kind, measure, 2, mean, **{**values, "unseen": None, **given})


@pytest.fixture
def answer() -> Answer:
    rows = (
        summary("x-y", 0.4),
        summary("x-y", 0.2, "cross"),
        summary("x-y", 50.0, "multi", "rank_distance"),
        summary(HOSTILE, 0.5),
        summary(HOSTILE, 0.1, "cross"),
        summary(HOSTILE, 70.0, "multi", "rank_distance"),
    )
    sides = ({"strategy": HOSTILE}, {"strategy": "x-y"})
    numbers = (2, 0.5, 0.4, 0.1, (0.1, 0.1), (0.05, 0.15), 0.001, 0.002, 0.4)
    verdicts = (
        Verdict("c", "sample", "mono", "map", *sides, *numbers, "better", f"{HOSTILE} is better."),
        Verdict("c", "sample", "cross", "map", *sides, *numbers, "not shown", "Not shown that they differ."),
    )
    seconds = {"train": 125.0, "evaluate": 4.0}
    cost = CellCost(seconds, steps=60, examples=3840, tokens=1234567, peak_memory_bytes=3 * 2**20)
    question, remarks = f"Is {HOSTILE} better?", ("A remark.",)
    record = StudyRecord(
        question=question, verdicts=verdicts, answer="Of 2 comparisons: ...", summary=rows, remarks=remarks
    )
    return Answer(record, {"x-y": [cost]})


def test_tables_have_what_the_study_shows_of_what_it_claims(study, answer):
    titles = [str(table.title) for table in study_tables(study, answer)]
    assert [title.split(":")[0] for title in titles[:4]] == ["sample"] * 4  # none unseen
    assert [title.split(": ")[1].split(";")[0].split(",")[0] for title in titles[:4]] == [
        "means over settings and seeds",
        "the worst setting",
        "standard deviation over settings",
        "means over settings of languages trained on",
    ]
    shown = text(study_tables(study, answer)[0])
    assert "± 1.0" in shown
    assert "rank distance" not in shown  # no claim is about it
    assert HOSTILE in shown


def test_measures_that_an_evaluation_names_are_shown_beside_those_that_claims_are_about(study, answer):
    [trial] = study.trials
    named = replace(study, trials=(replace(trial, measures=("map", "rank_distance")),))
    assert "rank distance" in text(study_tables(named, answer)[0])


def test_best_values_are_bold(study, answer):
    mean, worst, spread, *_ = (text(table, terminal=True) for table in study_tables(study, answer))
    assert re.search(r"\x1b\[1m *50\.0", mean)
    assert not re.search(r"\x1b\[1m *40\.0", mean)
    assert re.search(r"\x1b\[1m *40\.0", worst)
    assert not re.search(r"\x1b\[1m *[45]\.0", spread)  # the smallest may be that of a model that finds nothing
    assert "bold" not in spread


def test_means_over_languages_tell_of_how_many_settings_and_are_ranked_over_the_same_only(study, answer):
    def seen(strategy, mean, count, *languages):
        return summary(strategy, mean, seen_settings=count, seen_languages=languages)

    rows = (seen("x-y", 0.6, 2, "en", "de"), seen("a", 0.3, 3, "en", "de", "es"), seen("b", 0.4, 3, "en", "de", "es"))
    tables = study_tables(
        study, replace(answer, record=replace(answer.record, summary=(*rows, seen("c", 0.5, 3, "en", "de", "ru"))))
    )
    shown = text(tables[3], terminal=True)
    assert re.search(r"\x1b\[1m *40\.0", shown)
    for other in ("60.0", "30.0", "50.0"):
        assert not re.search(rf"\x1b\[1m *{re.escape(other)}", shown)
    assert "60.0 of 2" in text(tables[3])
    assert "40.0 of 3" in text(tables[3])


def test_one_cell_is_one_cell(study, tmp_path):
    shown = text(*plan_lines(StudyFolder(tmp_path, study, [cell("x-y")]), [], 1))
    assert shown.startswith("1 cell: 0 finished, 1 to do.")


def test_without_claims_every_measure_is_shown(study, answer):
    shown = text(*study_tables(replace(study, claims=()), answer))
    assert "rank distance" in shown
    assert "Cross-lingual" in shown


def test_costs_are_told_in_units(study, answer):
    shown = text(study_tables(study, answer)[-1])
    row = next(line for line in shown.splitlines() if "x-y" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        *("x-y", "60", "3,840", "1,234,567", "2 min 5 s", "4 s", "3 MiB")
    ]


def test_verdicts_follow_the_question_under_their_claim(answer):
    lines = text(*answer_lines(answer)).splitlines()
    assert lines == [
        f"Is {HOSTILE} better?",
        "Of 2 comparisons: ...",
        "c:",
        f"- {HOSTILE} is better.",
        "- Not shown that they differ.",
        "A remark.",
    ]
    assert "\x1b[1m- Not shown" not in text(*answer_lines(answer), terminal=True)


def cell(name="x-y"):
    return Cell({"strategy": name}, TrainingRequest("static", "sample"), ())


def test_plan_tells_how_many_and_how_long(study, tmp_path):
    folder = StudyFolder(tmp_path, study, [cell("x-y"), cell("hybrid"), cell(HOSTILE)])
    folder.cells = tuple(
        Cell(one.values, TrainingRequest("static", "sample", arguments={"n": place}), ())
        for place, one in enumerate(folder.cells)
    )
    assert text(*plan_lines(folder, ["9 languages are left out."], 1)).splitlines() == [
        "9 languages are left out.",
        "3 cells: 0 finished, 3 to do.",
        "The time that they take is estimated once the first is finished.",
    ]
    folder.of(folder.cells[0]).finish(CellCost(), 30)
    folder.of(folder.cells[1]).fail(Failure("e", "h"))
    assert text(*plan_lines(folder, [], 1)).splitlines() == [
        "3 cells: 1 finished, 2 to do, 1 of which failed before.",
        "They take about 60 s.",
    ]


def test_grid_and_failures_show_hostile_names_as_they_are(study):
    assert HOSTILE in text(grid_table(study))
    failures = [(cell(HOSTILE), Failure("Disk [full].", "Make room."))]
    shown = text(*answer_lines(Answer(StudyRecord(), {}, failures)))
    assert shown.lstrip() == f"{HOSTILE} failed: Disk [full]. Make room.\n"


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_progress_counts_cells_and_the_time_left(terminal):
    screen = Console(file=io.StringIO(), width=160, force_terminal=terminal)
    with StudyProgress(screen, total=4, finished=1) as progress:
        progress.begins(cell(HOSTILE))
        progress.ends(cell(HOSTILE), None, 12.0, 24.0)
        progress.begins(cell())
        progress.ends(cell(), Failure("No space left on device", "Make room."), 3.0, 12.0)
    shown = screen.file.getvalue()
    assert f"cell 2 of 4: {HOSTILE} finished in 12 s; about 24 s left" in shown
    assert "cell 3 of 4: x-y failed (No space left on device) in 3 s; about 12 s left" in shown
    # a bar shows what runs; elsewhere the first cell's beginning is all that can be told for a while
    assert [line for line in shown.splitlines() if line.endswith(" begins")] == (
        [] if terminal else [f"cell 2 of 4: {HOSTILE} begins"]
    )
    assert ("\x1b[" in shown) == terminal


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_a_terminal_says_from_the_beginning_that_the_study_is_checked(terminal):
    screen = Console(file=io.StringIO(), width=160, force_terminal=terminal)
    with checking(screen):
        pass
    assert ("checking every cell of the study" in screen.file.getvalue()) == terminal


ENTRY = {
    "evaluation": "tiny",
    "kind": "cross",
    "measure": "map",
    "seeds": 2,
    "mean": 0.5,
    "deviation": 0.01,
    "worst": 0.125,
    "worst_setting": "de-es",
    "spread": 0.0625,
    "seen": 0.75,
    "unseen": None,
}
ENTRIES = [
    {**ENTRY, "values": {"strategy": strategy}, "measure": measure}
    for strategy in ("x-y", "hybrid")
    for measure in ("map", "ndcg@10")
]


def table_of(show, entries=ENTRIES):
    summary = tuple(StudySummary(**entry) for entry in entries)
    return statistics_table(StudyRecord("t", study={"show": show}, summary=summary))


def test_what_the_study_asks_for_besides_means_is_shown():
    table = table_of(["mean", "worst", "spread"])
    assert [column.title for column in table.shown().columns[-3:]] == ["mean", "worst setting", "spread over settings"]
    assert table.shown().texts()[0] == [
        *("x-y", "tiny", "cross", "map", "2"),
        *("0.5000 ± 0.0100", "0.1250 (de-es)", "0.0625"),
    ]
    assert table_of("unseen").shown().texts()[0][-1] == "-"


def test_groups_stand_one_below_the_other_by_what_is_measured():
    rows = table_of(["worst"]).texts()
    assert [(row[3], row[0]) for row in rows] == [
        ("map", "x-y"),
        ("map", "hybrid"),
        ("ndcg@10", "x-y"),
        ("ndcg@10", "hybrid"),
    ]


def test_bare_numbers_are_for_programs():
    plain = table_of(["worst", "unseen"]).bare()
    assert plain[0][4:] == ["seeds", "mean", "deviation", "worst", "unseen", "worst_setting"]
    assert plain[1][0][4:] == ["2", "0.5", "0.01", "0.125", "", "de-es"]


def test_the_number_of_settings_seen_and_unseen_is_told():
    [entry, *_] = ENTRIES
    table = table_of(["seen", "unseen"], [{**entry, "seen_settings": 6, "unseen_settings": 0}])
    assert table.shown().texts()[0][-2:] == ["0.7500 (6)", "- (0)"]
    headings, rows = table.bare()
    assert (headings[-2:], rows[0][-2:]) == (["seen_settings", "unseen_settings"], ["6", "0"])
