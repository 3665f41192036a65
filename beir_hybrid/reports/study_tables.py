"""Tables of a study: means by grid value, what they cost, and the cells there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.text import Text

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.costs import cost_table
from beir_hybrid.reports.models.table import Column, Entry, Table, best_of, make_table
from beir_hybrid.reports.models.words import KIND_TITLES, duration
from beir_hybrid.studies.answer import Answer, Cost
from beir_hybrid.studies.cell import cell_name
from beir_hybrid.studies.folder import StudyFolder
from beir_hybrid.studies.run import Failure, time_left
from beir_hybrid.studies.study import Study
from beir_hybrid.studies.summary import Summary

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
    for name, summaries in groupby(_by_trial(answer.summaries), key=lambda summary: summary.evaluation):
        rows = list(summaries)
        columns = _columns(study, name, rows)
        shown = [row for row in rows if (row.kind, row.measure) in columns]
        tables += [
            _summary_table(name, what, rows, columns)
            for what in study.show
            if any(getattr(row, what) is not None for row in shown)
        ]
    costs = cost_table("What a cell cost, means over seeds", _costs(answer.costs), "cells")
    return [*tables, *([costs] if costs else [])]


def verdict_lines(study: Study, answer: Answer) -> list[Text]:
    """Say what the study asked, what it shows, and what is not there; what is shown is bold."""
    lines = [Text(study.question, style="bold"), Text(answer.sentence)]
    for claim, verdicts in groupby(answer.verdicts, key=lambda verdict: verdict.claim):
        if claim:
            lines.append(Text(f"{claim}:"))
        lines += [
            Text(f"- {verdict.sentence}", style="" if verdict.verdict == "not shown" else "bold")
            for verdict in verdicts
        ]
    return [*lines, *(Text(remark) for remark in answer.remarks)]


def failure_lines(failures: Sequence[Failure]) -> list[Text]:
    """Say which cells failed, and why."""
    return [Text(f"{failed.cell.name} failed: {failed.error} {failed.hint}".strip()) for failed in failures]


def grid_table(study: Study) -> Table:
    """Show the values that a study combines."""
    rows = [(key, ", ".join(cell_name({"strategy": value}) for value in values)) for key, values in study.grid.items()]
    trials = ("evaluations", ", ".join(trial.name for trial in study.trials))
    return make_table(f"Study {study.name}", ["of each cell", "values"], [*rows, trials])


def plan_lines(folder: StudyFolder, left_out: Sequence[str], jobs: int) -> list[Text]:
    """Say how many cells a study has, how far they are, and about how long the others take."""
    states = [folder.state(cell) for cell in folder.cells]
    open_cells = len(states) - states.count("finished")
    cells = "1 cell" if len(states) == 1 else f"{len(states)} cells"
    told = f"{cells}: {states.count('finished')} finished, {open_cells} to do"
    if states.count("failed"):
        told += f", {states.count('failed')} of which failed before"
    left = time_left(folder.seconds(), open_cells, jobs)
    if not open_cells:
        long = "Nothing is left to do."
    elif left is None:
        long = "How long they take is told once the first is finished."
    else:
        long = f"They take about {duration(left)}."
    return [*map(Text, left_out), Text(f"{told}."), Text(long)]


def _by_trial(summaries: Sequence[Summary]) -> list[Summary]:
    order = {name: place for place, name in enumerate(dict.fromkeys(summary.evaluation for summary in summaries))}
    return sorted(summaries, key=lambda summary: order[summary.evaluation])


def _columns(study: Study, trial: str, rows: Sequence[Summary]) -> list[_KindMeasure]:
    """Choose the kinds and measures that claims are about; all if none are about this evaluation."""
    there = list(dict.fromkeys((row.kind, row.measure) for row in rows))
    claimed = {
        (kind, measure)
        for claim in study.claims
        if claim.evaluation == trial
        for kind in claim.kinds or KIND_TITLES
        for measure in claim.measures
    }
    measures = {measure for _, measure in claimed}
    return [column for column in there if column[1] in measures] or there


def _summary_table(trial: str, what: str, rows: Sequence[Summary], columns: Sequence[_KindMeasure]) -> Table:
    groups: dict[str, dict[_KindMeasure, Summary]] = {}
    for row in rows:
        groups.setdefault(cell_name(row.values), {})[row.kind, row.measure] = row
    lines = []
    for name, group in groups.items():
        entries = []
        for column in columns:
            settings = _settings(what, group[column])
            rivals = [other[column] for other in groups.values() if _settings(what, other[column]) == settings]
            entries.append(_entry(what, group[column], _best(what, column, rivals)))
        lines.append([name or "all", next(iter(group.values())).seeds, *entries])
    looks = [(KIND_TITLES[kind], printed(measure)) for kind, measure in columns]
    return make_table(
        f"{trial}: {_TITLES[what]}{_MARKED.get(what, _BEST)}",
        ["cells", Column("seeds", leave_out=1), *(Column(look.title, look, group=kind) for kind, look in looks)],
        lines,
    )


def _settings(what: str, row: Summary) -> tuple[int, tuple[str, ...]]:
    """Tell which settings a value is over: only values over the same ones can be ranked."""
    counts = {"seen": row.seen_settings, "unseen": row.unseen_settings}
    return (counts[what], row.seen_languages) if what in counts else (0, ())


def _best(what: str, column: _KindMeasure, rows: Sequence[Summary]) -> float | None:
    return best_of(
        (getattr(row, what) for row in rows), None if what == "spread" else printed(column[1]).higher_is_better
    )


def _entry(what: str, row: Summary, best: float | None) -> Entry:
    value: float | None = getattr(row, what)
    look = printed(row.measure)
    count, _ = _settings(what, row)
    note = f" {row.worst_setting}" if what == "worst" and row.worst_setting is not None else ""
    note += f" of {count}" if count and value is not None else ""
    return Entry(
        value,
        spread=row.deviation if what == "mean" else None,
        marked=value is not None and value == best,
        text=f"{look.full(value)}{note}",
        brief=f"{look.brief(value)}{note}",
    )


def _costs(costs: Sequence[Cost]) -> dict[str, dict[str, list[float]]]:
    keys = {"train": "train_seconds", "evaluate": "evaluate_seconds"}
    return {
        cell_name(cost.values) or "all": {
            keys.get(key, key): [] if value is None else [value] for key, value in cost.means.items()
        }
        for cost in costs
    }
