"""Folders of evaluations, read with the values of their queries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard, get_args

from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, shorten
from beir_hybrid.evaluation.query_values import Format, QueryValues
from beir_hybrid.evaluation.results import Results

Numbers = Mapping[str, Mapping[str, float]]

_AGAIN = "Evaluate again."


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
        results = _read(given)
        if results.values is None:
            QueryValues.load(given)  # to tell what is missing
        runs[folder.name if names[folder.name] == 1 else str(given)] = results
    return runs


def read_results(folder: Path) -> Results:
    """Read an evaluation whose numbers agree: with the values of its queries, or else with one another.

    Evaluations during training, and those of other tools, leave no values of their queries; then the scores must be the
    means of the settings.

    Returns:
        The results, without the values of the queries.

    Raises:
        MissingDataError: If the folder holds none.
        DataFormatError: If it is damaged, changed by hand or of another schema version, or results and values are not
            of one evaluation.
    """
    return replace(_read(folder), values=None)


def _read(folder: Path) -> Results:
    """Read results, with the values of their queries if there are any, and check that they agree."""
    results = _read_content(folder)
    there = any((folder / f"queries.{name}").exists() for name in get_args(Format))
    results = replace(results, values=QueryValues.load(folder) if there else None)
    if results.values is None:
        if len(results.parsed_settings()) == len(results.settings):  # or else some are of a kind that is not known
            _compare(folder, "scores", results.scores, _means_of_settings(results), "its settings")
        return results
    source = "the values of its queries"
    _compare(folder, "settings", results.settings, results.values.means(), source)
    _compare(folder, "scores", results.scores, results.values.macro(), source)
    if results.micro:  # which may be left out
        _compare(folder, "micro", results.micro, results.values.micro(), source)
    _compare(folder, "undefined", results.undefined, results.values.undefined(), source)
    return results


def _means_of_settings(results: Results) -> Numbers:
    """Average the settings of each kind, every setting counting once."""
    rows: dict[str, dict[str, list[float]]] = {}
    for name, setting in results.parsed_settings().items():
        of_kind = rows.setdefault(setting.kind, {})
        for measure, value in results.settings[name].items():
            if measure != "queries":
                of_kind.setdefault(measure, []).append(value)
    return {kind: {name: math.fsum(found) / len(found) for name, found in each.items()} for kind, each in rows.items()}


def _compare(folder: Path, table: str, told: Numbers, found: Numbers, source: str) -> None:
    """Refuse a table of results.json that is not what follows from the source."""
    if set(told) != set(found):
        raise DataFormatError(
            f"{folder}: results.json and {source} do not both have {min(set(told) ^ set(found))} in {table}.", _AGAIN
        )
    for row, values in found.items():
        if set(told[row]) != set(values):
            raise DataFormatError(
                f"{folder}: results.json and {source} do not both have {min(set(told[row]) ^ set(values))} of {row} in "
                f"{table}.",
                _AGAIN,
            )
        for name, value in values.items():
            if not math.isclose(told[row][name], value, rel_tol=1e-6, abs_tol=1e-9):
                raise DataFormatError(
                    f"{folder}: results.json gives {name} of {row} as {told[row][name]:g}, {source} as {value:g}.",
                    _AGAIN,
                )


def _check_intervals(path: Path, results: Results) -> None:
    """Refuse intervals that do not hold their means: each end lies beyond the mean, wherever it was estimated."""
    for part, means in (("scores", results.scores), ("settings", results.settings)):
        for row, bounds in results.intervals.get(part, {}).items():
            for name, (low, high) in bounds.items():
                mean = means.get(row, {}).get(name)
                if mean is None or not low - 1e-9 - 1e-6 * abs(low) <= mean <= high + 1e-9 + 1e-6 * abs(high):
                    raise DataFormatError(
                        f"{path} gives {name} of {row} as {mean}, with an interval from {low:g} to {high:g}.", _AGAIN
                    )


def _read_content(folder: Path) -> Results:
    """Read a file of results whose every number is one."""
    path = folder / "results.json"
    try:
        results = Results.load(folder)
    except BeirHybridError:
        raise
    except OSError as error:
        raise DataFormatError(f"{path} cannot be read: {error.strerror}.", _AGAIN) from error
    tables: list[tuple[str, Any]] = [("passages", {"": results.passages}), ("scores", results.scores)]
    tables += [("settings", results.settings), ("micro", results.micro), ("undefined", results.undefined)]
    for name, table in tables:
        rows = list(table.values()) if isinstance(table, dict) else [None]
        wrong = [row for row in rows if not isinstance(row, dict)]
        wrong += [value for row in rows if isinstance(row, dict) for value in row.values() if not is_number(value)]
        if wrong:
            raise DataFormatError(f"{path} has {shorten(wrong[0])} among its {name}.", _AGAIN)
    try:
        pairs = [pair for kinds in results.intervals.values() for bounds in kinds.values() for pair in bounds.values()]
    except AttributeError as error:
        raise DataFormatError(f"{path} has intervals that cannot be read.", _AGAIN) from error
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair))):
            raise DataFormatError(f"{path} has the interval {shorten(pair)}.", _AGAIN)
        if pair[0] > pair[1]:
            raise DataFormatError(f"{path} has an interval from {pair[0]:g} to {pair[1]:g}.", _AGAIN)
    _check_intervals(path, results)
    for name, words in (("languages", results.languages), ("notes", results.notes)):
        if not all(isinstance(word, str) for word in words):
            raise DataFormatError(f"{path} has {name} that are no words: {shorten(words)}.", _AGAIN)
    for name, content in (("data", results.data), ("environment", results.environment)):
        if not isinstance(content, dict):
            raise DataFormatError(f"{path} has {shorten(content)} as its {name}.", _AGAIN)
    if results.translations != {} and not _are_links(results.translations):
        raise DataFormatError(f"{path} has {shorten(results.translations)} as its translations.", _AGAIN)
    return results


def _are_links(found: Any) -> bool:
    """Return whether that is what :func:`~beir_hybrid.translations.count_linked` gives."""
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
