"""ClusterContract: what this package relies on in a cluster."""

from __future__ import annotations

import os
import platform
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from beir_hybrid.errors import BeirHybridError, MissingDataError, WorkerError
from beir_hybrid.registry import CLUSTERS
from beir_hybrid.testing.expectation import Contract, built, expect, expect_none, expect_refusal
from beir_hybrid.workers import Workers, open_workers

_TASKS = 12
_SOON = 20.0  # seconds in which processes must have ended
_PAUSE = 0.2  # seconds of a task that takes a while


class ClusterContract(Contract):
    """Tests of a cluster. Subclass it, name the class ``Test...``, set ``name``.

    Its workers must run on this machine, as tests look for their processes and files.

    Attributes:
        name: The registered name.
        address: The address that starts it here.
        workers: How many workers are asked for.

    Examples:
        ::

            class TestRay(ClusterContract):
                name = "ray"
    """

    registry = CLUSTERS
    address: ClassVar[str] = "local"
    workers: ClassVar[int] = 2

    @pytest.fixture(scope="class")
    @classmethod
    def opened(cls) -> Iterator[Workers]:
        """The workers, for all tests but the one that closes them."""
        with cls._open() as workers:
            yield workers

    def test_there_are_as_many_workers_as_asked_for(self, opened: Workers) -> None:
        """``count`` is what ``--workers`` says."""
        expect(opened.count == self.workers, f"count is {opened.count}.", f"{self.workers} are asked for.")

    def test_every_task_is_done_once(self, opened: Workers) -> None:
        """There is one result for each task, with its number, and ``advance`` is called with all weights."""
        advanced: list[float] = []
        weights = [number + 0.5 for number in range(_TASKS)]
        answers = list(opened.run(_double, range(100, 100 + _TASKS), weights=weights, advance=advanced.append))
        expect(
            sorted(answers) == [(number, 200 + 2 * number) for number in range(_TASKS)],
            f"Doubling 100 to {99 + _TASKS} gives {sorted(answers)}.",
            "Yield the number of each task, from 0 on, with its result.",
        )
        expect(sorted(advanced) == weights, f"advance() gets {sorted(advanced)}.", f"The weights are {weights}.")

    def test_without_weights_each_task_counts_one(self, opened: Workers) -> None:
        """``advance`` is called with 1 for each task, and no tasks have no results."""
        advanced: list[float] = []
        answers = list(opened.run(_double, [1, 2], advance=advanced.append)) + list(opened.run(_double, []))
        expect(len(answers) == 2, f"Two tasks and none give {answers}.", "Yield a pair for each task.")
        expect(advanced == [1, 1], f"advance() gets {advanced}.", "Call it with 1 where there are no weights.")

    def test_work_is_kept_by_its_workers(self, opened: Workers) -> None:
        """What the work loads is loaded once by each worker."""
        loaded = {answer for _, answer in opened.run(_Loading(), range(_TASKS))}
        expect(
            len(loaded) <= opened.count,
            f"{opened.count} workers load {len(loaded)} times for {_TASKS} tasks.",
            "Unpickle the work once in each worker, and keep it.",
        )

    def test_own_error_is_raised_as_it_is(self, opened: Workers) -> None:
        """An error of this package is raised with its class, problem and fix, and other tasks can be done then."""
        try:
            list(opened.run(_fail, ["ours"] * 3))
        except Exception as error:  # whatever it is
            same = type(error) is MissingDataError and (error.problem, error.fix) == ("It is lost.", "Find it.")
            expect(same, f"MissingDataError arrives as {error!r}.", "Raise what the task raised.")
        else:
            pytest.fail("The error of a task is lost. Raise it.", pytrace=False)
        answers = list(opened.run(_double, [4]))
        expect(answers == [(0, 8)], f"After an error, doubling 4 gives {answers}.", "Let run() be called again.")

    def test_other_error_is_a_line_that_names_the_task(self, opened: Workers) -> None:
        """Any other exception becomes an error of this package, which names the task."""
        what, remedy = "A task that divides by zero", "Wrap what it raises, and name the task."
        try:
            list(opened.run(_fail, ["a name"]))
        except BeirHybridError as error:
            expect("a name" in str(error), f"{what} is told as {str(error)!r}.", remedy)
        except Exception as error:  # the wrong one
            pytest.fail(f"{what} raises {error!r}, not a BeirHybridError. {remedy}", pytrace=False)
        else:
            pytest.fail(f"{what} is not told. {remedy}", pytrace=False)

    def test_task_of_a_killed_worker_is_done_again(self, opened: Workers, tmp_path: Path) -> None:
        """A worker that is killed is replaced, and no task is lost."""
        work = _Dying(str(tmp_path), times=1)
        answers = built(lambda: sorted(opened.run(work, range(4))), self.name)
        expect(
            answers == [(number, number) for number in range(4)],
            f"With a worker killed at task 2 of 0 to 3, the results are {answers}.",
            "Give its tasks to another worker.",
        )

    def test_task_that_kills_every_worker_is_named(self, opened: Workers, tmp_path: Path) -> None:
        """Where every worker dies of a task, it is named after a few of them."""
        work = _Dying(str(tmp_path), times=50)
        expect_refusal(
            lambda: list(opened.run(work, range(4))), WorkerError, "A deadly task", "Give up after a few workers."
        )
        expect(
            len(list(tmp_path.iterdir())) <= 10,
            f"{len(list(tmp_path.iterdir()))} workers die of a task.",
            "Give up after a few.",
        )

    def test_nothing_goes_on_when_the_caller_stops(self, opened: Workers, tmp_path: Path) -> None:
        """Where the caller wants no more results, no further task is begun."""
        answers = opened.run(_Slow(str(tmp_path)), range(100))
        next(iter(answers))
        answers.close()  # type: ignore[attr-defined]  # a generator, or else it says so here
        time.sleep(_PAUSE)
        begun = len(list(tmp_path.iterdir()))
        time.sleep(5 * _PAUSE)
        more = len(list(tmp_path.iterdir())) - begun
        expect(not more, f"{more} tasks are begun after the caller stopped.", "End the workers that are busy.")

    def test_closing_ends_all_processes(self) -> None:
        """After ``close`` no worker is left."""
        with self._open() as workers:
            processes = {answer for _, answer in workers.run(_who, range(_TASKS))}
        here = {number for node, number in processes if node == platform.node()} - {os.getpid()}
        deadline = time.monotonic() + _SOON
        while (running := [str(number) for number in here if _is_running(number)]) and time.monotonic() < deadline:
            time.sleep(0.1)
        expect_none(running, "After close(), the processes {} are running.", "End them.")

    @classmethod
    def _open(cls) -> Workers:
        cls.registered()
        return built(lambda: open_workers(f"{cls.name}:{cls.address}", cls.workers), cls.name)


def _double(task: int) -> int:
    return 2 * task


def _fail(task: str) -> Any:
    if task == "ours":
        raise MissingDataError("It is lost.", "Find it.")
    return 1 // 0


def _who(task: int) -> tuple[str, int]:
    return platform.node(), os.getpid()


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


class _Loading:
    """Work that loads something large."""

    @cached_property
    def _large(self) -> str:
        return uuid4().hex

    def __call__(self, task: int) -> str:
        return self._large


@dataclass(frozen=True)
class _Dying:
    """Work whose task 2 kills its worker some times, each of which leaves a file; never the caller's process."""

    folder: str
    times: int
    caller: int = field(default_factory=os.getpid)

    def __call__(self, task: int) -> int:
        before = len(list(Path(self.folder).iterdir())) if task == 2 else self.times
        if before < self.times and os.getpid() != self.caller:
            (Path(self.folder) / str(before)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return task


@dataclass(frozen=True)
class _Slow:
    """Work whose tasks take a while, and leave a file each when they begin."""

    folder: str

    def __call__(self, task: int) -> int:
        (Path(self.folder) / str(task)).touch()
        time.sleep(_PAUSE)
        return task
