import json
import os
import shlex
import shutil
import signal

import pytest
from transformers import TrainerCallback

from beir_hybrid.training.trainer import HybridBatchTrainer

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


def test_run_that_was_killed_while_it_recorded_a_checkpoint_leaves_no_trace(invoke, interrupted):
    checkpoint = interrupted / "checkpoints" / "checkpoint-2"
    (checkpoint / "checksums.json").rename(checkpoint / ".checksums.json.x1_y2z3w.tmp")
    assert invoke(*WORDS, "--output", interrupted, *STEPS, "--resume").exception is None
    assert [path.name for path in checkpoint.glob("*checksums*")] == ["checksums.json"]


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


def test_nothing_is_left_to_resume_of_a_finished_run_and_that_is_no_failure(invoke, tmp_path):
    assert invoke(*WORDS, "--output", tmp_path / "out", *STEPS).exception is None
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    result = invoke(*WORDS, "--output", tmp_path / "out", *STEPS, "--resume")
    assert (result.exit_code, "is finished. Nothing is left to resume." in result.stdout) == (0, True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("--scale", "10"), "scale: 20.0 before, 10.0 now"),
        (("--max_steps", "8"), "is finished, with max_steps 4, not 8. To train its model further, start a run with"),
    ],
    ids=["option", "length"],
)
def test_finished_run_is_not_taken_for_another(invoke, tmp_path, changed, message):
    assert invoke(*WORDS, "--output", tmp_path / "out", *STEPS).exception is None
    result = invoke(*WORDS, "--output", tmp_path / "out", *STEPS, *changed, "--resume")
    assert (result.exit_code, message in result.stderr) == (2, True)


def test_finished_run_of_other_options_is_left_alone_by_force(invoke, tmp_path):
    assert invoke(*WORDS, "--output", tmp_path / "out", *STEPS).exception is None
    forced = (*STEPS, "--scale", "10", "--resume", "--force_resume", "True")
    result = invoke(*WORDS, "--output", tmp_path / "out", *forced)
    assert (result.exit_code, "Nothing is left to resume." in result.stdout) == (0, True)


def test_run_that_is_not_there_is_started(invoke, tmp_path):
    """So that a job that a cluster stops and queues again is one command."""
    assert invoke(*WORDS, "--output", tmp_path / "new", *STEPS, "--resume").exception is None
    assert json.loads((tmp_path / "new" / "training.json").read_text())["steps"] == 4


def test_folder_of_other_things_is_not_resumed(refused, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert "holds other things than a run to resume" in refused(*WORDS, "--output", tmp_path / "out", "--resume")


@pytest.mark.parametrize("name", ["optimizer.pt", "scheduler.pt", "rng_state.pth", "model.safetensors", "batches.json"])
def test_damaged_checkpoint_is_named_and_the_run_ends_as_an_undisturbed_one(invoke, tmp_path, caplog, name):
    folder = tmp_path / "out"
    assert invoke(*WORDS, "--output", folder, *STEPS).exception is None
    whole = (folder / "model.safetensors").read_bytes()
    for entry in folder.iterdir():
        if entry.name not in {"run.json", "checkpoints"}:
            entry.unlink()
    damaged = folder / "checkpoints" / "checkpoint-4" / name
    damaged.write_bytes(damaged.read_bytes()[:100])
    caplog.clear()
    assert invoke(*WORDS, "--output", folder, *STEPS, "--resume").exception is None
    assert f"Damaged: checkpoint-4 ({name} has 100 bytes" in caplog.text
    assert (folder / "model.safetensors").read_bytes() == whole


def test_run_without_a_whole_checkpoint_is_refused_and_left_as_it_is(invoke, interrupted):
    (interrupted / "checkpoints" / "checkpoint-2" / "optimizer.pt").unlink()
    result = invoke(*WORDS, "--output", interrupted, *STEPS, "--resume")
    assert result.exit_code == 2
    assert "holds no whole checkpoint: checkpoint-2 (optimizer.pt is missing). Put back" in result.stderr
    assert sorted(path.name for path in interrupted.iterdir()) == ["checkpoints", "run.json"]
    assert invoke(*WORDS, "--output", interrupted, *STEPS, "--overwrite").exception is None


@pytest.fixture
def signalled(monkeypatch):
    """Make a training send its own process a signal before its fourth step."""

    def arrange(number):
        class Send(TrainerCallback):
            def on_step_begin(self, args, state, control, **kwargs):
                if state.global_step == 3:
                    os.kill(os.getpid(), number)

        def added(trainer, *args, **options):
            build(trainer, *args, **options)
            trainer.add_callback(Send())

        build = HybridBatchTrainer.__init__
        monkeypatch.setattr(HybridBatchTrainer, "__init__", added)

    return arrange


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"])
def test_interruption_is_one_line_with_the_command_that_goes_on(invoke, tmp_path, signalled, monkeypatch, number, code):
    words = [*WORDS, "--output", tmp_path / "my out", *STEPS, "--query-prefix", "Q: "]
    handler = signal.getsignal(signal.SIGTERM)
    signalled(number)
    result = invoke(*words, "--overwrite")
    assert result.exit_code == code
    assert signal.getsignal(signal.SIGTERM) == handler
    told = "Interrupted after step 3 of 4. The checkpoint of step 2 is kept: --resume continues from there. Run: "
    line = next(line for line in result.stderr.splitlines() if line.startswith("Interrupted"))
    assert line.startswith(told)
    again = shlex.split(line.removeprefix(told))
    assert again[again.index("train") :] == [*map(str, words), "--resume"]
    monkeypatch.undo()
    assert invoke(*again[again.index("train") :]).exception is None
    assert json.loads((tmp_path / "my out" / "training.json").read_text())["steps"] == 4


def test_interruption_before_the_training_gives_the_same_command(invoke, tmp_path, monkeypatch):
    from beir_hybrid.training import prepare

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare, "load_selection", interrupted)
    result = invoke(*WORDS, "--output", tmp_path / "out", "--overwrite")
    assert result.exit_code == 130
    [line] = result.stderr.splitlines()
    assert line.startswith("Interrupted before the training began. Run: ")
    assert line.endswith("--overwrite")
    assert not (tmp_path / "out").exists()


def test_resume_goes_before_overwrite_of_a_config_file(invoke, interrupted, tmp_path):
    (tmp_path / "run.yaml").write_text("overwrite: true\n")
    result = invoke(*WORDS, "--config", tmp_path / "run.yaml", "--output", interrupted, *STEPS, "--resume")
    assert result.exception is None
    (tmp_path / "run.yaml").write_text("resume: true\n")
    result = invoke(*WORDS, "--config", tmp_path / "run.yaml", "--output", interrupted, *STEPS, "--overwrite")
    assert result.exception is None
    (tmp_path / "run.yaml").write_text("resume: true\noverwrite: true\n")
    result = invoke(*WORDS, "--config", tmp_path / "run.yaml", "--output", interrupted, *STEPS)
    assert "Choose one" in result.stderr
