"""Outcomes: the results of a study's finished cells, averaged over seeds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.results import Results, load_results
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.study_folder import StudyFolder

T = TypeVar("T")


class Outcomes:
    """The results of a study's finished cells, read as they are needed.

    Args:
        folder: The study's.

    Attributes:
        cells: The finished cells.
        remarks: Which others are missing, in sentences.
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
            measures: Names of the measures to keep.

        Raises:
            DataFormatError: If the cells were evaluated on different queries, or a file is damaged.
        """
        runs: list[Results] = []
        for cell in cells:
            [results] = load_results([self.folder.of(cell).evaluation(trial)]).values()
            runs.append(results)
            if runs[0].data != results.data:
                raise DataFormatError(f"{cell.name} was evaluated on other data of {trial}.", "Remove its folder.")
        return replace(runs[0], values=average([results.values or QueryValues(()) for results in runs], measures))


def group_by(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Group items by a key, in the order in which they come.

    Examples:
        >>> group_by([1, 2, 3, 4], lambda number: number % 2)
        [[1, 3], [2, 4]]
    """
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def settings_of(
    results: Results, kind: str, measure: str, trained: Iterable[str] = (), part: str = "all"
) -> tuple[str, ...]:
    """List the settings of a kind that have a measure.

    Args:
        results: The results.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        trained: Languages that were trained on.
        part: ``all``; ``seen`` for settings all of whose languages were trained on, or ``unseen`` for those none of
            whose was. Of a pool, only the queries' language counts.
    """
    names = []
    for name, setting in results.parsed_settings().items():
        if setting.kind == kind and measure in results.settings[name]:
            corpora = () if kind == "multi" else setting.corpus_languages
            seen = {language in trained for language in (setting.query_language, *corpora)}
            if part == "all" or seen == {part == "seen"}:
                names.append(name)
    return tuple(names)


def average(runs: Sequence[QueryValues], measures: Sequence[str]) -> QueryValues:
    """Average the values of several runs at each query; a query without a value in one has none.

    Args:
        runs: The same settings and queries in each, in the same order; at least one.
        measures: Names of the measures to keep, as far as the runs have them.

    Raises:
        DataFormatError: If their settings, queries or measures are not the same.
    """
    shapes = [
        [(one.name, one.queries, one.groups, [name for name in measures if name in one.values]) for one in run.settings]
        for run in runs
    ]
    if any(shape != shapes[0] for shape in shapes):
        raise DataFormatError("Two cells were evaluated on different queries.", "Remove their folders.")
    averaged = []
    for (*_, names), *settings in zip(shapes[0], *(run.settings for run in runs), strict=True):
        values = {name: np.mean([one.values[name] for one in settings], axis=0) for name in names}
        averaged.append(replace(settings[0], values=values))
    return QueryValues(tuple(averaged))


def matching(cells: Sequence[Cell], values: Mapping[str, Any]) -> dict[str, Cell]:
    """Choose the cells that have some grid values, by their other values; ``evaluation`` is none of a grid's."""
    values = {key: value for key, value in values.items() if key != "evaluation"}
    return {
        repr({key: value for key, value in cell.values.items() if key not in values}): cell
        for cell in cells
        if all(cell.values.get(key) == value for key, value in values.items())
    }
