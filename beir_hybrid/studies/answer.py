"""The answer of a study, from its finished cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.studies.cell import Cell, cell_name
from beir_hybrid.studies.judge import judge_claims
from beir_hybrid.studies.outcomes import Outcomes, group_by, settings_of
from beir_hybrid.studies.record import CellCost, Failure, StudyRecord, StudySummary
from beir_hybrid.studies.sentences import answer_claims, claims_sentence
from beir_hybrid.studies.statistic import statistic_over
from beir_hybrid.studies.study_folder import StudyFolder


@dataclass(frozen=True)
class Answer:
    """The results of a study.

    Attributes:
        record: The study with its results, as far as cells are finished.
        costs: By grid values except seeds, in words, what each cell cost.
        failures: The cells that failed when it was run, and why.
    """

    record: StudyRecord
    costs: Mapping[str, Sequence[CellCost]]
    failures: Sequence[tuple[Cell, Failure]] = ()


def find_answer(folder: StudyFolder) -> Answer:
    """Summarize a study's finished cells and judge its claims."""
    outcomes = Outcomes(folder)
    verdicts, unjudged = judge_claims(outcomes, folder.study.claims)
    claims = answer_claims(folder.study.claims, verdicts)
    costs = _costs(outcomes)
    record = replace(
        folder.record(),
        verdicts=tuple(verdicts),
        claims=tuple(claims),
        answer=claims_sentence(claims),
        summary=tuple(summarize_study(outcomes)),
        remarks=(*outcomes.remarks, *unjudged),
    )
    return Answer(record, costs)


def group_cells(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Group the cells that differ in their seed alone, in the order of the grid."""
    return group_by(cells, lambda cell: repr(cell.unseeded))


def summarize_study(outcomes: Outcomes) -> list[StudySummary]:
    """Summarize every evaluation, kind and measure of every group of cells."""
    summaries = []
    for cells in group_cells(outcomes.cells):
        for trial in cells[0].trials:
            runs = [outcomes.results(cell, trial.name) for cell in cells]
            summaries += [
                _summarize(cells, runs, trial.name, kind, measure)
                for kind, scores in runs[0].scores.items()
                for measure in scores
            ]
    return summaries


def _summarize(cells: Sequence[Cell], runs: Sequence[Results], trial: str, kind: str, measure: str) -> StudySummary:
    means = [results.scores[kind][measure] for results in runs]
    values = {
        name: float(np.mean([results.settings[name][measure] for results in runs]))
        for name in settings_of(runs[0], kind, measure)
    }
    worst = None
    if (higher := printed(measure).higher_is_better) is not None:
        worst = (min if higher else max)(values, key=values.__getitem__)
    trained = set(cells[0].languages)
    seen, unseen = (
        [values[name] for name in settings_of(runs[0], kind, measure, trained, part)] for part in ("seen", "unseen")
    )
    return StudySummary(
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
        seen_languages=tuple(language for language in runs[0].languages if language in trained),
    )


def _costs(outcomes: Outcomes) -> dict[str, list[CellCost]]:
    """Read what cells cost, by group; a cell whose file is damaged is left out, which is remarked on."""
    costs: dict[str, list[CellCost]] = {}
    for cell in outcomes.cells:
        of_group = costs.setdefault(cell_name(cell.unseeded), [])
        try:
            of_group.append(outcomes.folder.of(cell).cost())
        except BeirHybridError as error:
            outcomes.remarks.append(f"The cost of {cell.name} is left out: {error}")
    return costs
