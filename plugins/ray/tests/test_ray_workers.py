"""Workers in Ray's processes on this machine: what is said of them, and what is left of them."""

import logging
import re
import signal
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import beir_hybrid
from beir_hybrid.errors import WorkerError
from beir_hybrid.workers import open_workers

sys.path.insert(0, str(Path(__file__).parent))
import jobs  # as processes of the tests import it


@pytest.fixture(scope="module")
def workers():
    import ray

    with open_workers("local", 2) as opened:
        ray.cloudpickle.register_pickle_by_value(jobs)
        yield opened
        ray.cloudpickle.unregister_pickle_by_value(jobs)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="beir_hybrid")
    return lambda: [record.getMessage() for record in caplog.records]


def test_tasks_are_shared_by_all_workers(workers):
    assert len({process for _, (process, *_) in workers.run(jobs.begin, range(20))}) == 2


def test_no_worker_does_two_tasks_at_a_time(workers):
    times = {}
    for _, (process, began, ended) in workers.run(jobs.begin, range(10)):
        times.setdefault(process, []).append((began, ended))
    for spans in map(sorted, times.values()):
        assert all(ended <= began for (_, ended), (began, _) in pairwise(spans))


def test_threads_of_a_worker_are_its_cpus(workers):
    assert {threads for _, threads in workers.run(jobs.threads, range(4))} == {(workers._size.threads,) * 3}


def test_warning_of_a_worker_is_said_here_once(workers, said):
    list(workers.run(jobs.warn, range(8)))
    assert said() == ["3 rows are left out."]


def test_result_that_cannot_be_sent_is_one_line(workers):
    with pytest.raises(WorkerError, match=r"^A worker fails at 7: .*pickle.* See where with --verbose\.$"):
        list(workers.run(jobs.unsendable, [7]))


def test_deadly_task_is_warned_of_and_named(workers, said):
    with pytest.raises(WorkerError, match=r"^3 workers died one after another at the task 'deadly'\. Give each more"):
        list(workers.run(jobs.kill, ["first", "deadly"]))
    again = [line for line in said() if "'deadly'" in line]
    assert len(again) == 2
    assert all(
        re.fullmatch(r"A worker \(.+\) died at the task 'deadly', which another one does now\.", x) for x in again
    )


def test_worker_of_another_version_is_refused(workers, monkeypatch):
    monkeypatch.setattr(beir_hybrid, "__version__", "99")
    workers.run(jobs.slow, [1, 2]).close()
    for member in list(workers._members):
        workers._remove(member)
    workers._asked.clear()
    with pytest.raises(
        WorkerError, match=r"^The worker process .+ has beir-hybrid .+, and here is 99\. Install the same"
    ):
        list(workers.run(jobs.slow, [1, 2]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "end", "lines"),
    [
        pytest.param(signal.SIGINT, -signal.SIGINT, 10, r"(.|\n)*KeyboardInterrupt\n", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 128 + signal.SIGTERM, 10, r"(\(\d+, \d+\)\n)*", id="terminated"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, 20, r"(\(\d+, \d+\)\n)*", id="killed"),
    ],
)
def test_signalled_command_leaves_no_processes(number, code, end, lines):
    ended, left, output = jobs.signalled(number, end)
    assert (ended, left) == (code, [])
    assert re.fullmatch(lines, output)
