import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beir_hybrid.errors import OutputError
from beir_hybrid.storage import run_folder as module
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

SCRIPT = Path(__file__).with_name("kill_script.py")
WORDS = ("--per_device_train_batch_size=16", "--max_steps=4", "--save_steps=2", "--disable_tqdm=true")
ENDED = ("batches.json", "config_sentence_transformers.json", "model.safetensors", "tokenizer.json")


class Killed(BaseException):
    """Stands for kill -9: nobody catches it."""


@pytest.fixture
def run(tmp_path):
    def start(name="out", **given):
        return train(TrainingRequest("static:4", "sample", tmp_path / name, languages=("de", "en"), **given), WORDS)

    return start


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An undisturbed run."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(TrainingRequest("static:4", "sample", folder, languages=("de", "en")), WORDS)
    return folder


def contents(folder):
    return {name: (folder / name).read_bytes() for name in ENDED}


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    "left", [(LOCK,), ("checkpoints/",), (LOCK, "checkpoints/runs/"), (".run.json.x8.tmp",), ()], ids=str
)
def test_folder_of_a_run_killed_before_its_first_file_is_unstarted(tmp_path, left):
    for name in left:
        (tmp_path / name).mkdir(parents=True) if name.endswith("/") else (tmp_path / name).touch()
    assert RunFolder(tmp_path).is_unstarted()


@pytest.mark.parametrize("given", [{}, {"resume": True}, {"overwrite": True}], ids=["plain", "resume", "overwrite"])
def test_unstarted_folder_is_taken(run, tmp_path, finished, given):
    (tmp_path / "out" / "checkpoints").mkdir(parents=True)
    for name in (LOCK, ".run.json.x8.tmp"):
        (tmp_path / "out" / name).touch()
    run(**given)
    assert contents(tmp_path / "out") == contents(finished)
    assert files(tmp_path / "out") == files(finished)


@pytest.mark.parametrize("name", ["notes.txt", ".notes.tmp", "checkpoints/mine.txt", ".saving/x"])
def test_folder_with_anything_else_is_not_unstarted(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert not RunFolder(tmp_path).is_unstarted()


def test_second_run_into_a_folder_is_refused_while_the_first_writes(run, tmp_path):
    with (
        locked(tmp_path / "out", "it"),
        pytest.raises(OutputError, match=r"Another process is writing the run in .*out"),
    ):
        run()
    assert not (tmp_path / "out").exists()
    run()


def test_folder_that_was_written_meanwhile_is_refused(run, tmp_path, monkeypatch, finished):
    from beir_hybrid.training import train as training

    def late(folder, what):
        shutil.copytree(finished, folder)  # the first ends between the look at the folder and the lock
        return locked(folder, what)

    monkeypatch.setattr(training, "locked", late)
    with pytest.raises(OutputError, match="holds another run"):
        run()
    assert contents(tmp_path / "out") == contents(finished)


def killed_at(monkeypatch, number):
    """Make the process die before its N-th writing, moving or removing of a file of the run's folder."""
    seen = [0]

    def wrapped(owner, name):
        whole = getattr(owner, name)

        def counted(*args, **options):
            seen[0] += 1
            if seen[0] == number:
                raise Killed
            return whole(*args, **options)

        monkeypatch.setattr(owner, name, counted)

    for name in ("replace", "unlink", "rmdir"):
        wrapped(Path, name)
    wrapped(module, "write_json")
    wrapped(module, "_remove")
    wrapped(shutil, "rmtree")


class Trained:
    """Saves the model of a finished run, as a trainer does; with a module that has a folder of its own."""

    def __init__(self, finished):
        self.finished = finished

    def __call__(self, folder):
        Path(folder, "1_Dense").mkdir(parents=True)
        Path(folder, "1_Dense", "config.json").write_text("{}")
        for name in (*ENDED, "README.md", "modules.json"):
            shutil.copy(self.finished / name, folder)


def test_saving_that_is_killed_anywhere_is_made_up_for(tmp_path, finished, monkeypatch):
    whole = RunFolder(tmp_path / "whole")
    whole.save(Trained(finished), {"steps": 4}, [])
    number = 0
    killed = True
    while killed:
        number += 1
        folder = RunFolder(tmp_path / str(number))
        with monkeypatch.context() as patch:
            killed_at(patch, number)
            try:
                folder.save(Trained(finished), {"steps": 4}, [])
                killed = False
            except Killed:
                assert not folder.is_finished()
        if killed:
            folder.save(Trained(finished), {"steps": 4}, [])
        assert contents(folder.path) == contents(finished)
        assert files(folder.path) == files(whole.path)
    assert number > 10


@pytest.mark.parametrize("number", range(1, 9))
def test_overwriting_that_is_killed_anywhere_is_made_up_for(run, tmp_path, finished, monkeypatch, number):
    shutil.copytree(finished, tmp_path / "out")
    start = RunFolder.start
    with monkeypatch.context() as patch:

        def dying(folder, *args):
            killed_at(patch, number)
            start(folder, *args)

        patch.setattr(RunFolder, "start", dying)
        with pytest.raises(Killed):
            run(overwrite=True, scale=10.0)
    folder = RunFolder(tmp_path / "out")
    assert folder.run() is not None  # a run's folder at any moment
    with pytest.raises(OutputError, match=r"holds another run.*--overwrite"):
        run(scale=10.0)
    run(overwrite=True)
    assert contents(tmp_path / "out") == contents(finished)


def test_run_is_finished_only_when_all_is_there(run, tmp_path, monkeypatch):
    replace = Path.replace

    def watched(path, target):
        if Path(target) == tmp_path / "out" / "modules.json":
            assert {"history.json", "training.json", *ENDED} <= set(files(tmp_path / "out"))
            assert not (tmp_path / "out" / ".saving").exists()
            seen.append(path)
        return replace(path, target)

    seen = []
    monkeypatch.setattr(Path, "replace", watched)
    run()
    assert len(seen) == 1


def test_earlier_run_that_cannot_be_removed_is_told(run, tmp_path, finished, monkeypatch):
    shutil.copytree(finished, tmp_path / "out")

    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(module.shutil, "rmtree", refused)
    with pytest.raises(OutputError, match=r"checkpoints cannot be removed: Permission denied\."):
        run(overwrite=True)
    assert RunFolder(tmp_path / "out").run() is not None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="children are forked")
@pytest.mark.parametrize("how", ["again", "overwrite"])
def test_run_that_is_killed_again_and_again_ends_as_an_undisturbed_one(tmp_path, how):
    words = [sys.executable, str(SCRIPT), str(tmp_path), how, "7", "10"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("killed") == 1
    for folder in tmp_path.iterdir():
        assert contents(folder) == contents(tmp_path / "whole")
        assert files(folder) == files(tmp_path / "whole")
        assert json.loads((folder / "training.json").read_text())["steps"] == 20
