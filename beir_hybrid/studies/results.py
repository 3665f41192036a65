"""Results of an evaluation, checked, so that what judges or shows them need not ask again."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypeGuard

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.results import Results

__all__ = ["is_number", "read_results"]


def read_results(folder: Path) -> Results:
    """Read an evaluation whose every number is one, and whose scores are of its settings; the queries' are not read.

    Raises:
        MissingDataError: If the folder holds none.
        DataFormatError: If it is damaged or of another schema version.
    """
    path = folder / "results.json"
    try:
        results = Results.load(folder)
    except OSError as error:
        raise DataFormatError(f"{path} cannot be read: {error}.", "Evaluate again.") from error
    tables: list[tuple[str, Any]] = [("passages", {"": results.passages})]
    tables += [("scores", results.scores), ("settings", results.settings)]
    for name, table in tables:
        rows = list(table.values()) if isinstance(table, dict) else [None]
        wrong = [row for row in rows if not isinstance(row, dict)]
        wrong += [value for row in rows if isinstance(row, dict) for value in row.values() if not is_number(value)]
        if wrong:
            raise DataFormatError(f"{path} has {wrong[0]!r} among its {name}.", "Evaluate again.")
    try:
        pairs = [pair for kinds in results.intervals.values() for bounds in kinds.values() for pair in bounds.values()]
    except AttributeError as error:
        raise DataFormatError(f"{path} has intervals that cannot be read.", "Evaluate again.") from error
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair))):
            raise DataFormatError(f"{path} has the interval {pair!r}.", "Evaluate again.")
    for name, words in (("languages", results.languages), ("notes", results.notes)):
        if not all(isinstance(word, str) for word in words):
            raise DataFormatError(f"{path} has {name} that are no words: {words!r}.", "Evaluate again.")
    for name, content in (("data", results.data), ("environment", results.environment)):
        if not isinstance(content, dict):
            raise DataFormatError(f"{path} has {content!r} as its {name}.", "Evaluate again.")
    measured: dict[str, set[str]] = {}
    for name, setting in results.parsed_settings().items():
        measured.setdefault(setting.kind, set()).update(results.settings[name].keys() - {"queries"})
    if measured != {kind: set(scores) for kind, scores in results.scores.items()}:
        raise DataFormatError(f"{path} has other measures in its scores than in its settings.", "Evaluate again.")
    return results


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a finite number; true and false are none.

    Examples:
        >>> [is_number(value) for value in (2, 0.5, True, "2", float("inf"), 10**400)]
        [True, True, False, False, False, False]
    """
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
