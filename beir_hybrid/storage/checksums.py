"""Checksums of rows, whatever their order, and of the files of a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from beir_hybrid.storage.files import existing

_BYTES = 16


def digest_row(*fields: str) -> int:
    """Return a row's digest, 128 bits; where a field ends counts: ``("ab", "")`` differs from ``("a", "b")``."""
    lengths = ":".join(str(len(field)) for field in fields)
    content = f"{lengths}|{''.join(fields)}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=_BYTES).digest(), "big")


def combine(digests: Iterable[int]) -> str:
    """Add digests up, modulo 2 ** 128, so that the order of the rows does not matter and a repeated row does.

    Args:
        digests: One per row, or sums over parts.

    Returns:
        32 hexadecimal digits.

    Examples:
        >>> rows = [("en:1", "One."), ("en:2", "Two.")]
        >>> combine(digest_row(*row) for row in rows) == combine(digest_row(*row) for row in reversed(rows))
        True
    """
    return f"{sum(digests) % (1 << 8 * _BYTES):0{2 * _BYTES}x}"


def file_checksum(path: Path, algorithm: Literal["blake2b", "sha256"] = "blake2b") -> str:
    """Return the hexadecimal digits of a checksum of a file's bytes: 32 of BLAKE2b or 64 of SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.sha256 if algorithm == "sha256" else lambda: hashlib.blake2b(digest_size=_BYTES)
        return hashlib.file_digest(file, digest).hexdigest()


def record(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return size in bytes and checksum of files of a folder, by their names; those of files below it have slashes."""
    return {name: {"bytes": (folder / name).stat().st_size, "checksum": file_checksum(folder / name)} for name in names}


def damage(folder: Path, recorded: Any) -> str:
    """Compare files with their record.

    Args:
        folder: Their folder.
        recorded: The result of :func:`record`, or whatever stands in its place in a file.

    Returns:
        What is wrong with the first file that has changed; empty if none has.
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
            current = file_checksum(path)
        except OSError as error:
            return f"{name} cannot be read ({error.strerror})"
        if current != about.get("checksum"):
            return f"{name} has another checksum"
    return ""


def stamp(folder: Path) -> tuple[tuple[str, int, int, int], ...] | None:
    """Return what changes when a folder's files do, without reading them; None if there is no such folder."""
    try:
        states = [(path.name, path.stat()) for path in folder.iterdir()]
    except OSError:
        return None
    return tuple(sorted((name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states))
