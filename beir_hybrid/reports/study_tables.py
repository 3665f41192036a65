"""Tables of a study: means by grid value, what they cost, and the cells there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text

from beir_hybrid.reports.result_tables import KIND_TITLES
from beir_hybrid.reports.tables import number
from beir_hybrid.studies.answer import Answer, Cost
from beir_hybrid.studies.cell import cell_name
from beir_hybrid.studies.folder import StudyFolder
from beir_hybrid.studies.run import Failure, time_left
from beir_hybrid.studies.statistic import higher_is_better
from beir_hybrid.studies.study import Study
from beir_hybrid.studies.summary import Summary

Column = tuple[str, str]

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
    return [*tables, _cost_table(answer.costs)] if answer.costs else tables


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
    table = Table(title=Text(f"Study {study.name}", style="table.title"), title_justify="left")
    table.add_column("of each cell")
    table.add_column("values")
    for key, values in study.grid.items():
        table.add_row(Text(key), Text(", ".join(cell_name({"strategy": value}) for value in values)))
    table.add_row(Text("evaluations"), Text(", ".join(trial.name for trial in study.trials)))
    return table


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


def duration(seconds: float) -> str:
    """Say a time in words.

    Examples:
        >>> duration(42.3), duration(600), duration(7500)
        ('42 s', '10 min', '2 h 05 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def _by_trial(summaries: Sequence[Summary]) -> list[Summary]:
    order = {name: place for place, name in enumerate(dict.fromkeys(summary.evaluation for summary in summaries))}
    return sorted(summaries, key=lambda summary: order[summary.evaluation])


def _columns(study: Study, trial: str, rows: Sequence[Summary]) -> list[Column]:
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


def _summary_table(trial: str, what: str, rows: Sequence[Summary], columns: Sequence[Column]) -> Table:
    table = Table(
        title=Text(f"{trial}: {_TITLES[what]}{_MARKED.get(what, _BEST)}", style="table.title"), title_justify="left"
    )
    table.add_column("cells")
    table.add_column("seeds", justify="right")
    for kind, measure in columns:
        table.add_column(Text(f"{KIND_TITLES[kind]}\n{measure}"), justify="right")
    groups: dict[str, dict[Column, Summary]] = {}
    for row in rows:
        groups.setdefault(cell_name(row.values), {})[row.kind, row.measure] = row
    for name, group in groups.items():
        cells = []
        for column in columns:
            rivals = [
                other[column]
                for other in groups.values()
                if _settings(what, other[column]) == _settings(what, group[column])
            ]
            cells.append(_cell(what, group[column], _best(what, column, rivals)))
        table.add_row(Text(name or "all"), str(next(iter(group.values())).seeds), *cells)
    return table


def _settings(what: str, row: Summary) -> tuple[int, tuple[str, ...]]:
    """Tell which settings a value is over: only values over the same ones can be ranked."""
    counts = {"seen": row.seen_settings, "unseen": row.unseen_settings}
    return (counts[what], row.seen_languages) if what in counts else (0, ())


def _best(what: str, column: Column, rows: Sequence[Summary]) -> float | None:
    higher = None if what == "spread" else higher_is_better(column[1])
    values = [value for row in rows if (value := getattr(row, what)) is not None]
    if higher is None or len(values) < 2:
        return None
    return max(values) if higher else min(values)


def _cell(what: str, row: Summary, best: float | None) -> Text:
    value: float | None = getattr(row, what)
    text = Text(number(row.measure, value), style="bold" if value is not None and value == best else "")
    if what == "mean" and row.deviation is not None:
        text.append(f" ±{number(row.measure, row.deviation)}", style="dim")
    if what == "worst" and row.worst_setting is not None:
        text.append(f" {row.worst_setting}", style="dim")
    count, _ = _settings(what, row)
    if count and value is not None:
        text.append(f" of {count}", style="dim")
    return text


_COSTS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("train", "training", duration),
    ("evaluate", "evaluation", duration),
    ("steps", "steps", lambda value: f"{value:,.0f}"),
    ("examples", "examples", lambda value: f"{value:,.0f}"),
    ("tokens", "tokens", lambda value: f"{value:,.0f}"),
    ("peak_memory_bytes", "peak memory", lambda value: f"{value / 2**20:,.0f} MiB"),
    ("flops", "FLOPs", lambda value: f"{value:.3g}"),
)


def _cost_table(costs: Sequence[Cost]) -> Table:
    table = Table(title="What a cell cost, means over seeds", title_justify="left")
    table.add_column("cells")
    for _, heading, _ in _COSTS:
        table.add_column(heading, justify="right")
    for cost in costs:
        found = [(cost.means.get(key), write) for key, _, write in _COSTS]
        cells = ["-" if value is None else write(value) for value, write in found]
        table.add_row(Text(cell_name(cost.values) or "all"), *cells)
    return table
