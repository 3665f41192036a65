"""Answer: what a study found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.storage.files import is_number
from beir_hybrid.studies.cell import read_json
from beir_hybrid.studies.folder import StudyFolder
from beir_hybrid.studies.outcomes import Outcomes
from beir_hybrid.studies.sentences import claims_sentence
from beir_hybrid.studies.summary import Summary, group_cells, summarize_study
from beir_hybrid.studies.verdicts import Verdict, find_verdicts


@dataclass(frozen=True)
class Cost:
    """What the cells of one group of grid values took, means over seeds.

    Attributes:
        values: The grid's values but for seeds.
        seeds: Number of cells.
        means: ``train`` and ``evaluate`` (seconds), ``steps``, ``examples``, ``tokens``, ``peak_memory_bytes`` and
            ``flops``; None where a cell does not tell.
    """

    values: Mapping[str, Any]
    seeds: int
    means: Mapping[str, float | None]


@dataclass(frozen=True)
class Answer:
    """What a study found.

    Attributes:
        verdicts: What it shows of its claims.
        summaries: Every evaluation, kind and measure of every group of cells.
        costs: What the groups of cells took.
        remarks: What is not there and why, in sentences.
        sentence: How its claims fared, a sentence for each.
    """

    verdicts: tuple[Verdict, ...]
    summaries: tuple[Summary, ...]
    costs: tuple[Cost, ...]
    remarks: tuple[str, ...]
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Give it as ``study.json`` has it; without costs, which are the cells' own."""
        return {
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "answer": self.sentence,
            "summary": [asdict(summary) for summary in self.summaries],
            "remarks": list(self.remarks),
        }


def find_answer(folder: StudyFolder) -> Answer:
    """Judge a study by its finished cells."""
    outcomes = Outcomes(folder)
    verdicts, unjudged = find_verdicts(outcomes, folder.study.claims)
    sentence = claims_sentence(folder.study.claims, verdicts)
    return Answer(
        tuple(verdicts),
        tuple(summarize_study(outcomes)),
        tuple(_costs(outcomes)),
        (*outcomes.remarks, *unjudged),
        sentence,
    )


def _costs(outcomes: Outcomes) -> list[Cost]:
    costs = []
    for cells in group_cells(outcomes.cells):
        found = []
        for cell in cells:
            try:
                content = read_json(outcomes.folder.of(cell) / "cost.json")
                found.append({**content, **content["seconds"]})
            except (BeirHybridError, KeyError, TypeError) as error:
                outcomes.remarks.append(f"The cost of {cell.name} is left out: {error}")
        names = ("train", "evaluate", "steps", "examples", "tokens", "peak_memory_bytes", "flops")
        means = {}
        for name in names:
            values = [float(one[name]) for one in found if is_number(one.get(name))]
            means[name] = sum(values) / len(values) if values and len(values) == len(found) else None
        costs.append(Cost(cells[0].unseeded, len(cells), means))
    return costs
