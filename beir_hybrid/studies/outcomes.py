"""Outcomes: what the finished cells of a study found, brought together over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.results import Results, load_results
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.study_folder import StudyFolder


class Outcomes:
    """The results of a study's finished cells, read as they are needed.

    Args:
        folder: The study's.

    Attributes:
        cells: The finished cells.
        remarks: Which others are not there, in sentences.
    """

    def __init__(self, folder: StudyFolder) -> None:
        self.folder = folder
        self.remarks: list[str] = []
        self.cells: list[Cell] = []
        self._results: dict[tuple[str, str], Results] = {}
        for cell in folder.cells:
            if folder.state(cell) != "finished":
                self.remarks.append(f"{cell.name} is not finished, and is left out.")
                continue
            for trial in cell.trials:
                self._results[cell.id, trial.name] = Results.load(folder.of(cell).evaluation(trial.name))
            self.cells.append(cell)

    def results(self, cell: Cell, trial: str) -> Results:
        """Return the results of a cell's evaluation, without the values of its queries."""
        return self._results[cell.id, trial]

    def values(self, cells: Sequence[Cell], trial: str, measures: Sequence[str]) -> Results:
        """Average an evaluation of several cells, query by query.

        Args:
            cells: Such as those of one strategy and all seeds; at least one.
            trial: Name of the evaluation.
            measures: What is kept.

        Raises:
            DataFormatError: If the cells were not put to the same queries, or a file is damaged.
        """
        found: list[Results] = []
        for cell in cells:
            [results] = load_results([self.folder.of(cell).evaluation(trial)]).values()
            values = results.values or QueryValues(())
            kept = tuple(
                replace(setting, values={name: setting.values[name] for name in measures if name in setting.values})
                for setting in values.settings
            )
            found.append(replace(results, values=QueryValues(kept)))
            if found[0].data != results.data:
                raise DataFormatError(f"{cell.name} was put to other data of {trial}.", "Remove its folder.")
        return replace(found[0], values=average([results.values for results in found if results.values is not None]))


def average(runs: Sequence[QueryValues]) -> QueryValues:
    """Average the values of several runs at each query; a query without a value in one has none.

    Args:
        runs: The same settings, queries and measures in each, in the same order; at least one.

    Raises:
        DataFormatError: If they are not the same.
    """
    first = runs[0]
    for other in runs[1:]:
        shapes = [
            [(setting.name, setting.queries, setting.groups, tuple(setting.values)) for setting in run.settings]
            for run in (first, other)
        ]
        if shapes[0] != shapes[1]:
            raise DataFormatError("Two cells were not put to the same queries.", "Remove their folders.")
    return QueryValues(
        tuple(
            replace(
                setting,
                values={
                    name: np.mean([run.settings[place].values[name] for run in runs], axis=0) for name in setting.values
                },
            )
            for place, setting in enumerate(first.settings)
        )
    )


def matching(cells: Sequence[Cell], values: Mapping[str, Any]) -> dict[str, Cell]:
    """Choose the cells that have some grid values, by what they have besides."""
    return {
        repr({key: value for key, value in cell.values.items() if key not in values}): cell
        for cell in cells
        if all(cell.values.get(key) == value for key, value in values.items())
    }
