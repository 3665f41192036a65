"""Marker: a file in each BEIR folder that this package wrote, which records what the folder holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict

from beir_hybrid.storage.checksums import file_checksum
from beir_hybrid.storage.files import json_or_none, write_json

MARKER = "beir-hybrid.json"
"""Its name; BEIR's loaders read files by name and never look at it."""

_FORMAT = 1


class WrittenFile(TypedDict):
    """Size in bytes and SHA-256 of a file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
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
    splits: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    query_languages: list[str] = field(default_factory=list)
    corpus_languages: list[str] = field(default_factory=list)
    queries: int = 0
    passages: int = 0
    passage_text: str = "title+text"
    measures: list[str] = field(default_factory=list)
    licence: str = ""
    notes: list[str] = field(default_factory=list)
    checksums: dict[str, str] = field(default_factory=dict)
    files: dict[str, WrittenFile] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Marker | None:
        """Read a folder's marker; None if it has none that is readable and of this format."""
        content = json_or_none(folder / MARKER) or {}
        known = {each.name: content[each.name] for each in fields(cls) if each.name in content}
        if content.get("format") != _FORMAT or not {"name", "files"} <= known.keys():
            return None
        blank = asdict(cls(""))
        if any(type(value) is not type(blank[name]) for name, value in known.items()):
            return None
        lists = [words for words in known.values() if isinstance(words, list)]
        if not all(isinstance(word, str) for words in lists for word in words):
            return None
        states = known["files"].values()
        if not all(isinstance(state, dict) and state.keys() >= {"bytes", "sha256"} for state in states):
            return None
        return cls(**known)

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
                (folder / name).stat().st_size == state["bytes"]
                and (not thorough or file_checksum(folder / name, "sha256") == state["sha256"])
                for name, state in self.files.items()
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


def write_lines(path: Path, lines: Iterable[str]) -> WrittenFile:
    """Write lines as a stream, and return the file's size and checksum."""
    with path.open("wb") as file:
        file.writelines(f"{line}\n".encode() for line in lines)
    return {"bytes": path.stat().st_size, "sha256": file_checksum(path, "sha256")}
