"""What training data have in common with evaluation sets: tables."""

from __future__ import annotations

from beir_hybrid.pairs.overlap import Overlap
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import number


def overlap_models(overlap: Overlap) -> list[Table]:
    """Show the evaluation sets, what stands in them, and examples."""
    sets = [(one.name, one.queries, one.passages) for one in overlap.sets]
    notes = [f"{one.name}: {note}" for one in overlap.sets for note in one.notes]
    columns = [Column("queries", number), Column("passages", number)]
    models = [make_table(f"{overlap.name}, checked against", ["set", *columns], sets, notes)]
    if not overlap.counts:
        return models
    counts = [(one.evaluation, one.kind, one.language, one.exact, one.near) for one in overlap.counts]
    examples = [
        (one.evaluation, one.kind, one.group, f"{one.likeness:.2f}", one.text, one.known_text)
        for one in overlap.examples
    ]
    equal = [Column("equal", number), Column("near", number)]
    return [
        *models,
        make_table("Texts that stand in a set", ["set", "text", "language", *equal], counts, names=3),
        make_table("Examples", ["set", "text", "group", "likeness", "of the data", "of the set"], examples),
    ]
