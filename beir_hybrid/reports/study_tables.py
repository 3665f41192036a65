"""Tables of a study: means by grid value, what they cost, and the cells there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from beir_hybrid.errors import plural
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.reports.costs import amounts, cost_table
from beir_hybrid.reports.models.table import Column, Entry, Table, best_of, make_table
from beir_hybrid.reports.models.words import KIND_TITLES, Sentence, duration, quick_title
from beir_hybrid.studies.answer import Answer
from beir_hybrid.studies.cell import cell_name
from beir_hybrid.studies.expected import Reproduced
from beir_hybrid.studies.record import StudyRecord, StudySummary
from beir_hybrid.studies.runner import time_left
from beir_hybrid.studies.study import Study
from beir_hybrid.studies.study_folder import StudyFolder

_KindMeasure = tuple[str, str]

_TITLES: Mapping[str, str] = {
    "mean": "means over settings and seeds",
    "worst": "the worst setting, mean over seeds",
    "spread": "standard deviation over settings",
    "seen": "means over settings of languages trained on, and of how many (a pool counts as its queries' language)",
    "unseen": "means over settings of languages never trained on, and of how many (a pool as above)",
}
_BEST = "; best in bold"
_MARKED: Mapping[str, str] = {
    "spread": "",  # a model that finds nothing anywhere has the smallest
    "seen": "; best of equal settings in bold",
    "unseen": "; best of equal settings in bold",
}


def study_tables(study: Study, answer: Answer) -> list[Table]:
    """Show what each group of grid values reached in each evaluation, and what it cost."""
    tables = []
    for name in dict.fromkeys(summary.evaluation for summary in answer.record.summary):
        rows = [summary for summary in answer.record.summary if summary.evaluation == name]
        columns = _columns(study, name, rows)
        shown = [row for row in rows if (row.kind, row.measure) in columns]
        tables += [
            _summary_table(quick_title(name, study.quick), part, rows, columns)
            for part in study.show
            if any(getattr(row, part) is not None for row in shown)
        ]
    costs = {name or "all": amounts(costs) for name, costs in answer.costs.items()}
    table = cost_table(quick_title("What a cell cost, means over seeds", study.quick), costs, "cells")
    return [*tables, *([table] if table else [])]


def answer_lines(answer: Answer) -> list[Sentence]:
    """List what a study asked, what it shows, what is missing and which cells failed; what is shown is marked."""
    record = answer.record
    lines = [Sentence(record.question, marked=True), Sentence(record.answer)]
    for claim, verdicts in groupby(record.verdicts, key=lambda verdict: verdict.claim):
        lines += [Sentence(f"{claim}:")] if claim else []
        lines += [Sentence(f"- {one.sentence}", marked=one.word != NOT_SHOWN) for one in verdicts]
    if record.quick:
        lines.append(Sentence("Quick: trained for a short time, on small data. The full study may answer otherwise."))
    failures = [Sentence(f"{cell.name} failed: {failed}") for cell, failed in answer.failures]
    return [*lines, *map(Sentence, record.remarks), *failures]


def reproduction_table(name: str, compared: Sequence[Reproduced]) -> Table:
    """Show the numbers that a study is expected to give beside those that it gave.

    Args:
        name: The study's name.
        compared: At least one.
    """
    rows = []
    for one in compared:
        look, expected = printed(one.expected.measure), one.expected
        title = f"{KIND_TITLES[expected.kind]} {look.title}"
        numbers = [Entry(value, text=look.full(value)) for value in (expected.value, expected.tolerance, one.measured)]
        names = (cell_name(expected.run) or "all", expected.evaluation, title)
        rows.append((*names, *numbers, Entry(one.match, marked=one.match == "off")))
    columns: list[Column | str] = ["cells", Column("evaluation", text=True, leave_out=1), "measure"]
    values = [Column("expected"), Column("± at most"), Column("measured")]
    note = "OK: within the tolerance; close: within three times the tolerance; off: farther away, or not measured"
    return make_table(f"{name}: expected and measured", [*columns, *values, "match"], rows, [note])


def grid_table(study: Study) -> Table:
    """Show the values that a study combines."""
    rows = [
        (key, ", ".join("none" if value is None else cell_name({"strategy": value}) for value in values))
        for key, values in study.grid.items()
    ]
    trials = ("evaluations", ", ".join(trial.name for trial in study.trials))
    return make_table(f"Study {quick_title(study.name, study.quick)}", ["of each cell", "values"], [*rows, trials])


def plan_lines(folder: StudyFolder, left_out: Sequence[str], jobs: int) -> list[Sentence]:
    """List how many cells a study has, how far they are, and about how long the others take."""
    states = [folder.state(cell) for cell in folder.cells]
    open_cells = len(states) - states.count("finished")
    count = f"{plural(len(states), 'cell')}: {states.count('finished')} finished, {open_cells:,} to do"
    if states.count("failed"):
        count += f", {states.count('failed')} of which failed before"
    left = time_left(folder.seconds(), open_cells, jobs)
    if not open_cells:
        time = "Nothing is left to do."
    elif left is None:
        time = "The time that they take is estimated once the first is finished."
    else:
        time = f"They take about {duration(left)}."
    return [*map(Sentence, left_out), Sentence(f"{count}."), Sentence(time)]


def statistics_table(record: StudyRecord) -> Table:
    """Show what a study asks to be shown besides means, groups that can be compared one below the other.

    Args:
        record: A study with summaries to show.
    """
    shown, summaries = record.shown, record.shown_summaries()
    counts = [f"{name}_settings" for name in shown if name in {"seen", "unseen"}]
    counts = [name for name in counts if any(getattr(one, name) is not None for one in summaries)]
    more = [*counts, *(["worst_setting"] if "worst" in shown else [])]
    order = {key: place for place, key in enumerate(dict.fromkeys(map(_question, summaries)))}
    rows = []
    for one in sorted(summaries, key=lambda one: order[_question(one)]):  # stable: groups stay in the grid's order
        look = printed(one.measure)
        mean = look.full(one.mean) + ("" if one.deviation is None else f" ± {look.full(one.deviation)}")
        entries = []
        for name in shown:
            note = one.worst_setting if name == "worst" else getattr(one, f"{name}_settings", None)
            text = look.full(value := getattr(one, name))
            entries.append(Entry(value, text=text if note is None else f"{text} ({note})"))
        names = (cell_name(one.values) or "all", *_question(one), one.seeds)
        rows.append((*names, Entry(one.mean, text=mean), one.deviation, *entries, *(getattr(one, key) for key in more)))
    words = {"worst": "worst setting", "spread": "spread over settings"}
    columns = [
        *(Column("seeds"), Column("mean"), Column("", key="deviation")),
        *(Column(words.get(name, name), key=name) for name in shown),
        *(Column("", key=name) for name in more),
    ]
    return make_table(record.name, ["cells", "evaluation", "kind", "measure", *columns], rows, names=4)


def _question(one: StudySummary) -> tuple[str, str, str]:
    return one.evaluation, one.kind, one.measure


def _columns(study: Study, trial: str, rows: Sequence[StudySummary]) -> list[_KindMeasure]:
    """Choose the measures that claims are about, and those that the evaluation names; all if no claim is about it."""
    columns = list(dict.fromkeys((row.kind, row.measure) for row in rows))
    shown = {measure for claim in study.claims if trial in claim.evaluations for measure in claim.measures}
    if shown:
        shown.update(*(one.measures or () for one in study.trials if one.name == trial))
    return [column for column in columns if column[1] in shown] or columns


def _summary_table(trial: str, part: str, rows: Sequence[StudySummary], columns: Sequence[_KindMeasure]) -> Table:
    groups: dict[str, dict[_KindMeasure, StudySummary]] = {}
    for row in rows:
        groups.setdefault(cell_name(row.values), {})[row.kind, row.measure] = row
    lines = []
    for name, group in groups.items():
        entries = []
        for column in columns:
            settings = _settings(part, group[column])
            rivals = [other[column] for other in groups.values() if _settings(part, other[column]) == settings]
            direction = None if part == "spread" else printed(column[1]).higher_is_better
            best = best_of((getattr(rival, part) for rival in rivals), direction)
            entries.append(_entry(part, group[column], best))
        lines.append([name or "all", next(iter(group.values())).seeds, *entries])
    looks = [(KIND_TITLES[kind], printed(measure)) for kind, measure in columns]
    return make_table(
        f"{trial}: {_TITLES[part]}{_MARKED.get(part, _BEST)}",
        ["cells", Column("seeds", leave_out=1), *(Column(look.title, look, group=kind) for kind, look in looks)],
        lines,
    )


def _settings(part: str, row: StudySummary) -> tuple[int, tuple[str, ...]]:
    """Return which settings a value is over: only values over the same ones can be ranked."""
    counts = {"seen": row.seen_settings or 0, "unseen": row.unseen_settings or 0}
    return (counts[part], row.seen_languages) if part in counts else (0, ())


def _entry(part: str, row: StudySummary, best: float | None) -> Entry:
    value: float | None = getattr(row, part)
    look = printed(row.measure)
    count, _ = _settings(part, row)
    note = f" {row.worst_setting}" if part == "worst" and row.worst_setting is not None else ""
    note += f" of {count}" if count and value is not None else ""
    return Entry(
        value,
        spread=row.deviation if part == "mean" else None,
        marked=value is not None and value == best,
        text=f"{look.full(value)}{note}",
        brief=f"{look.brief(value)}{note}",
    )
