import errno
import os
import subprocess
import sys

import pytest
import torch
from transformers import TrainerCallback

from beir_hybrid.errors import BeirHybridError, ConfigurationError, OutputError
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.training.attempt import TrainingInterrupted
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train
from beir_hybrid.training.trainer import HybridBatchTrainer

WORDS = ("--per_device_train_batch_size=16", "--max_steps=4", "--save_steps=2", "--disable_tqdm=true")


@pytest.fixture
def run(tmp_path):
    def start(*words, callbacks=(), **given):
        options = TrainingRequest("static:4", "sample", tmp_path / "out", languages=("de", "en"), **given)
        return train(options, [*WORDS, *words], callbacks)

    return start


@pytest.fixture
def fail_at(monkeypatch):
    """Make the loss of one step raise."""

    def patch(step, error):
        def compute_loss(trainer, *args, **options):
            if trainer.state.global_step == step - 1:
                raise error
            return whole(trainer, *args, **options)

        whole = HybridBatchTrainer.compute_loss
        monkeypatch.setattr(HybridBatchTrainer, "compute_loss", compute_loss)

    return patch


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


REFUSED = [
    pytest.param(["--neftune_noise_alpha", "5"], "get_input_embeddings.*leave out --neftune_noise_alpha", id="neftune"),
    pytest.param(["--use_liger_kernel", "True"], "liger-kernel.*leave out --use_liger_kernel", id="liger"),
    pytest.param(["--push_to_hub", "True"], "leave out .*--push_to_hub", id="push"),
    pytest.param(["--optim", "adamw_bnb_8bit"], "bitsandbytes", id="optimizer"),
    pytest.param(["--torch_compile_backend=nonsense"], "'NONSENSE' is not a valid", id="compiler"),
]


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_what_the_host_refuses_is_one_line_and_the_corrected_request_works(run, tmp_path, words, told):
    with pytest.raises(ConfigurationError, match=rf"^Training arguments: .*{told}") as caught:
        run(*words)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    if words[0] == "--neftune_noise_alpha":
        run()
        assert RunFolder(tmp_path / "out").is_finished()


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_what_the_host_refuses_leaves_an_earlier_run_and_a_resumable_one_as_they_were(run, tmp_path, words, told):
    run()
    before = files(tmp_path / "out")
    with pytest.raises(ConfigurationError, match=told):
        run(*words, overwrite=True)
    assert files(tmp_path / "out") == before
    (tmp_path / "out" / "modules.json").unlink()
    before = files(tmp_path / "out")
    with pytest.raises(ConfigurationError, match=told):
        run(*words, resume=True)
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize(
    "error", [ValueError("a\nb"), KeyError("a"), MemoryError(), AttributeError("a" * 1000)], ids=repr
)
def test_failure_of_the_first_step_is_one_line_and_leaves_nothing(run, tmp_path, fail_at, error):
    fail_at(1, error)
    with pytest.raises(ConfigurationError) as caught:
        run()
    assert str(caught.value).startswith("Training arguments: ")
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    assert not (tmp_path / "out").exists()


def test_failure_of_a_resumed_runs_first_step_leaves_the_run(run, tmp_path, fail_at):
    fail_at(3, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run()
    before = files(tmp_path / "out")
    with pytest.raises(ConfigurationError, match=r"^The run cannot be resumed: ZeroDivisionError\. "):
        run(resume=True)
    assert files(tmp_path / "out") == before


def test_later_failures_pass_as_they_are_and_the_run_can_go_on(run, tmp_path):
    class Fail(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            if state.global_step == 3:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(callbacks=[Fail()])
    assert not RunFolder(tmp_path / "out").is_finished()
    run(resume=True)
    assert RunFolder(tmp_path / "out").is_finished()


def test_run_starts_once_where_the_host_begins_anew(run, tmp_path, monkeypatch):
    started = []
    start = RunFolder.start
    monkeypatch.setattr(RunFolder, "start", lambda folder, *args: (started.append(1), start(folder, *args)))

    class Out(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            if args.auto_find_batch_size and not tried:
                tried.append(1)
                raise torch.OutOfMemoryError("CUDA out of memory.")

    tried = []
    run("--auto_find_batch_size=true", callbacks=[Out()])
    assert (started, tried) == ([1], [1])


WRITER = "[enforce fail at inline_container.cc:672] . unexpected pos 8448 vs 8342"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded"),
        (RuntimeError(WRITER), "the disk may be full"),
        (RuntimeError("I/O error: No space left on device (os error 28)"), "No space left on device"),
    ],
    ids=["space", "quota", "torch", "words"],
)
def test_full_disk_is_one_line_that_tells_what_is_kept(run, tmp_path, monkeypatch, error, why):
    save = torch.save

    def full(content, path, *args, **options):
        if "checkpoint-4" in str(path):
            raise error
        save(content, path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(OutputError) as caught:
            run()
    assert f"out cannot be written: {why}. Make room there. The checkpoint of step 2 is kept" in str(caught.value)
    assert "\n" not in str(caught.value)
    run(resume=True)
    assert RunFolder(tmp_path / "out").is_finished()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files")
def test_files_that_grow_too_large_are_one_line(tmp_path):
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # a card fits, an optimizer does not

    words = [sys.executable, "-m", "beir_hybrid.cli.main", "train", "--model", "static:8", "--train-data", "sample"]
    words += ["--languages", "de,en", "--output", str(tmp_path / "out"), *WORDS, "--save_steps=3"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, preexec_fn=limit, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert last.endswith("No checkpoint was saved yet: --resume starts from the beginning.")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (2, "Interrupted after step 1 of 4. No checkpoint was saved yet: --resume starts from the beginning."),
        (4, "Interrupted after step 3 of 4. The checkpoint of step 2 is kept: --resume continues from there."),
    ],
)
def test_interruption_tells_how_far_the_training_was(run, fail_at, step, told):
    fail_at(step, KeyboardInterrupt())
    with pytest.raises(TrainingInterrupted) as caught:
        run()
    assert (str(caught.value), caught.value.started) == (told, True)


def test_interrupted_run_goes_on_and_ends_as_an_undisturbed_one(run, tmp_path):
    class Interrupt(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            if state.global_step == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(callbacks=[Interrupt()])
    run(resume=True)
    resumed = (tmp_path / "out" / "model.safetensors").read_bytes()
    run(overwrite=True)
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == resumed


def test_interruption_before_the_first_file_leaves_nothing(run, tmp_path, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(HybridBatchTrainer, "get_train_dataloader", interrupted)
    with pytest.raises(TrainingInterrupted, match="before the training began") as caught:
        run()
    assert not caught.value.started
    assert not (tmp_path / "out").exists()


def test_our_own_errors_pass_as_they_are(run, tmp_path, fail_at):
    fail_at(1, BeirHybridError("Ours.", "Mend it."))
    with pytest.raises(BeirHybridError, match=r"^Ours\. Mend it\.$"):
        run()
    assert not (tmp_path / "out").exists()
