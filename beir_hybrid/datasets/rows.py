"""Rows of files: one JSON object a line, and judgements."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.grades import read_grade
from beir_hybrid.storage.files import parse_json

Advance = Callable[[int], object]

_LONGEST = 2**26  # bytes: a longer line is no row, but a file of another format
_REPORTED = 1000  # lines


def read_lines(path: Path, advance: Advance | None = None) -> Iterator[tuple[int, bytes]]:
    """Read the lines of a file, gzipped if its name ends so. Blank lines are skipped.

    Args:
        path: The file.
        advance: Called now and then with how many more bytes of the file were read.

    Yields:
        The number of the line, from 1, and the line.

    Raises:
        DataFormatError: If the file is cut off, no gzip file, or has a line of more than 64 MB.
    """
    number = reported = 0
    with path.open("rb") as raw:
        content = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
        try:
            for number, line in enumerate(iter(partial(content.readline, _LONGEST + 1), b""), start=1):
                if len(line) > _LONGEST:
                    raise DataFormatError(
                        f"{path}:{number}: a line of more than {_LONGEST >> 20} MB.", "Write one row a line."
                    )
                if not line.isspace():
                    yield number, line
                if advance is not None and number % _REPORTED == 0:
                    advance(raw.tell() - reported)
                    reported = raw.tell()
        except (EOFError, OSError, zlib.error) as error:  # BadGzipFile is an OSError
            raise DataFormatError(
                f"{path}:{number + 1}: the gzip file is cut off or damaged here: {error}.", "Fetch the file again."
            ) from error
        if advance is not None:
            advance(raw.tell() - reported)


def read_rows(
    path: Path, fields: Sequence[str], fix: str, advance: Advance | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a file of JSON objects, one a line; see :func:`read_lines` and :func:`parse_row`.

    Yields:
        The number of the line, from 1, and its object.
    """
    for number, line in read_lines(path, advance):
        yield number, parse_row(line, path, number, fields, fix)


def parse_row(line: bytes, path: Path, number: int, fields: Sequence[str], fix: str) -> dict[str, Any]:
    """Parse a line as a JSON object.

    Args:
        line: The line.
        path: Its file, for messages.
        number: Its place there, from 1.
        fields: What must be a string; an optional one ends in a question mark, and is an empty string if it is missing
            or null.
        fix: What a line should be like.

    Raises:
        DataFormatError: If it is no such object; the message names file and line.
    """
    try:
        row = parse_json(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path}:{number}: not UTF-8: {error}.", "Convert the file to UTF-8.") from error
    except ValueError as error:
        raise DataFormatError(f"{path}:{number}: not JSON: {error}.", fix) from error
    if not isinstance(row, dict):
        raise DataFormatError(f"{path}:{number}: not a JSON object.", fix)
    for field in fields:
        name = field.removesuffix("?")
        if name != field and row.get(name) is None:
            row[name] = ""
        if not isinstance(row.get(name), str):
            problem = f"{name!r} is {shorten(row[name])}" if name in row else f"no field {name!r}"
            raise DataFormatError(f"{path}:{number}: {problem}.", fix)
    return row


def check_id(identifier: str, path: Path, number: int) -> None:
    """Refuse an id that runs and judgements could not hold.

    Raises:
        DataFormatError: If it is empty or has blanks.
    """
    if identifier.split() != [identifier]:
        raise DataFormatError(f"{path}:{number}: the id {shorten(identifier)} is empty or has blanks.", "Rename it.")


class Judgement(NamedTuple):
    """One line of a qrels file.

    Attributes:
        query: The query's id.
        document: The document's id.
        grade: From 1 on for relevant.
        line: Its place in the file, from 1.
    """

    query: str
    document: str
    grade: int
    line: int


def read_judgements(path: Path, rows: Iterable[tuple[int, str, str, str]], fix: str) -> Iterator[Judgement]:
    """Read judgements, which must not contradict one another.

    Args:
        path: Their file, for messages.
        rows: Line, query, document and grade of each.
        fix: What to do about a file without any.

    Raises:
        DataFormatError: If a grade is not a whole number, a document has two grades for one query, or there is no row.
    """
    grades: dict[tuple[str, str], int] = {}
    for number, query, document, text in rows:
        grade = read_grade(text, f"{path}:{number}")
        known = grades.setdefault((query, document), grade)
        if known != grade:
            raise DataFormatError(
                f"{path}:{number}: {shorten(document)} has the grade {grade} for {shorten(query)}, and {known} before.",
                "Keep one of them.",
            )
        yield Judgement(query, document, grade, number)
    if not grades:
        raise DataFormatError(f"{path} holds no judgement.", fix)
