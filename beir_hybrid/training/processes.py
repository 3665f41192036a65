"""The processes that share a training run."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DRAIN_SECONDS = 0.2


def is_first_process() -> bool:
    """Return whether this process is the first of those that were launched together, or alone: the one that writes."""
    return int(os.environ.get("RANK", "0")) == 0


def launched_processes() -> int:
    """Return the number of processes that were launched together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leave_processes() -> None:
    """Leave the other processes of a run, as torch asks a program to do before it ends; alone, do nothing.

    A process that ends with its group open, or within milliseconds of its last exchange, may abort or hang: the threads
    of the group free that exchange's tensors, for which they need the interpreter's lock, while the main thread, which
    holds it, waits for them to end. ``torchrun`` then reports a finished run as failed. So the group is closed, and the
    lock released for a moment.
    """
    from accelerate.state import PartialState

    processes = PartialState()
    if processes.num_processes > 1:
        processes.destroy_process_group()
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
