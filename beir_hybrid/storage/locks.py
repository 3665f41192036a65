"""A lock on a folder, so that no two processes write the same things."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.errors import OutputError

if TYPE_CHECKING:
    from filelock import FileLock

LOCK = ".lock"
"""Name of the file in the folder; it is there only while the lock is held, or after a process was killed."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP}  # a file system that cannot lock, such as some networks'
_PATIENCE = 0.2  # seconds, for a holder who is just removing the file


@contextmanager
def locked(folder: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Lock a folder while it is written; the system releases the lock when the process ends, however it ends.

    The folder is made, and removed again if nothing was put into it. Where the file system cannot lock, nothing is
    locked. A killed process holds nothing, but leaves the file. The library filelock holds the lock; that its file and
    empty folders are removed, and that a network's file system does not stop a run, is added here.

    Args:
        folder: The folder.
        what: What the folder is for, for the message of a refusal.
        wait: Whether to wait for another process that holds it.

    Raises:
        OutputError: If another process holds it and ``wait`` is false, or it cannot be made.
    """
    from filelock import FileLock, Timeout

    made = [each for each in (folder, *folder.absolute().parents) if not each.exists()]
    if wait and not made:  # made by another process, which may end first
        made = [folder]
    path = folder / LOCK
    lock = FileLock(path, timeout=-1 if wait else _PATIENCE)
    try:
        _acquire(lock, folder, wait)
    except Timeout as error:
        raise OutputError(
            f"Another process is writing {what}.", "Wait for it, or choose another place: --output DIR"
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise OutputError(f"{folder} cannot be written: {error.strerror}.", "Choose another folder.") from error
        path.unlink(missing_ok=True)
    try:
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):  # of Windows, where the library removes it
                path.unlink()  # while it is held, so that it is nobody else's
            lock.release()
        with suppress(OSError):  # there is something in it
            for each in made:
                each.rmdir()


def _acquire(lock: FileLock, folder: Path, wait: bool) -> None:
    """Make the folder and lock it; again, if who held it has removed the folder meanwhile."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
            return
        except FileNotFoundError:
            if not wait:
                raise
            time.sleep(_PATIENCE)
