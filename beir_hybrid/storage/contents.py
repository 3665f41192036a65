"""What the files of a folder hold: recorded when they are written, compared before they are used again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid.storage.files import existing


def checksum(path: Path) -> str:
    """Return 32 hexadecimal digits of BLAKE2b over a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def record(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return size in bytes and checksum of files of a folder, by their names; those of files below it have slashes."""
    return {name: {"bytes": (folder / name).stat().st_size, "checksum": checksum(folder / name)} for name in names}


def damage(folder: Path, recorded: Any) -> str:
    """Compare files with what was recorded of them.

    Args:
        folder: Their folder.
        recorded: As :func:`record` gave it, or what was found in its place.

    Returns:
        What is wrong with the first file that is not as it was; empty if all are.
    """
    if not isinstance(recorded, Mapping) or not recorded:
        return "it does not say what its files hold"
    for name, about in recorded.items():
        path = folder / name
        if existing(path) is None or not path.is_file():
            return f"{name} is missing"
        size = path.stat().st_size
        if not isinstance(about, Mapping) or size != about.get("bytes"):
            wanted = about.get("bytes") if isinstance(about, Mapping) else "?"
            return f"{name} has {size} bytes, not {wanted}"
        try:
            found = checksum(path)
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
        if found != about.get("checksum"):
            return f"{name} has another checksum"
    return ""


def stamp(folder: Path) -> tuple[tuple[str, int, int, int], ...] | None:
    """Give what changes when a folder's files do, without reading them; None if there is no such folder."""
    try:
        found = [(path.name, path.stat()) for path in folder.iterdir()]
    except OSError:
        return None
    return tuple(sorted((name, about.st_ino, about.st_size, about.st_mtime_ns) for name, about in found))


def sync(path: Path) -> None:
    """Wait until a file is on the disk, so that its name never stands for less after a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
