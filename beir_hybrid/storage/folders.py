"""Folders that are whole or not there."""

from __future__ import annotations

import errno
import glob
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from beir_hybrid.errors import BeirHybridError, OutputError, shorten
from beir_hybrid.storage.files import no_room
from beir_hybrid.storage.writers import is_abandoned, writer_mark

_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}  # what systems say of a folder in the way of a move
_ATTEMPTS = 10


@contextmanager
def new_folder(
    folder: Path,
    keep: Callable[[Path], bool] | None = None,
    *,
    merge: bool = False,
    fix: str = "Choose another folder.",
) -> Iterator[Path]:
    """Yield a new, empty folder beside the wanted one, and move it there if the block ends well.

    A killed process leaves the old folder or the new one, never a part; what it left beside them is removed by the next
    one on the same machine, or after a day. Where the wanted place is a link to a folder, that folder is replaced and
    the link stays.

    Args:
        folder: Where the folder belongs; missing folders above it are made.
        keep: Called with a folder that is in the way once the new one is whole. Whether to leave it there, such as one
            with the same content that another process has written meanwhile and may be reading. It may raise to leave
            it, too. Default: it is replaced.
        merge: Whether the files are moved one by one into a folder that is there, whose other files stay.
        fix: What to do about a folder that cannot be written, for the message.

    Yields:
        The folder to write to.

    Raises:
        OutputError: If the folder cannot be written.
    """
    try:
        place = folder.resolve()
        remove_stale(place.parent, glob.escape(place.name))
        temporary = _beside(place, "tmp")
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if merge:
                _merge(temporary, place)
            else:
                replace_folder(temporary, place, keep)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except BeirHybridError:
        raise
    except Exception as error:
        reason = no_room(error) or (isinstance(error, OSError) and (error.strerror or error))
        if not reason:
            raise
        raise OutputError(f"{folder} cannot be written: {reason}.", fix) from error


def replace_folder(new: Path, place: Path, keep: Callable[[Path], bool] | None = None) -> None:
    """Move a folder to a place on the same file system; one that is there is removed last, and restored on failure.

    Args:
        new: The folder to move; it stays where ``keep`` prevails.
        place: Where to.
        keep: As for :func:`new_folder`.

    Raises:
        OSError: If it cannot be moved.
    """
    for attempt in range(_ATTEMPTS):  # other processes may do the same
        try:
            new.rename(place)
            return
        except OSError as error:
            if error.errno not in _TAKEN or attempt == _ATTEMPTS - 1:
                raise
        if keep is not None and keep(place):
            return
        old = _beside(place, "old.tmp")
        try:
            place.rename(old)
        except FileNotFoundError:
            continue
        try:
            new.rename(place)
        except OSError as error:
            if error.errno not in _TAKEN:
                old.rename(place)
                raise
        shutil.rmtree(old, ignore_errors=True)
        if not new.exists():
            return


def _merge(new: Path, place: Path) -> None:
    """Move files into their folder; all at once, if it is not there or empty."""
    try:
        new.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        for path in sorted(new.iterdir()):
            path.replace(place / path.name)


def _beside(place: Path, ending: str) -> Path:
    return place.with_name(f".{place.name}.{uuid4().hex}{writer_mark()}.{ending}")


def remove_stale(parent: Path, names: str) -> None:
    """Remove folders that killed processes left unfinished beside their place: ``.NAME.*.tmp``.

    Args:
        parent: Where they are.
        names: A pattern of the names.
    """
    for left in parent.glob(f".{names}.*.tmp"):
        if is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)


def check_strangers(folder: Path, names: Iterable[str], what: str) -> None:
    """Refuse a folder with files that are no part of what is to be written there.

    Args:
        folder: The folder.
        names: Those of such files.
        what: What is to be written, for the message.

    Raises:
        OutputError: If there is any.
    """
    if stranger := min(names, default=""):
        raise OutputError(
            f"{folder} holds {shorten(stranger)}, which is no part of {what}, and is left as it is.",
            "Choose another folder: --output DIR",
        )
