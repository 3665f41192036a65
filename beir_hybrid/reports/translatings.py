"""What was translated, and what translating would take: tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import number
from beir_hybrid.translating.guards import GUARDS

if TYPE_CHECKING:
    from beir_hybrid.translating import TranslatedPairs
    from beir_hybrid.translating.forecast import TranslationForecast


def translation_models(done: TranslatedPairs) -> list[Table]:
    """Show what was translated, by language."""
    rows = [
        (each.language, each.rows, each.there, each.texts, each.translated, each.texts - each.translated)
        for each in done.languages
    ]
    columns = [Column(name, number) for name in ("rows", "there", "texts", "translated", "from memory")]
    notes = ["there: not translated, since the group has the language already"]
    tables = [make_table("Translated", ["language", *columns], rows, notes)]
    if done.faults:
        guards = [name for name in GUARDS if any(fault == name for _, fault in done.faults)]
        found = [
            (each.language, *(done.faults.get((each.language, name), 0) for name in guards)) for each in done.languages
        ]
        notes = [f"{name}: a translation {GUARDS[name]}" for name in guards]
        tables.append(
            make_table("Wrong translations", ["language", *(Column(name, number) for name in guards)], found, notes)
        )
    return tables


def translation_forecast_models(forecasts: Sequence[TranslationForecast]) -> list[Table]:
    """Show what translating would take, by language."""
    rows = [
        (each.language, each.rows, each.texts, each.characters, each.known, each.seconds / 3600) for each in forecasts
    ]
    columns = [Column(name, number) for name in ("rows", "texts", "characters", "in memory")]
    notes = [
        "rows: of groups that lack the language",
        f"hours: on this device, from {' and '.join(f'{each.sampled:,}' for each in forecasts)} texts that were "
        "translated to measure it",
    ]
    hours = Column("hours", lambda value: f"{value:,.2f}")
    return [make_table("What translating would take", ["language", *columns, hours], rows, notes)]
