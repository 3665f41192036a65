"""Folders of evaluations, read with the values of their queries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

from beir_hybrid.errors import ConfigurationError, DataFormatError, shorten
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.results import Results

__all__ = ["is_number", "load_runs", "read_results"]


def load_runs(folders: Sequence[Path]) -> dict[str, Results]:
    """Read results with the values of their queries.

    Args:
        folders: What ``beir-hybrid evaluate --output`` wrote.

    Returns:
        The results by the folder's name, or by the path as it was given where two have the same name.

    Raises:
        ConfigurationError: If a folder is given twice.
        MissingDataError: If a folder holds no results, or no values of its queries.
        DataFormatError: If a file is damaged, or results and values are not of one evaluation.
    """
    whole = [folder.resolve() for folder in folders]
    for place, folder in enumerate(whole):
        if folder in whole[:place]:
            raise ConfigurationError(f"The folder {folders[place]} is given twice.", "Give each run once.")
    names = Counter(folder.name for folder in whole)
    runs = {}
    for given, folder in zip(folders, whole, strict=True):
        results = replace(read_results(given), values=QueryValues.load(given))
        _check_values(given, results)
        runs[folder.name if names[folder.name] == 1 else str(given)] = results
    return runs


def _check_values(folder: Path, results: Results) -> None:
    """Refuse values of another evaluation, which a killed run may leave beside older results."""
    found = results.values.means() if results.values is not None else {}
    if set(found) != set(results.settings):
        setting = min(set(found) ^ set(results.settings))
        raise DataFormatError(
            f"{folder}: results.json and the values of its queries do not both have the setting {setting}.",
            "Evaluate again.",
        )
    for setting, means in found.items():
        told = results.settings[setting]
        for name, mean in means.items():
            if name in told and not math.isclose(told[name], mean, rel_tol=1e-6, abs_tol=1e-9):
                raise DataFormatError(
                    f"{folder}: results.json gives {name} of {setting} as {told[name]:g}, the values of its queries as "
                    f"{mean:g}.",
                    "Evaluate again.",
                )


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
            raise DataFormatError(f"{path} has {shorten(wrong[0])} among its {name}.", "Evaluate again.")
    try:
        pairs = [pair for kinds in results.intervals.values() for bounds in kinds.values() for pair in bounds.values()]
    except AttributeError as error:
        raise DataFormatError(f"{path} has intervals that cannot be read.", "Evaluate again.") from error
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair))):
            raise DataFormatError(f"{path} has the interval {shorten(pair)}.", "Evaluate again.")
    for name, words in (("languages", results.languages), ("notes", results.notes)):
        if not all(isinstance(word, str) for word in words):
            raise DataFormatError(f"{path} has {name} that are no words: {shorten(words)}.", "Evaluate again.")
    for name, content in (("data", results.data), ("environment", results.environment)):
        if not isinstance(content, dict):
            raise DataFormatError(f"{path} has {shorten(content)} as its {name}.", "Evaluate again.")
    if results.translations != {} and not _are_links(results.translations):
        raise DataFormatError(f"{path} has {shorten(results.translations)} as its translations.", "Evaluate again.")
    measured: dict[str, set[str]] = {}
    for name, setting in results.parsed_settings().items():
        measured.setdefault(setting.kind, set()).update(results.settings[name].keys() - {"queries"})
    if measured != {kind: set(scores) for kind, scores in results.scores.items()}:
        raise DataFormatError(f"{path} has other measures in its scores than in its settings.", "Evaluate again.")
    return results


def _are_links(found: Any) -> bool:
    """Tell whether that is what :func:`~beir_hybrid.translations.count_linked` gives."""
    if not isinstance(found, dict) or found.keys() != {"rule", "linked", "queries"}:
        return False
    counts = [found["linked"], found["queries"]]
    return (
        isinstance(found["rule"], str) and all(type(count) is int for count in counts) and 0 <= counts[0] <= counts[1]
    )


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
