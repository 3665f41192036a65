"""Topics and relevance as Pyserini's commands read them: TSV and TREC's qrels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from beir_hybrid import DataFormatError, MissingDataError, shorten
from beir_hybrid_pyserini.side_file import check_id, write_lines

_SEPARATORS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def write_topics(path: Path, queries: Mapping[str, str], *, overwrite: bool = False) -> bool:
    """Write topics: an id, a tab and a query a line. Tabs and line ends within a query become blanks.

    Pyserini takes a file for what its name says: let it end in ``.tsv``.

    Args:
        path: The file; one that holds just that already is left as it is.
        queries: Texts by id.
        overwrite: Whether a file that is there is replaced.

    Returns:
        Whether it was written; False if it was there.

    Raises:
        DataFormatError: If an id is empty or has a blank.
        OutputError: If the file holds anything else, or cannot be written.
    """
    return write_lines(path, partial(topics_lines, queries), overwrite=overwrite)


def topics_lines(queries: Mapping[str, str]) -> Iterator[str]:
    """Return the lines of a file of topics; see :func:`write_topics`."""
    for query, text in queries.items():
        check_id(query, "query")
        yield f"{query}\t{_SEPARATORS.sub(' ', text)}\n"


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]], *, overwrite: bool = False) -> bool:
    """Write relevance judgements as ``trec_eval`` reads them: ``query 0 document grade`` a line.

    Args:
        path: The file; one that holds just that already is left as it is.
        qrels: Grades by query id and document id.
        overwrite: Whether a file that is there is replaced.

    Returns:
        Whether it was written; False if it was there.

    Raises:
        OutputError: If the file holds anything else, or cannot be written.
    """
    return write_lines(path, partial(qrels_lines, qrels), overwrite=overwrite)


def qrels_lines(qrels: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Return the lines of a file of judgements; see :func:`write_qrels`."""
    for query, judged in qrels.items():
        for document, grade in judged.items():
            yield f"{query} 0 {document} {int(grade)}\n"


def read_topics(path: Path) -> dict[str, str]:
    """Read topics: an id, a tab and a query a line, as :func:`write_topics` writes them.

    Args:
        path: The file.

    Returns:
        Queries by id, in the file's order.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If a line has no tab, an id comes twice or has a blank, or there is no topic; the message names
            file and line.
    """
    if not path.is_file():
        raise MissingDataError(f"There is no file of topics {path}.", "Check --topics.")
    topics: dict[str, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        query, tab, text = line.partition("\t")
        if not tab or query.split() != [query]:
            what = "no tab" if not tab else "no id without blanks before the tab"
            raise DataFormatError(
                f"{path}:{number}: {shorten(line)} has {what}.", "Write an id, a tab and a query in each line."
            )
        if query in topics:
            raise DataFormatError(f"{path}:{number}: the topic {shorten(query)} comes twice.", "Give each topic once.")
        topics[query] = text
    if not topics:
        raise DataFormatError(f"{path} holds no topic.", "Write an id, a tab and a query in each line.")
    return topics


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text(encoding="utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path} is not UTF-8: {error.reason}.", "Save it in UTF-8.") from error
