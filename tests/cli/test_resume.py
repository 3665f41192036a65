import json
import shutil

import pytest

WORDS = ("train", "--model", "static:8", "--train-data", "sample", "--languages", "de,en", "--strategy", "x-y")
STEPS = ("--max_steps", "4", "--save_steps", "2", "--per_device_train_batch_size", "16")


@pytest.fixture
def interrupted(invoke, tmp_path):
    """The folder of a run of four steps that was killed after its first checkpoint, at step 2."""
    folder = tmp_path / "out"
    assert invoke(*WORDS, "--output", folder, *STEPS).exception is None
    for entry in folder.iterdir():
        if entry.name not in {"run.json", "checkpoints"}:
            entry.unlink()
    shutil.rmtree(folder / "checkpoints" / "checkpoint-4")
    return folder


def test_interrupted_run_goes_on_where_it_stopped(invoke, interrupted, tmp_path):
    assert invoke(*WORDS, "--output", interrupted, *STEPS, "--resume").exception is None
    assert invoke(*WORDS, "--output", tmp_path / "whole", *STEPS).exception is None
    resumed, whole = interrupted / "model.safetensors", tmp_path / "whole" / "model.safetensors"
    assert resumed.read_bytes() == whole.read_bytes()
    assert json.loads((interrupted / "batches.json").read_text())["drawn"]["batches"] == 4


def test_run_without_a_checkpoint_starts_from_the_beginning(invoke, interrupted):
    shutil.rmtree(interrupted / "checkpoints")
    assert invoke(*WORDS, "--output", interrupted, *STEPS, "--resume").exception is None
    assert json.loads((interrupted / "training.json").read_text())["steps"] == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("--scale", "10"), "scale: 20.0 before, 10.0 now"),
        (("--seed", "3"), "seed: 42 before, 3 now"),
        (("--overwrite",), "Choose one"),
    ],
    ids=["option", "argument", "overwrite"],
)
def test_resuming_a_different_run_is_refused(invoke, interrupted, changed, message):
    request = (interrupted / "run.json").read_bytes()
    result = invoke(*WORDS, "--output", interrupted, *STEPS, "--resume", *changed)
    assert result.exit_code == 2
    assert message in result.stderr
    assert (interrupted / "run.json").read_bytes() == request
    assert (interrupted / "checkpoints" / "checkpoint-2").is_dir()


def test_nothing_is_left_to_resume_of_a_finished_run(invoke, tmp_path):
    assert invoke(*WORDS, "--output", tmp_path / "out", *STEPS).exception is None
    result = invoke(*WORDS, "--output", tmp_path / "out", *STEPS, "--resume")
    assert (result.exit_code, "is finished" in result.stderr) == (2, True)


def test_folder_without_a_run_is_not_resumed(refused):
    assert "holds no run to resume" in refused(*WORDS, "--output", "out", "--resume")
