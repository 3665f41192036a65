"""Memory: what this process holds."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from pathlib import Path


def peak_memory(device: str = "cpu") -> int:
    """Return the most memory this process has held so far, in bytes: the accelerator's where it runs on one.

    Args:
        device: Such as ``cpu`` or ``cuda:0``.
    """
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    if peak := _in_status("VmHWM:"):  # getrusage starts with the parent's memory
        return peak
    import resource  # not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def held_memory() -> int:
    """Return the memory that this process holds now, in bytes; its peak so far where the system does not say."""
    return _in_status("VmRSS:") or peak_memory()


def return_freed() -> None:
    """Return to the system what nobody uses: glibc keeps what was freed, but at the heap's end, for later."""
    gc.collect()  # a model's parts refer to each other
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _in_status(name: str) -> int:
    """Return a line of Linux's account of this process, in bytes; 0 on other systems."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.is_file() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
