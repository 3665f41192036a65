"""What trainings and evaluations cost, as a table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from beir_hybrid.reports.models.table import Column, Entry, Table, make_table
from beir_hybrid.reports.models.words import duration, number, size, tick_text
from beir_hybrid.studies.record import CellCost

COSTS = (
    Column("steps", number),
    Column("examples", number),
    Column("tokens", number),
    Column("FLOPs", tick_text, key="flops"),
    Column("training", duration, key="train_seconds"),
    Column("evaluation", duration, key="evaluate_seconds"),
    Column("peak memory", size, key="peak_memory_bytes"),
)
"""What is shown of costs, in the order shown."""


def amounts(costs: Sequence[CellCost]) -> dict[str, list[float]]:
    """Return what runs cost, by key of a column of :data:`COSTS`, as far as it is known."""
    keys = [column.name for column in COSTS]
    return {key: [value for cost in costs if (value := cost.amount(key)) is not None] for key in keys}


def cost_table(
    title: str, costs: Mapping[str, Mapping[str, Sequence[float]]], name: str = "run", names: str = "runs"
) -> Table | None:
    """Show costs with their means and deviations over seeds; None where nothing is known.

    Args:
        title: The table's title.
        costs: By name of a group of runs and key of a column of :data:`COSTS`, the value of each run.
        name: Heading of the groups.
        names: Heading of the number of their runs, for programs.
    """
    known = {group: values for group, values in costs.items() if any(values.values())}
    columns = [column for column in COSTS if any(values.get(column.name) for values in known.values())]
    rows = []
    for group, values in known.items():
        seeds = max(map(len, values.values()))
        rows.append([group, seeds, *(_entry(values.get(column.name, ())) for column in columns)])
    return make_table(title, [name, Column("", key=names), *columns], rows) if rows else None


def _entry(values: Sequence[float]) -> Entry:
    if not values:
        return Entry()
    return Entry(statistics.fmean(values), spread=statistics.stdev(values) if len(values) > 1 else None)
