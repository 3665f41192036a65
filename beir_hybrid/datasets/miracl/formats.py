"""The file formats of MIRACL: topics, judgements, and shards of documents."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from beir_hybrid.datasets.rows import Judgement, check_id, parse_row, read_judgements, read_lines
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.passage import Passage

_AGAIN = "Fetch the file again."
_DOCUMENT = 'Give one {"docid": ..., "title": ..., "text": ...} of strings a line.'


def read_topics(path: Path) -> dict[str, str]:
    """Read lines of ``qid<TAB>query``.

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
        DataFormatError: If a line has not four fields, a grade is not a whole number, a query is not among the topics,
            or a document has two grades for one query; the message names file and line.
    """
    judgements = list(read_judgements(path, _judgements(path), _AGAIN))
    for query, _, _, line in judgements:
        if query not in topics:
            raise DataFormatError(
                f"{path}:{line}: the topics have no query {shorten(query)}; these are qrels for other queries.",
                "Give topics and qrels of the same split.",
            )
    return judgements


def _judgements(path: Path) -> Iterator[tuple[int, str, str, str]]:
    for line, (query, _, document, grade) in _rows(path, "qid<TAB>Q0<TAB>docid<TAB>grade", 4):
        yield line, query, document, grade


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
        advance: Called now and then with how many more compressed bytes were read.

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
            for number, line in read_lines(shard, self.advance):
                if number != previous + 1 or not previous:
                    self._marks.append((position, shard, number))
                previous = number
                row = parse_row(line, shard, number, ("docid", "title", "text"), _DOCUMENT)
                check_id(row["docid"], shard, number)
                yield row["docid"], Passage(row["text"], row["title"])
                position += 1
            if not previous:
                raise DataFormatError(f"{shard} holds no document.", _AGAIN)

    def where(self, position: int) -> str:
        """Return file and line of a document that was read, by its number from 0."""
        first, shard, line = self._marks[bisect.bisect_right(self._marks, position, key=lambda mark: mark[0]) - 1]
        return f"{shard}:{line + position - first}"
