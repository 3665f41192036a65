"""The processes that share a training run."""

import time

DRAIN_SECONDS = 0.2


def leave_processes() -> None:
    """Part from the other processes of a run, as torch asks a program to do before it ends; alone, do nothing.

    A process that ends with its group open, or within milliseconds of its last exchange, may abort or hang: the threads
    of the group free that exchange's tensors, for which they need the interpreter's lock, while the main thread, which
    holds it, waits for them to end. ``torchrun`` then reports a finished run as failed. So the group is closed, and the
    lock let go of for a moment.
    """
    from accelerate.state import PartialState

    processes = PartialState()
    if processes.num_processes > 1:
        processes.destroy_process_group()
        time.sleep(DRAIN_SECONDS)
