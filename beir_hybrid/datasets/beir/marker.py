"""The marker in a BEIR folder of ours: what the folder holds, and that it is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid.storage.files import parse_json, write_json

MARKER = "beir-hybrid.json"
"""Its name; BEIR's loaders read files by name and never look at it."""

_FORMAT = 1


class Standing:
    """What is where a folder shall be.

    Args:
        folder: The place.

    Attributes:
        folder: As given.
        marker: What the marker of a folder of ours says; None if the place is free or somebody else's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marker = read_marker(folder)

    @property
    def free(self) -> bool:
        """Whether nothing is there, or an empty folder."""
        try:
            if self.folder.is_dir():
                return not any(self.folder.iterdir())
        except FileNotFoundError:  # another process is replacing it
            return True
        return not self.folder.exists() and not self.folder.is_symlink()

    @property
    def foreign(self) -> bool:
        """Whether it is something that we did not write."""
        if self.marker is None and not self.free:
            self.marker = read_marker(self.folder)  # which another process may have put there in between
            return self.marker is None
        return False

    @property
    def strangers(self) -> list[str]:
        """Files in a folder of ours that we did not write, such as queries that a script generated there."""
        written = {*self.files, MARKER}
        try:
            paths = [path for path in self.folder.rglob("*") if not path.is_dir()]
        except FileNotFoundError:  # another process is replacing it
            return []
        return sorted(name for path in paths if (name := path.relative_to(self.folder).as_posix()) not in written)

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Size and checksum of each file that the marker names."""
        return dict(self.marker["files"]) if self.marker is not None else {}

    def whole(self, thorough: bool = False) -> bool:
        """Tell whether every file of a folder of ours is there with its size.

        Args:
            thorough: Whether to compare checksums too, which reads the files.
        """
        try:
            return self.marker is not None and all(
                (self.folder / name).stat().st_size == state["bytes"]
                and (not thorough or _sha256(self.folder / name) == state["sha256"])
                for name, state in self.files.items()
            )
        except (OSError, ValueError):  # the latter for names that no file can have
            return False


def read_marker(folder: Path) -> dict[str, Any] | None:
    """Read a folder's marker; None if it has none that is readable and of this format."""
    try:
        marker = parse_json((folder / MARKER).read_bytes())
        if marker["format"] != _FORMAT or not isinstance(marker["name"], str):
            return None
        for state in marker["files"].values():
            int(state["bytes"]), str(state["sha256"])
        words = [marker.get(name, []) for name in ("splits", "measures", "notes")]
        if not all(isinstance(one, list) and all(isinstance(word, str) for word in one) for one in words):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return dict(marker)


def write_marker(folder: Path, content: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Write a folder's marker, and give what it says.

    Args:
        folder: The folder.
        content: What the folder holds: ``name`` and whatever else tells it apart.
        files: Size and checksum of each file.
    """
    marker = {"format": _FORMAT, **content, "files": dict(files)}
    write_json(folder / MARKER, marker)
    return marker


def write_lines(path: Path, lines: Iterable[str]) -> dict[str, Any]:
    """Write lines as a stream, and give the file's size and checksum."""
    digest = hashlib.sha256()
    size = 0
    with path.open("wb") as file:
        for line in lines:
            content = f"{line}\n".encode()
            file.write(content)
            digest.update(content)
            size += len(content)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
