"""The file formats of MIRACL: topics, judgements, and shards of documents."""

from __future__ import annotations

import bisect
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.grades import read_grade
from beir_hybrid.passage import Passage
from beir_hybrid.storage.files import parse_json

_AGAIN = "Fetch the file again."
_DOCUMENT = 'Give one {"docid": ..., "title": ..., "text": ...} of strings a line.'


class Judgement(NamedTuple):
    """One line of a qrels file.

    Attributes:
        query: The topic's id.
        document: The document's id.
        grade: 0 for not relevant, from 1 on for relevant.
        line: Where it stands in the file, from 1.
    """

    query: str
    document: str
    grade: int
    line: int


def read_topics(path: Path) -> dict[str, str]:
    """Read ``qid<TAB>query`` lines.

    Raises:
        DataFormatError: If a line has not two fields, one of them is empty, an id occurs twice, or there is no line;
            the message names file and line.
    """
    topics: dict[str, str] = {}
    for number, fields in _rows(path, "qid<TAB>query", 2):
        identifier, text = fields
        if not identifier or not text.strip():
            raise DataFormatError(f"{path}:{number}: the id or the query is empty.", "Give both.")
        if identifier in topics:
            raise DataFormatError(f"{path}:{number}: the topic {shorten(identifier)} occurs twice.", "Make ids unique.")
        topics[identifier] = text
    if not topics:
        raise DataFormatError(f"{path} holds no topic.", _AGAIN)
    return topics


def read_qrels(path: Path, topics: Mapping[str, str]) -> list[Judgement]:
    """Read ``qid Q0 docid grade`` lines, separated by tabs.

    Args:
        path: The file.
        topics: The queries that may be judged.

    Raises:
        DataFormatError: If a line has not four fields, a grade is no whole number, a query is not among the topics,
            or a document has two grades for one query; the message names file and line.
    """
    judgements: list[Judgement] = []
    grades: dict[tuple[str, str], int] = {}
    for number, (query, _, document, text) in _rows(path, "qid<TAB>Q0<TAB>docid<TAB>grade", 4):
        grade = read_grade(text, f"{path}:{number}")
        if query not in topics:
            raise DataFormatError(
                f"{path}:{number}: the topics have no query {shorten(query)}; these are qrels for other queries.",
                "Give topics and qrels of the same split.",
            )
        known = grades.setdefault((query, document), grade)
        if known != grade:
            raise DataFormatError(
                f"{path}:{number}: {shorten(document)} has the grade {grade} for {shorten(query)}, and {known} before.",
                "Keep one of them.",
            )
        judgements.append(Judgement(query, document, grade, number))
    if not judgements:
        raise DataFormatError(f"{path} holds no judgement.", _AGAIN)
    return judgements


def _rows(path: Path, layout: str, fields: int) -> Iterator[tuple[int, list[str]]]:
    number = 0
    with path.open(encoding="utf-8-sig") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                row = line.rstrip("\n").split("\t")
                if not line.strip():
                    continue
                if len(row) != fields:
                    missing = "no tab" if len(row) == 1 else f"{len(row)} fields"
                    raise DataFormatError(f"{path}:{number}: {missing} in {shorten(line.strip())}.", f"Give {layout}.")
                yield number, row
        except UnicodeDecodeError as error:
            raise DataFormatError(f"{path}: not UTF-8 after line {number}: {error}.", _AGAIN) from error


class Documents:
    """The documents of ``docs-*.jsonl.gz`` shards as a stream, one line in memory at a time.

    Args:
        shards: Their paths, in order.
        advance: Told now and then how many more compressed bytes were read.

    Raises:
        DataFormatError: While iterating, if a shard is empty, cut off or damaged, or a line is no such document; the
            message names file and line.
    """

    def __init__(self, shards: Sequence[Path], advance: Callable[[int], object] = lambda size: None) -> None:
        self.shards = shards
        self.advance = advance
        self._marks: list[tuple[int, Path, int]] = []  # position, shard and line wherever these do not run in step

    def __iter__(self) -> Iterator[tuple[str, Passage]]:
        self._marks = []
        position = 0
        for shard in self.shards:
            previous = 0
            for number, line in self._lines(shard):
                if number != previous + 1 or not previous:
                    self._marks.append((position, shard, number))
                previous = number
                yield _document(line, shard, number)
                position += 1
            if not previous:
                raise DataFormatError(f"{shard} holds no document.", _AGAIN)

    def where(self, position: int) -> str:
        """Tell file and line of a document that was read, by its number from 0."""
        first, shard, line = self._marks[bisect.bisect_right(self._marks, position, key=lambda mark: mark[0]) - 1]
        return f"{shard}:{line + position - first}"

    def _lines(self, shard: Path) -> Iterator[tuple[int, bytes]]:
        number = told = 0
        with shard.open("rb") as compressed, gzip.GzipFile(fileobj=compressed) as content:
            try:
                for number, line in enumerate(io.BufferedReader(content), start=1):
                    if not line.isspace():
                        yield number, line
                    if number % 1000 == 0:
                        self.advance(compressed.tell() - told)
                        told = compressed.tell()
            except (EOFError, OSError, zlib.error) as error:  # BadGzipFile is an OSError
                raise DataFormatError(
                    f"{shard}:{number + 1}: the gzip file is cut off or damaged here: {error}.", _AGAIN
                ) from error
            self.advance(compressed.tell() - told)


def _document(line: bytes, shard: Path, number: int) -> tuple[str, Passage]:
    try:
        row = parse_json(line)
    except (ValueError, RecursionError) as error:  # JSON's and Unicode's errors are ValueErrors
        raise DataFormatError(f"{shard}:{number}: no JSON: {error}.", _DOCUMENT) from error
    if not isinstance(row, dict):
        raise DataFormatError(f"{shard}:{number}: no JSON object.", _DOCUMENT)
    for field in ("docid", "title", "text"):
        if not isinstance(row.get(field), str):
            problem = f"{field!r} is {shorten(row[field])}" if field in row else f"no field {field!r}"
            raise DataFormatError(f"{shard}:{number}: {problem}.", _DOCUMENT)
    if row["docid"].split() != [row["docid"]]:
        raise DataFormatError(f"{shard}:{number}: the docid {shorten(row['docid'])} is empty or has blanks.", _DOCUMENT)
    return row["docid"], Passage(row["text"], row["title"])
