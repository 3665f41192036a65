"""Files that are whole or not there."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beir_hybrid.errors import OutputError

__all__ = ["STALE_SECONDS", "new_file", "write_json", "write_text"]

STALE_SECONDS = 86_400
"""Unfinished files older than a day were left by killed processes."""


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Lend a temporary path beside the wanted one, and move it there if the block ends well.

    A killed process leaves the old file or the new one, never a part.

    Args:
        path: Where the file shall be; missing folders above it are made.

    Yields:
        The path to write to.

    Raises:
        OutputError: If the folder cannot be written, its disk is full, or the path is a folder.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path.parent} cannot be written: {error.strerror}.", "Choose another folder.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        try:
            yield temporary
        except OSError as error:
            if error.errno not in _NO_ROOM:  # no fault of the file's
                raise
            raise OutputError(f"{path} cannot be written: {os.strerror(error.errno)}.", "Free space there.") from error
        try:
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.", "Choose another folder.") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole, in UTF-8."""
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file as a whole: two spaces of indent, letters as they are, a newline at the end."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
