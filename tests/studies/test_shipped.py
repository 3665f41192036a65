"""The studies in examples/studies: each is whole, in both of its forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.datasets.tatoeba import TATOEBA
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import MiningOptions, Source, mine_negatives
from beir_hybrid.studies.check import check_study
from beir_hybrid.studies.grid import build_cells
from beir_hybrid.studies.runner import run_study
from beir_hybrid.studies.study import read_study
from beir_hybrid.studies.study_folder import StudyFolder
from beir_hybrid.training.base_models import static_model

STUDIES = sorted((Path(__file__).parents[2] / "examples" / "studies").glob("*.yaml"))
CELLS = {
    "debias": (9, 4),
    "language_scaling": (16, 6),
    "languages": (32, 6),
    "losses": (15, 6),
    "low_resource": (9, 6),
    "negatives": (4, 4),
    "out_of_domain": (9, 6),
    "paper": (15, 10),
    "reasoning": (6, 4),
    "rivals": (24, 8),
    "robustness": (6, 4),
    "transformer": (8, 8),
}
MODELS = {path.stem: "static" for path in STUDIES} | {"transformer": "sentence-transformers/all-MiniLM-L6-v2"}

MINED = {"negatives": "mined"}  # what their headers mine first
TRAINED = MINED | {"languages": "tatoeba"}

each = pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def mined(tmp_path_factory):
    """A folder in which pairs with hard negatives were mined."""
    folder, pairs = tmp_path_factory.mktemp("studies"), load_pairs("sample", languages=["de", "en"])
    source = Source(Encoder(static_model(pairs, 8)))
    mine_negatives(pairs, source, folder / "mined", MiningOptions(4, margin=None))
    (folder / "words.txt").write_text("the der\n")
    return folder


@pytest.fixture(scope="session")
def sentences(tmp_path_factory):
    """A folder with made-up sentences and translations under all names of Tatoeba's files."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "tatoeba").mkdir()
    for path in TATOEBA._files.urls:
        (folder / path).write_text("".join(f"{path[16:]} {number}\n" for number in range(120)))
    return folder


@pytest.fixture(autouse=True)
def _there(mined, monkeypatch):
    monkeypatch.chdir(mined)


def test_all_are_there():
    assert [path.stem for path in STUDIES] == sorted(CELLS)


@each
def test_quick_form_passes_all_checks(path):
    study = read_study(path, quick=True)
    cells, left_out = build_cells(study)
    check_study(study, cells)
    assert (study.name, len(cells), left_out) == (path.stem, CELLS[path.stem][1], [])
    assert {cell.request.train_data for cell in cells} == {MINED.get(path.stem, "sample")}
    assert {trial.dataset for trial in study.trials} == {"sample"}


@each
def test_form_on_real_data_passes_all_checks(path, data, request, monkeypatch):
    if path.stem == "languages":
        monkeypatch.setenv("BEIR_HYBRID_DATA", str(request.getfixturevalue("sentences")))
    study = read_study(path)
    cells, left_out = build_cells(study)
    check_study(study, cells)
    assert len(cells) == CELLS[path.stem][0]
    assert {(cell.config.options["model"], cell.config.options["train_data"]) for cell in cells} == {
        (MODELS[path.stem], TRAINED.get(path.stem, "mlqa-r"))
    }
    assert {"xquad-r", "tatoeba"} & {trial.dataset for trial in study.trials}
    lacking = {"language_scaling": (9, 11)}.get(path.stem, ())
    assert left_out == [f"{number} languages are left out: mlqa-r has 7 of them." for number in lacking]


@each
@pytest.mark.parametrize("quick", [True, False], ids=["quick", "real"])
def test_cells_that_are_compared_have_equal_steps(path, quick, data, request, monkeypatch):
    if path.stem == "languages":
        monkeypatch.setenv("BEIR_HYBRID_DATA", str(request.getfixturevalue("sentences")))
    study = read_study(path, quick)
    cells, _ = build_cells(study)
    steps = {cell.config.arguments["max_steps"] for cell in cells}
    assert steps == set(study.grid.get("max_steps", steps))
    if "max_steps" not in study.grid:
        assert len(steps) == 1


@each
def test_real_thing_takes_two_changed_lines(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "# REAL: " in line]
    assert len(lines) == 2
    assert lines[0].split("#")[0].split() == ["model:", MODELS[path.stem]]


@pytest.mark.slow
def test_quick_study_is_answered_end_to_end(tmp_path, here):
    [path] = [path for path in STUDIES if path.stem == "robustness"]
    study = read_study(path, quick=True)
    folder = StudyFolder(tmp_path / "out", study, build_cells(study)[0])
    answer = run_study(folder)
    assert answer.failures == []
    assert [(verdict.kind, verdict.measure) for verdict in answer.record.verdicts] == [
        *(("cross", "map"), ("cross", "ndcg@10"), ("multi", "map"), ("multi", "ndcg@10"))
    ] * 3
    assert [verdict.statistic for verdict in answer.record.verdicts[::4]] == ["mean", "worst", "spread"]
    # what hybrid batches are for: it shows even on the sample
    assert answer.record.verdicts[0].verdict == "better"
    assert all(summary.worst_setting and summary.spread > 0 for summary in answer.record.summary)
