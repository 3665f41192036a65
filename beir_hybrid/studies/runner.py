"""Running a study: each cell in a process of its own, several at a time, finished ones not again."""

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
from dataclasses import replace
from typing import Protocol

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.models import is_static
from beir_hybrid.studies.answer import Answer, find_answer
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.cell_folder import CellFolder
from beir_hybrid.studies.record import Failure
from beir_hybrid.studies.study_folder import StudyFolder
from beir_hybrid.workers import processors

_INTERRUPTED = Failure("The study was interrupted.", "Run it again.")


class Watcher(Protocol):
    """Follows the progress of a study."""

    def begins(self, cell: Cell) -> None:
        """Note that a cell begins."""

    def ends(self, cell: Cell, failed: Failure | None, seconds: float, left: float | None) -> None:
        """Note that a cell ends.

        Args:
            cell: The cell.
            failed: Why it failed; None if it is finished.
            seconds: The time it took.
            left: Estimate of the seconds that the others take; None if no cell has finished yet.
        """


def time_left(seconds: Sequence[float], open_cells: int, jobs: int) -> float | None:
    """Estimate how long open cells take.

    Args:
        seconds: The time that each finished cell took, with the same number of jobs.
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


def run_study(folder: StudyFolder, jobs: int = 1, watcher: Watcher | None = None) -> Answer:
    """Train and evaluate the cells that are not finished, and judge the study's claims.

    Args:
        folder: Where it is kept.
        jobs: Cells at a time.
        watcher: Follows its progress.

    Raises:
        ConfigurationError: If the number of jobs is below 1.
        OutputError: If the folder holds other things or cannot be written, or another study runs there.
    """
    if jobs < 1:
        raise ConfigurationError(f"The number of jobs is {jobs}.", "Give at least 1.")
    folder.check()
    with folder.locked():
        folder.write(folder.record())  # the last results stay until there are new ones
        cells = [cell for cell in folder.cells if folder.state(cell) != "finished"]
        failures = _run_cells(folder, cells, jobs, watcher)
        answer = find_answer(folder)
        folder.write(answer.record)
    return replace(answer, failures=failures)


def _run_cells(
    folder: StudyFolder, cells: Sequence[Cell], jobs: int, watcher: Watcher | None
) -> list[tuple[Cell, Failure]]:
    failures: dict[str, tuple[Cell, Failure]] = {}
    runner = _Runner(folder, jobs)
    taken = folder.seconds()
    pool = ThreadPoolExecutor(jobs)
    begun: dict[Future[Failure | None], tuple[Cell, float]] = {}
    waiting = list(cells)
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
                if failed is None:
                    taken.append(seconds)
                else:
                    failures[cell.id] = (cell, failed)
                if watcher is not None:
                    watcher.ends(cell, failed, seconds, time_left(taken, len(waiting) + len(begun), jobs))
    finally:
        runner.stop()  # nothing runs any more unless this was interrupted
        pool.shutdown()
    return [failures[cell.id] for cell in cells if cell.id in failures]


class _Runner:
    """Starts processes, and ends them when the study is interrupted."""

    def __init__(self, folder: StudyFolder, jobs: int) -> None:
        self.folder = folder
        self.jobs = jobs
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self._guard = threading.Lock()

    def run(self, cell: Cell) -> Failure | None:
        """Run one cell, and return why it failed; None if it did not."""
        folder = self.folder.of(cell)
        try:
            folder.begin(cell)
            failed = self._process(cell, folder)
        except OSError as error:  # our own OutputError is one too
            failed = Failure.of(error)
        if failed is not None and failed is not _INTERRUPTED:
            folder.fail(failed)
        return failed

    def _process(self, cell: Cell, folder: CellFolder) -> Failure | None:
        keep = "keep" if self.folder.study.keep_models else "drop"
        words = [sys.executable, "-m", "beir_hybrid.studies.process", str(folder.path), keep]
        with folder.log.open("wb") as log:
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
            reported = json.loads(answer)
        except ValueError:
            if self._stopped or code == -signal.SIGINT:  # which a terminal sends to this process too
                return _INTERRUPTED
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            hint = "It may have run out of memory; see its log.txt." if code == -9 else "See its log.txt."
            return Failure(f"Its process was ended {how}.", hint)
        return Failure(**reported) if reported else None

    def stop(self) -> None:
        """Kill the processes that run."""
        with self._guard:
            self._stopped = True
            for process in self._running:
                process.kill()


def _environment(cell: Cell, jobs: int) -> dict[str, str]:
    """Share the cores among cells, always in the same way, so that sums are rounded alike."""
    given = dict(os.environ)
    given["TOKENIZERS_PARALLELISM"] = "false"
    # looking vectors up gains nothing from threads, which wait for one another
    threads = 1 if is_static(cell.request.model) else max(1, processors() // jobs)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        given.setdefault(name, str(threads))
    return given
