"""FolderRow: a line of a BEIR folder's corpus or queries, and the id and language that it gets in a collection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from beir_hybrid.datasets.rows import Advance, check_id, read_rows
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.languages import code_of

UNKNOWN_LANGUAGE = "und"
"""The code of texts of unknown language in ISO 639."""

CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
"""What metadata may name as a language."""

_UNKNOWN = re.compile(f"{UNKNOWN_LANGUAGE}:.")
_ROW = 'Give one {"_id": ..., "text": ...} of strings a line.'


class FolderRow(NamedTuple):
    """One line of a corpus or of queries.

    Attributes:
        line: Its place in the file, from 1.
        identifier: Its ``_id``.
        language: The language in its metadata; empty without one.
        text: Its text.
        title: Its title; empty without one.
        metadata: Its metadata.
    """

    line: int
    identifier: str
    language: str
    text: str
    title: str
    metadata: dict[str, Any]


class Name(NamedTuple):
    """The id of a row in the collection, and its language."""

    identifier: str
    language: str


class Naming(NamedTuple):
    """How rows get their languages; see :meth:`~beir_hybrid.datasets.beir.folder.BeirFolder.load`.

    Attributes:
        language: That of rows that name none.
        by_prefix: Whether the ids of all rows without metadata begin with their language.
    """

    language: str
    by_prefix: bool

    def name(self, identifier: str, language: str) -> Name | None:
        """Return a row's new id and its language; None if its id should begin with a language and does not.

        Args:
            identifier: Its ``_id``.
            language: The language in its metadata; empty without one.
        """
        code = language or (language_in(identifier) if self.by_prefix else self.language)
        if not code:
            return None
        return Name(identifier if identifier.startswith(f"{code}:") else f"{code}:{identifier}", code)


def language_in(identifier: str) -> str:
    """Return the language that an id begins with; an empty string if there is none."""
    return intern(code_of(identifier)) or (UNKNOWN_LANGUAGE if _UNKNOWN.match(identifier) else "")


def folder_rows(path: Path, fields: tuple[str, ...], advance: Advance | None = None) -> Iterator[FolderRow]:
    """Read the lines of a corpus or of queries.

    Args:
        path: The file.
        fields: As for :func:`~beir_hybrid.datasets.rows.parse_row`.
        advance: As for :func:`~beir_hybrid.datasets.rows.read_lines`.

    Raises:
        DataFormatError: If a line is malformed; the message names file and line.
    """
    for line, row in read_rows(path, fields, _ROW, advance):
        identifier = row["_id"]
        check_id(identifier, path, line)
        metadata = row.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        language = "" if metadata.get("language") is None else metadata["language"]
        if language != "" and not (isinstance(language, str) and CODE.fullmatch(language)):
            raise DataFormatError(f"{path}:{line}: the language is {shorten(language)}.", "Give a code such as en.")
        yield FolderRow(line, identifier, intern(language), row["text"], row.get("title", ""), metadata)


class DistinctNames:
    """Refuses ids that occur twice in a file, and those that become one, such as 1 and en:1 of the same language.

    Args:
        path: The file, for messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, int] = {}
        self._old: dict[str, str] = {}

    def add(self, identifier: str, line: int) -> None:
        """Take note of a row.

        Raises:
            DataFormatError: If its id was there before.
        """
        if (first := self._lines.setdefault(identifier, line)) != line:
            raise DataFormatError(
                f"{self._path}:{line}: the id {shorten(identifier)} occurs twice, first in line {first}.",
                "Make ids unique.",
            )

    def add_name(self, identifier: str, name: Name) -> None:
        """Take note of an id in the collection.

        Raises:
            DataFormatError: If another row has got it.
        """
        if (other := self._old.setdefault(name.identifier, identifier)) != identifier:
            raise DataFormatError(
                f"{self._path}: the ids {shorten(other)} and {shorten(identifier)} both become "
                f"{shorten(name.identifier)}.",
                "Rename one.",
            )
