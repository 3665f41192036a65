"""The processes that share a training run."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from uuid import uuid4

from beir_hybrid.errors import BeirHybridError

DRAIN_SECONDS = 0.2

Result = TypeVar("Result")


def is_first_process() -> bool:
    """Return whether this process is the first of those that were launched together, or alone: the one that writes."""
    return process_rank() == 0


def process_rank() -> int:
    """Return this process's number among those that were launched together, on all nodes; 0 alone."""
    return int(os.environ.get("RANK", "0"))


def launched_processes() -> int:
    """Return the number of processes that were launched together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def gathered(value: Any) -> list[Any]:
    """Return what each process of a run gives, in the order of their ranks; all of them must call this.

    Args:
        value: Anything that can be pickled; sent by torch among the processes of one run.
    """
    if launched_processes() == 1:
        return [value]
    from accelerate.utils import gather_object

    values: list[Any] = gather_object([value])
    return values


def together(step: Callable[[], Result]) -> Result:
    """Take a step on each process of a run; what any raises is raised on all, so that none waits for one that left.

    Args:
        step: What to do; called once.

    Raises:
        BeirHybridError: The process's own error, or else that of the first process that has one.
    """
    mine: BeirHybridError | None = None
    try:
        result = step()
    except BeirHybridError as error:
        mine = error
    errors = [error for error in gathered(None if mine is None else (type(mine), mine.problem, mine.fix)) if error]
    if mine is not None:
        raise mine
    if errors:
        kind, problem, fix = errors[0]
        raise kind(problem, fix)
    return result


def all_see(folder: Path, hidden: str) -> bool:
    """Return whether all processes of a run see the files that the first of them writes into a folder.

    Args:
        folder: The same path on each process; the first one's must be there.
        hidden: Begins the name of the empty file that is written for this, and removed.
    """
    token = folder / f"{hidden}{gathered(uuid4().hex)[0]}.tmp"  # a new name: networks' file systems remember old ones
    if is_first_process():
        token.touch()
    gathered(None)  # it is there
    seen = all(gathered(token.exists()))
    if is_first_process():
        token.unlink(missing_ok=True)
    return seen


def leave_processes() -> None:
    """Leave the other processes of a run, as torch asks a program to do before it ends; alone, do nothing.

    A process that ends with its group open, or within milliseconds of its last exchange, may abort or hang: the threads
    of the group free that exchange's tensors, for which they need the interpreter's lock, while the main thread, which
    holds it, waits for them to end. ``torchrun`` then reports a finished run as failed. So the group is closed, and the
    lock released for a moment.
    """
    import torch.distributed

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        time.sleep(DRAIN_SECONDS)


class ReceivedSignal:
    """The signal that interrupts a block; see :func:`interrupted_by_signals`.

    Attributes:
        number: SIGINT until another one was received.
    """

    def __init__(self) -> None:
        self.number: int = signal.SIGINT

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Interrupt what runs, as a signal's handler."""
        self.number = number
        raise KeyboardInterrupt


@contextmanager
def interrupted_by_signals() -> Iterator[ReceivedSignal]:
    """Let a cluster's signal to end (SIGTERM) raise KeyboardInterrupt within a block, as Ctrl-C does.

    Yields:
        The signal, once one was received.
    """
    received = ReceivedSignal()
    if threading.current_thread() is not threading.main_thread():  # no other may set what a signal does
        yield received
        return
    before = signal.signal(signal.SIGTERM, received.interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
