"""Blocks: whole lines of a file, some megabytes at a time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from beir_hybrid.errors import DataFormatError

LONGEST = 2**26
"""Bytes of the longest line that is read: a longer one is no row, but a file of another format."""

CUT_OFF = (EOFError, OSError, zlib.error)
"""What readers of gzip raise over files that are cut off or damaged."""

_BLOCK = 2**23  # bytes


def read_blocks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Read a file in blocks of whole lines, gzipped if its name ends so; blank blocks are passed over.

    Args:
        path: The file.

    Yields:
        Lines, and how many bytes of the file were read for them.

    Raises:
        DataFormatError: If the file is cut off, no gzip file, or has a line of more than 64 MB.
    """
    with path.open("rb") as raw:
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw  # type: ignore[assignment]
        rest, before = b"", 0
        while True:
            try:
                block = stream.read(_BLOCK)
            except CUT_OFF as error:
                raise DataFormatError(f"{path} is cut off or damaged: {error}.", "Copy it again.") from error
            lines = rest + block
            if block:
                end = lines.rfind(b"\n") + 1
                lines, rest = lines[:end], lines[end:]
            if len(rest) > LONGEST:
                raise DataFormatError(f"{path} has a line of more than 64 MB.", "Write one row a line.")
            if lines.strip():
                here = raw.tell()
                yield lines, here - before
                before = here
            if not block:
                return
