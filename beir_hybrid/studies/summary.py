"""Summary: the cells of one group of grid values, over their seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from beir_hybrid.evaluation.results import Results
from beir_hybrid.settings import Setting
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.outcomes import Outcomes
from beir_hybrid.studies.statistic import higher_is_better, statistic_over


@dataclass(frozen=True)
class Summary:
    """One measure in one kind of setting, over the seeds of one group of grid values.

    Attributes:
        values: The grid's values but for seeds.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        seeds: Number of cells.
        mean: Mean over seeds of the mean over settings.
        deviation: Standard deviation over seeds of the mean over settings; None with one seed.
        worst: The worst setting's mean over seeds, by the measure's direction; None where it has none.
        worst_setting: Its name.
        spread: Standard deviation over settings of their means over seeds, each setting being one of those there are,
            not a sample of others.
        seen: Mean over settings all of whose languages were trained on, of a pool the queries' language; None where
            there is none.
        unseen: Mean over settings none of whose languages was trained on.
        seen_settings: Number of settings in ``seen``.
        unseen_settings: Number of settings in ``unseen``.
        seen_languages: The evaluation's languages that were trained on. Groups of cells with the same have the same
            settings in ``seen`` and ``unseen``.
    """

    values: Mapping[str, Any]
    evaluation: str
    kind: str
    measure: str
    seeds: int
    mean: float
    deviation: float | None
    worst: float | None
    worst_setting: str | None
    spread: float
    seen: float | None
    unseen: float | None
    seen_settings: int = 0
    unseen_settings: int = 0
    seen_languages: tuple[str, ...] = ()


def group_cells(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Bring together the cells that differ in their seed alone, in the order of the grid."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(repr(cell.unseeded), []).append(cell)
    return list(groups.values())


def summarize_study(outcomes: Outcomes) -> list[Summary]:
    """Summarize every evaluation, kind and measure of every group of cells."""
    summaries = []
    for cells in group_cells(outcomes.cells):
        for trial in cells[0].trials:
            found = [outcomes.results(cell, trial.name) for cell in cells]
            summaries += [
                _summary(cells, found, trial.name, kind, measure)
                for kind, scores in found[0].scores.items()
                for measure in scores
            ]
    return summaries


def _summary(cells: Sequence[Cell], found: Sequence[Results], trial: str, kind: str, measure: str) -> Summary:
    means = [results.scores[kind][measure] for results in found]
    settings = {
        name: (setting, float(np.mean([results.settings[name][measure] for results in found])))
        for name, setting in found[0].parsed_settings().items()
        if setting.kind == kind and measure in found[0].settings[name]
    }
    values = {name: value for name, (_, value) in settings.items()}
    worst = None
    if (higher := higher_is_better(measure)) is not None:
        worst = (min if higher else max)(values, key=values.__getitem__)
    trained = set(cells[0].languages)
    seen, unseen = (
        [value for setting, value in settings.values() if _all(setting, trained, inside)] for inside in (True, False)
    )
    return Summary(
        values=cells[0].unseeded,
        evaluation=trial,
        kind=kind,
        measure=measure,
        seeds=len(cells),
        mean=float(np.mean(means)),
        deviation=float(np.std(means, ddof=1)) if len(means) > 1 else None,
        worst=None if worst is None else values[worst],
        worst_setting=worst,
        spread=float(statistic_over("spread", measure)(np.array(list(values.values())))),
        seen=float(np.mean(seen)) if seen else None,
        unseen=float(np.mean(unseen)) if unseen else None,
        seen_settings=len(seen),
        unseen_settings=len(unseen),
        seen_languages=tuple(language for language in found[0].languages if language in trained),
    )


def _all(setting: Setting, trained: set[str], inside: bool) -> bool:
    languages = (
        {setting.query_language} if setting.kind == "multi" else {setting.query_language, *setting.corpus_languages}
    )
    return all((language in trained) == inside for language in languages)
