"""Files that a report reads: checked, so that what shows them need not ask again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.results import Results

__all__ = ["comparison_key", "is_number", "is_seed", "read_object", "read_results"]

SCHEMA = 1


def read_object(path: Path, optional: bool = False) -> dict[str, Any]:
    """Read a JSON object of our schema version.

    Args:
        path: The file.
        optional: Whether a file that is missing is an empty object.

    Raises:
        DataFormatError: If it is missing, damaged or of another schema version.
    """
    if optional and not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFormatError(f"{path} cannot be read: {error}.", "Make it again.") from error
    version = content.get("schema", SCHEMA) if isinstance(content, dict) else None
    if version != SCHEMA:
        raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", "Make it again with this version.")
    return dict(content)


def read_results(folder: Path) -> Results:
    """Read an evaluation whose every number is one.

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
    return results


def comparison_key(results: Results) -> str:
    """Tell what was evaluated: results of one key are of the same data, texts and settings."""
    told = [results.dataset, results.passage_text, sorted(results.data.items()), sorted(results.settings)]
    return json.dumps(told, default=str)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_seed(name: str) -> bool:
    """Tell whether a grid value is a seed.

    Examples:
        >>> [is_seed(name) for name in ("seed", "seeds", "data_seed", "strategy")]
        [True, True, True, False]
    """
    return name in {"seed", "seeds"} or name.endswith("_seed")
