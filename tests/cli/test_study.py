import json
from pathlib import Path

import pytest

from beir_hybrid.studies import process, runner

MINI = """
name: mini
question: Is hybrid better?
train: {model: "static:8", train_data: sample, languages: [en, de], per_device_train_batch_size: 16, max_steps: 3}
grid:
  strategy: [x-x-mono, hybrid]
  seed: [1]
evaluate:
  - {dataset: sample, languages: [en, de], measures: [map]}
claims:
  - {claim: Hybrid differs, run: {strategy: hybrid}, baseline: {strategy: x-x-mono}, measure: map}
quick:
  grid: {strategy: [hybrid]}
  claims: []
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Write a study's file; its cells run in this process."""
    monkeypatch.setattr(runner._Runner, "_process", lambda runner, cell, folder: process.main(folder.path, False))

    def write(text=MINI):
        (tmp_path / "mini.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "mini.yaml"

    return write


def test_study_prints_its_tables_and_verdicts_and_goes_on(invoke, study, tmp_path):
    words = ("study", study(), "--output", tmp_path / "out")
    first = invoke(*words)
    assert first.exception is None
    for told in (
        "Study mini",
        "2 cells: 0 finished, 2 to do.",
        "cell 1 of 2: x-x-mono, seed 1 finished in",
        "sample: means over settings and seeds; best in bold",
        "What a cell cost, means over seeds",
        "Is hybrid better?",
        "Hybrid differs:",
        "cross-lingually on sample, by map: 0.",
        f"Written to {tmp_path / 'out'}",
    ):
        assert told in first.stdout
    again = invoke(*words)
    assert again.exception is None
    assert "2 cells: 2 finished, 0 to do." in again.stdout
    assert "cell 1 of 2" not in again.stdout
    verdicts = [line for line in first.stdout.splitlines() if line.startswith("- ")]
    assert len(verdicts) == 3
    assert [line for line in again.stdout.splitlines() if line.startswith("- ")] == verdicts


def test_quick_takes_the_quick_section(invoke, study, tmp_path):
    result = invoke("study", study(), "--output", tmp_path / "out", "--quick")
    assert result.exception is None
    [cell] = [json.loads(path.read_text()) for path in (tmp_path / "out" / "cells").glob("*/cell.json")]
    assert cell["name"] == "hybrid, seed 1"
    assert "nothing was compared." in result.stdout


def test_dry_run_tells_how_many_and_how_long_and_writes_nothing(invoke, study, tmp_path):
    words = ("study", study(), "--output", tmp_path / "out")
    told = invoke(*words, "--dry-run")
    assert told.exception is None
    assert "2 cells: 0 finished, 2 to do." in told.stdout
    assert "The time that they take is estimated once the first is finished." in told.stdout
    assert not (tmp_path / "out").exists()
    invoke(*words)
    next((tmp_path / "out").glob("cells/*/done.json")).unlink()
    told = invoke(*words, "--dry-run")
    assert "2 cells: 1 finished, 1 to do." in told.stdout
    assert "They take about" in told.stdout


def test_failed_cells_are_told_and_the_exit_code_says_so(invoke, study, tmp_path, monkeypatch):
    def half(runner, cell, folder):
        if cell.request.strategy == "hybrid":
            raise OSError(28, "No space left on device", "model")
        return process.main(folder.path, False)

    path = study()
    monkeypatch.setattr(runner._Runner, "_process", half)
    result = invoke("study", path, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "hybrid, seed 1 failed: No space left on device: model Make room on the disk" in result.stdout
    assert "Traceback" not in result.output
    assert len(list(Path(tmp_path / "out").glob("cells/*/done.json"))) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("question:", "qestion:", "unknown key 'qestion'. Did you mean 'question'?", id="key"),
        pytest.param("seed: [1]", "seed: []", "so the grid has no cell", id="no-cell"),
        pytest.param("seed: [1]", f"seed: {list(range(700))}", "The grid has 1400 cells. Give --yes", id="thousands"),
        pytest.param("dataset: sample", "name: x, dataset: absent", "There is no dataset 'absent'", id="dataset"),
        pytest.param("max_steps", "max_setps", "Did you mean --max_steps?", id="argument"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(refused, study, old, new, told):
    assert old in MINI
    assert told in refused("study", study(MINI.replace(old, new)), "--output", "out")


def test_yes_allows_thousands(invoke, study, tmp_path):
    path = study(MINI.replace("seed: [1]", f"seed: {list(range(700))}"))
    result = invoke("study", path, "--output", tmp_path / "out", "--dry-run", "--yes")
    assert "1,400 cells: 0 finished" in result.stdout


def test_folder_with_other_things_is_refused(refused, study, tmp_path):
    path = study()
    assert "holds other things" in refused("study", path, "--output", tmp_path)


def test_folder_of_the_full_study_is_not_the_quick_ones(refused, invoke, study, tmp_path):
    path = study()
    invoke("study", path, "--output", tmp_path / "out", "--quick")
    told = refused("study", path, "--output", tmp_path / "out")
    assert "holds another study: 'mini' is not 'mini' (other quick form)" in told


def test_study_of_another_schema_is_refused(refused, study, tmp_path):
    path = study()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "study.json").write_text('{"schema": 2}')
    assert "is not of schema version 1" in refused("study", path, "--output", tmp_path / "out")


def test_check_compares_a_finished_study_with_what_its_file_expects(invoke, study, tmp_path):
    path, out = study(), tmp_path / "out"
    invoke("study", path, "--output", out)
    record = json.loads((out / "study.json").read_text())
    means = {one["values"]["strategy"]: one["mean"] for one in record["summary"] if one["kind"] == "mono"}
    entry = "    - {{run: {{strategy: {}}}, kind: mono, measure: map, value: {}, tolerance: 0.001}}\n"
    right = "expected:\n  values:\n" + "".join(entry.format(*each) for each in means.items())
    told = invoke("study", study(MINI + right), "--output", out, "--check")
    assert told.exception is None
    assert told.stdout.count("OK") == 3  # and once in the note
    assert "cell 1 of 2" not in told.stdout
    wrong = right.replace(f"value: {means['hybrid']}", f"value: {means['hybrid'] + 0.5}")
    told = invoke("study", study(MINI + wrong), "--output", out, "--check")
    assert told.exit_code == 1
    assert "off" in told.stdout


def test_check_without_expected_numbers_or_a_finished_study_is_refused(refused, study, tmp_path):
    expected = "expected:\n  values:\n    - {kind: mono, measure: map, value: 1, tolerance: 1}\n"
    assert "expects no numbers of its full form" in refused("study", study(), "--output", tmp_path / "a", "--check")
    told = refused("study", study(MINI + expected), "--output", tmp_path / "a", "--check")
    assert "study.json" in told
