"""Topics and relevance as Pyserini's commands read them: TSV and TREC's qrels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid.files import new_file

__all__ = ["check_output", "read_topics", "write_qrels", "write_topics"]

_SEPARATORS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def write_topics(path: Path, queries: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Write topics: an id, a tab and a query a line. Tabs and line ends within a query become blanks.

    Pyserini takes a file for what its name says: let it end in ``.tsv``.

    Args:
        path: The file.
        queries: Texts by id.
        overwrite: Whether a file that is there is replaced.

    Raises:
        DataFormatError: If an id is empty or has a blank.
        OutputError: If the file is there, or cannot be written.
    """
    check_output(path, overwrite)
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for query, text in queries.items():
            if query.split() != [query]:
                raise DataFormatError(
                    f"The query id {query!r} is empty or has a blank, which splits it in a run.", "Change that id."
                )
            file.write(f"{query}\t{_SEPARATORS.sub(' ', text)}\n")


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]], *, overwrite: bool = False) -> None:
    """Write relevance judgements as ``trec_eval`` reads them: ``query 0 document grade`` a line.

    Args:
        path: The file.
        qrels: Grades by query id and document id.
        overwrite: Whether a file that is there is replaced.

    Raises:
        OutputError: If the file is there, or cannot be written.
    """
    check_output(path, overwrite)
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for query, judged in qrels.items():
            file.writelines(f"{query} 0 {document} {int(grade)}\n" for document, grade in judged.items())


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
                f"{path}:{number}: {line[:80]!r} has {what}.", "Write an id, a tab and a query in each line."
            )
        if query in topics:
            raise DataFormatError(f"{path}:{number}: the topic {query!r} comes twice.", "Give each topic once.")
        topics[query] = text
    if not topics:
        raise DataFormatError(f"{path} holds no topic.", "Write an id, a tab and a query in each line.")
    return topics


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse to write over a file.

    Raises:
        OutputError: If it is there and must stay, or is a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Give the name of a file.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already.", "Choose another name, or give --overwrite.")


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text(encoding="utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{path} is not UTF-8: {error.reason}.", "Save it in UTF-8.") from error
