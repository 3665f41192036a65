"""What runs in the processes of the cluster."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import beir_hybrid
from beir_hybrid import BeirHybridError, WorkerError, set_verbosity, shorten
from beir_hybrid.registry import describe_error


@dataclass
class Outcome:
    """What became of a task.

    Attributes:
        result: What the work returned.
        error: The error that it raised.
        trace: Where, for those who want to see it.
        said: What was logged meanwhile, from warnings on: levels and messages.
    """

    result: Any = None
    error: BeirHybridError | None = None
    trace: str = ""
    said: list[tuple[int, str]] = field(default_factory=list)


class _Notes(logging.Handler):
    """Keeps what is logged, for who waits for the task."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append((record.levelno, record.getMessage()))


class Worker:
    """Does tasks with one piece of work, which it keeps until another one comes.

    Args:
        folder: The folder that the command runs in, which relative paths begin at; a node may lack it.
        verbose: Whether details are logged, as where the command runs.
    """

    def __init__(self, folder: str, verbose: bool) -> None:
        with contextlib.suppress(OSError):
            os.chdir(folder)
        set_verbosity(verbose=verbose)
        self._notes = _Notes()
        logging.getLogger("beir_hybrid").addHandler(self._notes)
        self._key = -1
        self._work: Callable[[Any], Any] = repr

    def introduce(self) -> tuple[str, str]:
        """Return who it is, as host and process, and the version of beir-hybrid there."""
        return f"process {os.getpid()} on {platform.node()}", beir_hybrid.__version__

    def do(self, key: int, works: list[Any], task: Any) -> Outcome:
        """Do a task; what goes wrong is an outcome as well.

        Args:
            key: Number of the work.
            works: The reference of the work, which is read if it is another one than before.
            task: What to do.
        """
        import ray

        said: list[tuple[int, str]] = []
        self._notes.said = said
        try:
            if key != self._key:
                self._work = ray.get(works[0])
                self._key = key
            return Outcome(self._work(task), said=said)
        except BeirHybridError as error:
            return Outcome(error=error, trace=traceback.format_exc(), said=said)
        except Exception as error:  # whatever it is, whoever runs the command gets a line
            problem = f"A worker fails on {platform.node()} at {shorten(task)}: {describe_error(error)}."
            failure = WorkerError(problem, "See where with --verbose.")
            return Outcome(error=failure, trace=traceback.format_exc(), said=said)
