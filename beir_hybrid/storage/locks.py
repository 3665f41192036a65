"""A lock on a folder, so that no two processes write the same things."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from beir_hybrid.errors import OutputError

LOCK = ".lock"
"""Name of the file in the folder; it is there only while the lock is held, or after a process was killed."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}  # a file system that cannot lock, such as some networks'


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder while it is written; the system gives it back when the process ends, however it ends.

    The folder is made, and goes again if nothing was put into it. Where there is no ``fcntl`` (Windows) or the file
    system cannot lock, nothing is locked. A killed process holds nothing, but leaves the file.

    Args:
        folder: The folder.
        what: What the message of a refusal names: that which the folder is for.

    Raises:
        OutputError: If another process holds it, or it cannot be made.
    """
    path = folder / LOCK
    made = [each for each in (folder, *folder.absolute().parents) if not each.exists()]
    try:
        handle = _lock(path)
    except BlockingIOError as error:
        raise OutputError(
            f"Another process is writing {what}.", "Wait for it, or choose another place: --output DIR"
        ) from error
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}.", "Choose another folder.") from error
    try:
        yield
    finally:
        if handle is not None:
            path.unlink(missing_ok=True)  # while it is held: nobody else's can be met
            os.close(handle)
        with suppress(OSError):  # there is something in it
            for each in made:
                each.rmdir()


def _lock(path: Path) -> int | None:
    """Make the file with its folder and lock it; None where nothing is locked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        return None
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # its last holder has just deleted the folder
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return handle
        except OSError as error:
            os.close(handle)
            if error.errno not in _NO_LOCKS:
                raise
            path.unlink(missing_ok=True)
            return None
        os.close(handle)  # its last holder has just deleted the file
