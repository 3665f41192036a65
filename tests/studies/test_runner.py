import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.studies import runner as module
from beir_hybrid.studies.runner import run_study, time_left

COMMAND = (sys.executable, "-c", "from beir_hybrid.cli.main import main; main()", "study")


class Recorder:
    def __init__(self):
        self.told = []

    def begins(self, cell):
        self.told.append(("begins", cell.name))

    def ends(self, cell, failed, seconds, left):
        assert seconds > 0
        self.told.append(("failed" if failed else "ends", cell.name, left is None))


def files(folder):
    """Everything of the cells with the times of its last change."""
    return {
        path: path.stat().st_mtime_ns for path in folder.of(folder.cells[0]).path.parent.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("seconds", "cells", "jobs", "left"),
    [([], 4, 1, None), ([10.0], 4, 1, 40.0), ([10.0, 20.0], 4, 2, 30.0), ([10.0], 3, 4, 10.0), ([10.0], 0, 1, 0.0)],
)
def test_time_left_is_the_mean_times_the_rounds(seconds, cells, jobs, left):
    assert time_left(seconds, cells, jobs) == left


def test_every_cell_runs_once_and_the_study_is_answered(opened, here, read):
    folder, watcher = opened(), Recorder()
    answer = run_study(folder, watcher=watcher)
    assert answer.failures == []
    assert here == [cell.name for cell in folder.cells]
    assert watcher.told[:3] == [
        ("begins", "x-x-mono, seed 1"),
        ("ends", "x-x-mono, seed 1", False),
        ("begins", "x-x-mono, seed 2"),
    ]
    content = read(folder.path / "study.json")
    assert [verdict["kind"] for verdict in content["verdicts"]] == ["mono", "cross", "multi", "multi"]
    assert content["answer"] == answer.record.answer
    assert len(content["summary"]) == 2 * 4
    before = files(folder)
    run_study(folder)
    assert len(here) == 4  # no finished cell ran again
    assert files(folder) == before


def test_failed_cell_harms_no_other_and_is_tried_again(opened, here, read, monkeypatch):
    from beir_hybrid.studies import training

    train = training.train

    def fails_for_one(request, callbacks):
        if request.strategy == "hybrid" and request.arguments["seed"] == 2:
            raise OSError(28, "No space left on device")
        return train(request, callbacks=callbacks)

    folder = opened()
    with monkeypatch.context() as patched:
        patched.setattr(training, "train", fails_for_one)
        answer = run_study(folder)
    [(cell, failed)] = answer.failures
    assert (cell.name, failed.error) == ("hybrid, seed 2", "No space left on device")
    assert [folder.state(cell) for cell in folder.cells] == ["finished"] * 3 + ["failed"]
    told = read(folder.of(cell).path / "failed.json")
    assert told == {"schema": 1, "error": failed.error, "hint": failed.hint}
    assert {verdict.seeds for verdict in answer.record.verdicts} == {1}
    assert "hybrid, seed 2 is not finished, and is left out." in answer.record.remarks
    answer = run_study(folder)
    assert (here[4:], answer.failures) == (["hybrid, seed 2"], [])
    assert not (folder.of(cell).path / "failed.json").exists()
    assert {verdict.seeds for verdict in answer.record.verdicts} == {2}


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("results.json", lambda found: found.replace(b'"schema": 1', b'"schema": 7')),
        ("results.json", lambda found: found[: len(found) // 2]),
        ("queries.parquet", lambda found: found[: len(found) // 2]),
    ],
    ids=["schema", "cut off", "query values"],
)
def test_cell_whose_results_cannot_be_read_runs_again_alone(opened, here, file, damage):
    folder = opened()
    run_study(folder)
    path = folder.of(folder.cells[1]).path / "evaluations" / "sample" / file
    path.write_bytes(damage(path.read_bytes()))
    assert folder.state(folder.cells[1]) == "open"
    answer = run_study(folder)
    assert answer.failures == []
    assert here[4:] == [folder.cells[1].name]
    assert {verdict.seeds for verdict in answer.record.verdicts} == {2}


def test_last_answer_stays_until_there_is_a_new_one(opened, here, read, monkeypatch):
    folder = opened()
    run_study(folder)
    before = read(folder.path / "study.json")
    assert before["verdicts"]
    (folder.of(folder.cells[0]).path / "done.json").unlink()

    class Interrupts(Recorder):
        def begins(self, cell):
            assert read(folder.path / "study.json") == before
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_study(folder, watcher=Interrupts())
    assert read(folder.path / "study.json") == before


def test_cell_whose_folder_cannot_be_made_harms_no_other(opened, here):
    folder = opened()
    folder.write(folder.record())
    first = folder.of(folder.cells[0]).path
    first.parent.mkdir(parents=True)
    first.touch()
    [(cell, _)] = run_study(folder).failures
    assert cell is folder.cells[0]
    assert [folder.state(cell) for cell in folder.cells[1:]] == ["finished"] * 3


def test_at_least_one_job_is_needed(opened):
    with pytest.raises(ConfigurationError, match="number of jobs is 0"):
        run_study(opened(), jobs=0)


def test_threads_are_shared_and_static_models_take_one(opened, mini, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(module, "processors", lambda: 8)
    static, other = opened().cells[0], opened(mini.replace("static:8", "some/model")).cells[0]
    threads = [module._environment(cell, 2)["OMP_NUM_THREADS"] for cell in (static, other)]
    assert threads == ["1", "4"]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert module._environment(other, 2)["OMP_NUM_THREADS"] == "3"


def test_process_that_dies_is_a_failure_and_the_other_goes_on(opened, mini, monkeypatch):
    """Two real processes at a time; the first is ended by a signal."""
    begin = subprocess.Popen

    def deadly(words, **given):
        process = begin(words, **given)
        if not killed:
            killed.append(process.pid)
            process.kill()
        return process

    killed = []
    monkeypatch.setattr(module.subprocess, "Popen", deadly)
    folder = opened(mini.replace("seed: [1, 2]", "seed: [1]"))
    [(_, failed)] = run_study(folder, jobs=2).failures
    assert failed.error == "Its process was ended by signal 9."
    states = sorted(folder.state(cell) for cell in folder.cells)
    assert states == ["failed", "finished"]
    [finished] = [cell for cell in folder.cells if folder.state(cell) == "finished"]
    assert "Hugging" not in (folder.of(finished).path / "log.txt").read_text()


@pytest.mark.parametrize(
    "interrupt",
    [lambda runner, process: runner.stop(), lambda runner, process: process.send_signal(signal.SIGINT)],
    ids=["stopped", "SIGINT"],
)
def test_interrupted_cell_is_open_and_did_not_fail(opened, monkeypatch, interrupt):
    folder = opened()
    runner, begin = module._Runner(folder, 1), subprocess.Popen

    def begins(words, **given):
        process = begin(words, **given)
        threading.Timer(0.2, interrupt, (runner, process)).start()
        return process

    monkeypatch.setattr(module.subprocess, "Popen", begins)
    assert runner.run(folder.cells[0]).error == "The study was interrupted."
    assert folder.state(folder.cells[0]) == "open"
    assert not (folder.of(folder.cells[0]).path / "failed.json").exists()


@pytest.mark.slow
def test_study_killed_in_the_middle_goes_on_to_the_same_end(write, tmp_path, read):
    words = [*COMMAND, str(write())]
    assert subprocess.run([*words, "--output", str(tmp_path / "whole")], cwd=tmp_path).returncode == 0
    cut = tmp_path / "cut"
    process = subprocess.Popen([*words, "--output", str(cut)], cwd=tmp_path)
    while len(list(cut.glob("cells/*/done.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {path.parent: path.stat().st_mtime_ns for path in cut.glob("cells/*/done.json")}
    assert len(done) < 4
    assert subprocess.run([*words, "--output", str(cut)], cwd=tmp_path).returncode == 0
    assert {folder: (folder / "done.json").stat().st_mtime_ns for folder in done} == done
    assert read(cut / "study.json") == read(tmp_path / "whole" / "study.json")


@pytest.mark.slow
def test_processes_of_a_killed_study_end_with_it(write, tmp_path):
    process = subprocess.Popen([*COMMAND, str(write()), "--output", str(tmp_path / "out")], cwd=tmp_path)
    while not list(tmp_path.glob("out/cells/*/run.json")) and not list(tmp_path.glob("out/cells/*/.training")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(1)
    before = sorted(path for path in tmp_path.glob("out/cells/**/*"))
    time.sleep(3)
    assert sorted(path for path in tmp_path.glob("out/cells/**/*")) == before
    assert not list(tmp_path.glob("out/cells/*/done.json"))


@pytest.mark.slow
def test_file_too_large_for_the_disk_fails_its_cell_alone(write, mini, tmp_path):
    """The limit on a file's size stands in for a full disk: the small model fits, the large one does not."""
    import resource

    text = mini.replace('model: "static:8", ', "").replace("seed: [1, 2]", 'model: ["static:8", "static:512"]')
    text = text[: text.index("claims:")]
    limit = 400_000
    found = subprocess.run(
        [*COMMAND, str(write(text)), "--output", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert found.returncode == 1
    cells = {
        cell["name"]: path for path in tmp_path.glob("out/cells/*/cell.json") for cell in [json.loads(path.read_text())]
    }
    for name, path in cells.items():
        state = {"done": (path.parent / "done.json").exists(), "failed": (path.parent / "failed.json").exists()}
        assert state == {"done": "static:8" in name, "failed": "static:512" in name}
    assert "Traceback" not in found.stdout + found.stderr
    assert found.stdout.count("static:512 failed") == 4  # as it fails, and at the end, for two strategies
