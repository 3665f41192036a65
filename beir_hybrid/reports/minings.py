"""What was mined, and what filters took: tables."""

from __future__ import annotations

import math

from beir_hybrid.mining import FilteredPairs, MinedPairs
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import number


def _score(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def mining_models(mined: MinedPairs) -> list[Table]:
    """Show what was mined, by language of the questions."""
    rows = [
        (each.language, each.pairs, each.short, each.negatives, each.positive, each.negative)
        for each in mined.languages
    ]
    counts = [Column("pairs", number), Column("short", number), Column("negatives", number)]
    scores = [Column("positives", _score, group="mean score"), Column("negatives", _score, "", group="mean score")]
    notes = ["short: fewer passages than wanted are allowed and were retrieved"]
    return [make_table(f"Mined among {number(mined.passages)} passages", ["language", *counts, *scores], rows, notes)]


def filter_models(filtered: FilteredPairs) -> list[Table]:
    """Show what each filter took, by language of the questions."""
    tables = []
    for name in filtered.names:
        rows = [
            (each.language, each.pairs, each.taken, 100 * each.taken / each.pairs)
            for each in filtered.taken
            if each.filter == name
        ]
        columns = [Column("pairs", number), Column("taken", number), Column("%", lambda share: f"{share:.1f}")]
        tables.append(make_table(f"Left out by {name}", ["language", *columns], rows))
    return tables
