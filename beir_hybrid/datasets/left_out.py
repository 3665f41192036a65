"""LeftOut: rows of a dataset's files that cannot be used, counted and told."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.rows import parse_row, read_lines
from beir_hybrid.errors import DataFormatError, shorten

logger = logging.getLogger(__name__)


class LeftOut:
    """Counts the rows that cannot be used by file, and keeps the problem of the first of each.

    Args:
        name: Name of the dataset, for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._problems: dict[Path, tuple[int, str]] = {}

    @contextmanager
    def counted(self, path: Path) -> Iterator[None]:
        """Count a row of a file whose reading raises a DataFormatError, instead of stopping there.

        Args:
            path: The file.
        """
        try:
            yield
        except DataFormatError as error:
            count, first = self._problems.get(path, (0, error.problem))
            self._problems[path] = count + 1, first

    def rows(self, path: Path, fields: Sequence[str], fix: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Read a file of JSON objects, one a line, without those that cannot be used.

        Args:
            path: The file, gzipped if its name ends so.
            fields: What must be a string with more than blanks in it.
            fix: What a line should be like.

        Yields:
            The number of the line, from 1, and its object.

        Raises:
            DataFormatError: If the file is cut off or damaged as a gzip file, or no row of it can be used.
        """
        used = 0
        for number, line in read_lines(path):
            row: dict[str, Any] | None = None
            with self.counted(path):
                parsed = parse_row(line, path, number, fields, fix)
                for field in fields:
                    check_text(parsed[field], f"{path}:{number}: {field!r}")
                row, used = parsed, used + 1
            if row is not None:
                yield number, row
        self.check(path, used, fix)

    def check(self, path: Path, used: int, fix: str) -> None:
        """Refuse a file of which nothing was used.

        Raises:
            DataFormatError: If that is so; the message names its first problem.
        """
        if not used:
            _, first = self._problems.get(path, (0, f"{path} holds no row."))
            raise DataFormatError(first, fix)

    def tell(self) -> tuple[str, ...]:
        """Return what a reader of results must know, and put it into the log with the first problems."""
        notes = []
        for path, (count, first) in self._problems.items():
            notes.append(f"rows of {path.name} left out: {count:,}, so that results are not comparable")
            logger.warning("%s: rows of %s left out: %s; the first: %s", self.name, path, f"{count:,}", first)
        return tuple(notes)


def check_text(text: str, what: str) -> None:
    """Refuse a text that is blank or not Unicode.

    Args:
        text: The text.
        what: What messages call it.

    Raises:
        DataFormatError: If it is either.
    """
    if not text.strip():
        raise DataFormatError(f"{what} is empty.", "Give a text.")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write
        raise DataFormatError(f"{what} is not Unicode: {shorten(text)}.", "Correct that text.") from error
