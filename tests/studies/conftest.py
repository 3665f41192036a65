import json
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.studies import process, runner
from beir_hybrid.studies.grid import build_cells
from beir_hybrid.studies.record import CellCost
from beir_hybrid.studies.study import read_study
from beir_hybrid.studies.study_folder import StudyFolder

MINI = """
name: mini
question: Is hybrid better?
train: {model: "static:8", train_data: sample, languages: [en, de], per_device_train_batch_size: 16, max_steps: 3}
grid:
  strategy: [x-x-mono, hybrid]
  seed: [1, 2]
evaluate:
  - {dataset: sample, languages: [en, de], measures: [map, rank_distance]}
claims:
  - claim: Hybrid differs
    run: {strategy: hybrid}
    baseline: {strategy: x-x-mono}
    measure: [map, rank_distance]
"""


@pytest.fixture
def mini():
    """A study of four cells, two of them claimed to differ from the others."""
    return MINI


@pytest.fixture
def write(tmp_path):
    """Write a study's file."""

    def written(text=MINI):
        path = tmp_path / "mini.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return written


@pytest.fixture
def opened(write, tmp_path):
    """A study's folder, not yet begun."""

    def make(text=MINI, name="out"):
        study = read_study(write(text))
        return StudyFolder(tmp_path / name, study, build_cells(study)[0])

    return make


@pytest.fixture
def here(monkeypatch):
    """Run cells in this process, which spares them importing everything; gives the names of those that ran."""
    ran = []

    def inside(runner, cell, folder):
        ran.append(cell.name)
        return process.main(folder.path, runner.folder.study.keep_models)

    monkeypatch.setattr(runner._Runner, "_process", inside)
    return ran


@dataclass
class Evaluated:
    """What a cell is made to have found."""

    folder: StudyFolder

    def __call__(self, cell, values, trial="sample", groups=None, data="same", begin=True):
        """Values by setting and measure, one per question; beside what the cell has, unless it begins."""
        first = next(iter(next(iter(values.values())).values()))
        groups = groups or tuple(f"g{number}" for number in range(len(first)))
        settings = tuple(
            SettingValues(
                name,
                "multi" if name.endswith("all") else "cross" if "-" in name else "mono",
                tuple(f"{name[:2]}:{group}" for group in groups),
                groups,
                {measure: np.asarray(found, float) for measure, found in measures.items()},
            )
            for name, measures in values.items()
        )
        found = QueryValues(settings)
        languages = tuple(dict.fromkeys(part for name in values for part in name.split("-") if part != "all"))
        results = Results(
            trial,
            cell.name,
            "sentence",
            languages,
            found.macro(),
            found.means(),
            data=dict.fromkeys(("queries", "passages", "qrels"), data),
            values=found,
        )
        folder = self.folder.of(cell)
        if begin:
            folder.begin(cell)
        results.save(folder.evaluation(trial))
        seconds = {"train": 2.0, "evaluate": 1.0}
        folder.finish(CellCost(seconds, steps=3, examples=48, tokens=900, peak_memory_bytes=2**20), 4.0)


@pytest.fixture
def evaluated():
    """Fill in cells as if they had run."""
    return Evaluated


@pytest.fixture
def read():
    """Read a JSON file."""
    return lambda path: json.loads(Path(path).read_text(encoding="utf-8"))
