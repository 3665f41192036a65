"""Marker: a file in each BEIR folder that this package wrote, which records what the folder holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.checksums import file_checksum
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.records import parse_record

MARKER = "beir-hybrid.json"
"""Its name; BEIR's loaders read files by name and never look at it."""

_FORMAT = 1


@dataclass(frozen=True)
class WrittenFile:
    """Size and checksum of a file.

    Attributes:
        bytes: Its size.
        sha256: The hexadecimal digits of its SHA-256.
    """

    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> WrittenFile:
        """Read a file's size and checksum."""
        return cls(path.stat().st_size, file_checksum(path, "sha256"))


@dataclass(frozen=True, kw_only=True)
class Marker:
    """What a BEIR folder holds.

    Attributes:
        name: Name of the folder.
        dataset: Name of the dataset.
        setting: Name of the setting; empty for all queries and all corpora.
        splits: Names of the splits, the first of which is read unless another is asked for.
        options: What the dataset was loaded with.
        query_languages: Languages of the queries.
        corpus_languages: Languages of the passages.
        queries: How many there are in all splits.
        passages: How many there are.
        passage_text: What a passage's text consists of.
        measures: What is measured unless asked otherwise.
        licence: The licence of the texts.
        notes: What a reader of results must know.
        checksums: Of the content, as :meth:`~.content.FolderContent.checksums` returns them.
        files: Size and checksum of each file, by its path in the folder.
    """

    name: str
    dataset: str = ""
    setting: str = ""
    splits: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    query_languages: tuple[str, ...] = ()
    corpus_languages: tuple[str, ...] = ()
    queries: int = 0
    passages: int = 0
    passage_text: str = "title+text"
    measures: tuple[str, ...] = ()
    licence: str = ""
    notes: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, WrittenFile]

    @classmethod
    def read(cls, folder: Path) -> Marker | None:
        """Read a folder's marker; None if it has none that is readable and of this format."""
        content = json_or_none(folder / MARKER)
        if content is None or content.get("format") != _FORMAT:
            return None
        try:
            return parse_record(content, cls, MARKER, "")
        except DataFormatError:
            return None

    def write(self, folder: Path) -> None:
        """Write it into its folder."""
        write_json(folder / MARKER, {"format": _FORMAT, **asdict(self)})

    def is_whole(self, folder: Path, thorough: bool = False) -> bool:
        """Return whether every file of the folder is there with its size.

        Args:
            folder: The folder.
            thorough: Whether to compare checksums too, which reads the files.
        """
        try:
            return all(
                (folder / name).stat().st_size == file.bytes and (not thorough or WrittenFile.of(folder / name) == file)
                for name, file in self.files.items()
            )
        except (OSError, ValueError):  # the latter for names that no file can have
            return False

    def strangers(self, folder: Path) -> list[str]:
        """List the files in the folder that this package did not write, such as queries that a script generated."""
        try:
            paths = [path for path in folder.rglob("*") if not path.is_dir()]
        except FileNotFoundError:  # another process is replacing it
            return []
        return sorted({path.relative_to(folder).as_posix() for path in paths} - {*self.files, MARKER})
