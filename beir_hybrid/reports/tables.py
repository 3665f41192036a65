"""Tables for the terminal; plain text where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.forecast import Forecast
from beir_hybrid.batching.strategies.build import changes
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.results import Results


def console(*tables: Table) -> Console:
    """Give the console that tables are printed on; wide enough for them where output goes to a file."""
    found = Console()
    if found.is_terminal:
        return found
    endless = Console(width=100_000)
    return Console(width=max(140, *(endless.measure(table).maximum for table in tables), 0))


def comparison_table(runs: Mapping[str, Results], columns: Sequence[tuple[str, str]]) -> Table:
    """Show several runs side by side, the best value of each column in bold.

    Args:
        runs: Results by the name to show.
        columns: Kind of setting and measure, such as ``("cross", "map")``.
    """
    table = Table(title="means over settings; best in bold", title_justify="left")
    table.add_column("strategy")
    for kind, name in columns:
        table.add_column(f"{kind}\n{name}", justify="right")
    values = {run: [results.scores[kind][name] for kind, name in columns] for run, results in runs.items()}
    best = [
        (max if build_measure(name).higher_is_better else min)(row[place] for row in values.values())
        for place, (_, name) in enumerate(columns)
    ]
    for run, row in values.items():
        cells = [
            Text(number(name, value), style="bold" if value == best[place] else "")
            for place, ((_, name), value) in enumerate(zip(columns, row, strict=True))
        ]
        table.add_row(run, *cells)
    return table


def draw_table(drawn: DrawSummary) -> Table:
    """Show what was drawn: examples by language of question and passage."""
    table = Table(title=f"Examples drawn by {drawn.strategy}", title_justify="left")
    table.add_column("question \\ passage")
    for language in drawn.languages:
        table.add_column(language, justify="right")
    for question in drawn.languages:
        table.add_row(question, *(str(drawn.pairs[question, passage]) for passage in drawn.languages))
    kinds = ", ".join(f"{kind} {count / drawn.batches:.1%}" for kind, count in sorted(drawn.kinds.items()))
    table.caption = f"{drawn.batches} batches: {kinds}; {drawn.replaced} false negatives avoided"
    if drawn.repeated:
        table.caption += f", {drawn.repeated} answers repeated"
    if drawn.left_out:
        table.caption += f", {drawn.left_out} hard negatives left out"
    return table


def kind_table(drawn: DrawSummary) -> Table:
    """Show how often each kind of batch was drawn."""
    table = Table(title="Kinds of batch", title_justify="left")
    for heading in ("kind", "batches", "share"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind, count in sorted(drawn.kinds.items()):
        table.add_row(kind, str(count), f"{count / drawn.batches:.1%}")
    return table


def source_table(drawn: DrawSummary) -> Table:
    """Show how often each source was drawn from."""
    table = Table(title="Sources", title_justify="left")
    for heading in ("source", "questions", "batches", "share", "examples", "passes"):
        table.add_column(heading, justify="left" if heading == "source" else "right")
    for name, passes in drawn.passes.items():
        batches = drawn.sources[name]
        counts = (str(drawn.source_questions[name]), str(batches), f"{batches / drawn.batches:.1%}")
        table.add_row(escape(name), *counts, str(drawn.source_examples[name]), f"{passes:.2f}")
    table.caption = "passes: examples drawn per question of the source"
    return table


def course_table(forecast: Forecast) -> Table:
    """Show the share of kinds in each tenth of the training."""
    table = Table(title="Over the training", title_justify="left")
    names = [kind.name for kind in forecast.plan.strategy.kinds]
    for heading in ("steps", *names):
        table.add_column(heading, justify="right")
    for part in forecast.course():
        length = part.stop - part.start
        table.add_row(f"{part.start + 1}-{part.stop}", *(f"{part.kinds[name] / length:.1%}" for name in names))
    return table


def plan_tables(forecast: Forecast) -> list[Table]:
    """Show what a plan would draw: kinds, their course where it changes, languages and sources."""
    drawn = forecast.drawn
    course = [course_table(forecast)] if changes(forecast.plan.strategy) else []
    return [kind_table(drawn), *course, draw_table(drawn), source_table(drawn)]


def number(measure: str, value: float | None) -> str:
    """Write a value of a measure; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:.1f}" if measure.startswith("rank_distance") else f"{value:.4f}"
