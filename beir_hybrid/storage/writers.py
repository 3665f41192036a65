"""Who writes an unfinished file or folder, told by its name, so that what dead processes left can be removed."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

STALE_SECONDS = 86_400
"""What has not changed for a day was left unfinished, whoever wrote it."""

_MARK = re.compile(r"-([0-9a-f]{8})-(\d+)\b")


def writer_mark() -> str:
    """Return what tells this process from others, for a name: where it runs, and its number there.

    Examples:
        >>> is_abandoned(Path(f".shard-0{writer_mark()}.tmp"))
        False
    """
    return f"-{_place()}-{os.getpid()}"


def is_abandoned(path: Path) -> bool:
    """Return whether nobody writes to a file or folder any more.

    Its writer is dead, by the mark in its name, or nothing in it has changed for a day: processes of other machines,
    containers and earlier starts of this machine cannot be seen.

    Args:
        path: With the :func:`writer_mark` of who began it, if it has one.
    """
    *_, (place, number) = [("", ""), *_MARK.findall(path.name)]
    if place == _place():
        return not _runs(int(number))
    try:
        return max(each.stat().st_mtime for each in (path, *path.rglob("*"))) < time.time() - STALE_SECONDS
    except OSError:  # its writer is at work on it, or has just removed it
        return False


@cache
def _place() -> str:
    """Hash what processes have in common that see each other: the machine since its start, and the container."""
    about = [platform.node()]
    with suppress(OSError):  # of systems without containers
        about.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        about.append(str(Path("/proc/self/ns/pid").readlink()))
    return blake2b(repr(about).encode(), digest_size=4).hexdigest()


def _runs(number: int) -> bool:
    if sys.platform == "win32":  # where asking would end it
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
