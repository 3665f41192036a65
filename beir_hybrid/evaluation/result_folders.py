"""Folders of evaluations, read with the values of their queries."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.results import Results

__all__ = ["load_runs"]


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
        results = replace(Results.load(given), values=QueryValues.load(given))
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
