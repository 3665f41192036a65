"""Running a study: each cell in a process of its own, several at a time, finished ones never again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.models import is_static
from beir_hybrid.studies.answer import Answer, find_answer
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.folder import StudyFolder
from beir_hybrid.studies.process import failure

_INTERRUPTED = {"error": "The study was interrupted.", "hint": "Run it again."}


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes:
        cell: The cell.
        error: What went wrong, in a line.
        hint: What to do about it, in a line.
    """

    cell: Cell
    error: str
    hint: str


class Watcher(Protocol):
    """Is told how a study goes on."""

    def begins(self, cell: Cell) -> None:
        """A cell begins."""

    def ends(self, cell: Cell, failed: Failure | None, seconds: float, left: float | None) -> None:
        """A cell ends.

        Args:
            cell: The cell.
            failed: Why it failed; None if it is finished.
            seconds: What it took.
            left: Seconds that the others are likely to take; None if no cell has finished yet.
        """


def time_left(seconds: Sequence[float], open_cells: int, jobs: int) -> float | None:
    """Estimate how long open cells take.

    Args:
        seconds: What each finished cell took; of one job, or as many at a time as now.
        open_cells: Number of cells to come.
        jobs: Cells at a time.

    Returns:
        Seconds; None where no cell has finished.

    Examples:
        >>> time_left([10.0, 20.0], open_cells=3, jobs=2)
        30.0
    """
    if not seconds:
        return None
    rounds = -(-open_cells // jobs)
    return sum(seconds) / len(seconds) * rounds


def run_study(folder: StudyFolder, jobs: int = 1, watcher: Watcher | None = None) -> tuple[Answer, list[Failure]]:
    """Train and evaluate the cells that are not finished, and find the study's answer.

    Args:
        folder: Where it is kept.
        jobs: Cells at a time.
        watcher: Is told of each cell.

    Returns:
        The answer, as far as cells are finished, and the failures.

    Raises:
        ConfigurationError: If the number of jobs is below 1.
        OutputError: If the folder holds other things or cannot be written, or another study runs there.
    """
    if jobs < 1:
        raise ConfigurationError(f"The number of jobs is {jobs}.", "Give at least 1.")
    folder.check()
    with folder.locked():
        folder.write(folder.last_answer())  # what was found stays until there is something new
        cells = [cell for cell in folder.cells if folder.state(cell) != "finished"]
        failures = _run_cells(folder, cells, jobs, watcher)
        answer = find_answer(folder)
        folder.write(answer.as_json())
    return answer, failures


def _run_cells(folder: StudyFolder, cells: Sequence[Cell], jobs: int, watcher: Watcher | None) -> list[Failure]:
    failures: list[Failure] = []
    runner = _Runner(folder, jobs)
    taken = folder.seconds()
    pool = ThreadPoolExecutor(jobs)
    begun: dict[Future[Failure | None], tuple[Cell, float]] = {}
    waiting = list(cells)
    ended = 0
    try:
        while waiting or begun:
            while waiting and len(begun) < jobs:
                cell = waiting.pop(0)
                if watcher is not None:
                    watcher.begins(cell)
                begun[pool.submit(runner.run, cell)] = (cell, time.perf_counter())
            for future in wait(begun, return_when=FIRST_COMPLETED).done:
                cell, start = begun.pop(future)
                seconds = time.perf_counter() - start
                failed = future.result()
                ended += 1
                if failed is None:
                    taken.append(seconds)
                else:
                    failures.append(failed)
                if watcher is not None:
                    watcher.ends(cell, failed, seconds, time_left(taken, len(cells) - ended, jobs))
    finally:
        runner.stop()  # nothing runs any more unless this was interrupted
        pool.shutdown()
    order = {cell.id: place for place, cell in enumerate(cells)}
    return sorted(failures, key=lambda failed: order[failed.cell.id])


class _Runner:
    """Starts processes, and ends them when the study is interrupted."""

    def __init__(self, folder: StudyFolder, jobs: int) -> None:
        self.folder = folder
        self.jobs = jobs
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._guard = threading.Lock()

    def run(self, cell: Cell) -> Failure | None:
        """Run one cell; None if it is finished in the end."""
        try:
            folder = self.folder.begin(cell)
            told = self._process(cell, folder)
        except OSError as error:  # our own OutputError is one too
            told = failure(error)
        if not told:
            return None
        if told is not _INTERRUPTED:
            self.folder.fail(cell, told)
        return Failure(cell, told["error"], told["hint"])

    def _process(self, cell: Cell, folder: Path) -> dict[str, str]:
        keep = "keep" if self.folder.study.keep_models else "drop"
        words = [sys.executable, "-m", "beir_hybrid.studies.process", str(folder), keep]
        with (folder / "log.txt").open("wb") as log:
            with self._guard:
                if self._stopped:
                    return _INTERRUPTED
                process = subprocess.Popen(  # noqa: S603  our own module, with a folder for an argument
                    words,
                    stdin=subprocess.PIPE,  # never written to: its end tells the process that this one is gone
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=_environment(cell, self.jobs),
                )
                self._running.add(process)
            with process:
                answer = process.stdout.read() if process.stdout is not None else b""
                code = process.wait()
            with self._guard:
                self._running.discard(process)
        try:
            told: dict[str, str] = json.loads(answer)
        except ValueError:
            if self._stopped or code == -signal.SIGINT:  # which a terminal sends to this process too
                return _INTERRUPTED
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            hint = "It may have run out of memory; see its log.txt." if code == -9 else "See its log.txt."
            return {"error": f"Its process was ended {how}.", "hint": hint}
        return told

    def stop(self) -> None:
        """End what runs."""
        with self._guard:
            self._stopped = True
            for process in self._running:
                process.kill()


def _environment(cell: Cell, jobs: int) -> dict[str, str]:
    """Share the cores: a cell's threads are as many every time, so that sums fall alike."""
    given = dict(os.environ)
    given["TOKENIZERS_PARALLELISM"] = "false"
    # vectors that are looked up gain nothing from threads, which wait for one another
    threads = 1 if is_static(cell.request.model) else max(1, (os.cpu_count() or 1) // jobs)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        given.setdefault(name, str(threads))
    return given
