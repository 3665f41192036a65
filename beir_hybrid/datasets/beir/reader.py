"""FolderReader: any BEIR folder as a collection, also one that others wrote."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.content import CORPUS, QUERIES
from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.datasets.rows import Judgement, check_id, read_judgements, read_rows
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, did_you_mean, shorten
from beir_hybrid.grades import is_grade
from beir_hybrid.languages import code_of
from beir_hybrid.passage import Passage
from beir_hybrid.translations import group_in, link_translations

UNKNOWN_LANGUAGE = "und"
"""The code of texts of unknown language in ISO 639."""

_UNKNOWN = re.compile(f"{UNKNOWN_LANGUAGE}:.")
_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
_ROW = 'Give one {"_id": ..., "text": ...} of strings a line.'
_QRELS = "Give query-id<TAB>corpus-id<TAB>score below a header of these names."

logger = logging.getLogger(__name__)


class _Row(NamedTuple):
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


class _Name(NamedTuple):
    """The id of a row in the collection, and its language."""

    identifier: str
    language: str


class FolderReader:
    """Reads a BEIR folder; see :meth:`~beir_hybrid.datasets.beir.folder.BeirFolder.load`.

    Args:
        path: The folder.
        name: Name of the collection.
        marker: The folder's marker; None if this package did not write it.
    """

    def __init__(self, path: Path, name: str, marker: Marker | None) -> None:
        self.path = path
        self.name = name
        self.marker = marker

    def read(self, split: str | None, language: str | None) -> MultilingualCollection:
        """Read the collection; see :meth:`~beir_hybrid.datasets.beir.folder.BeirFolder.load` for the arguments."""
        qrels_path = self._find_qrels(split)
        if language is not None and not _CODE.fullmatch(language):
            raise ConfigurationError(f"language is {language!r}.", "Give a code such as en.")
        passages, queries = (
            list(_rows(self.path / CORPUS, ("_id", "text", "title?"))),
            list(_rows(self.path / QUERIES, ("_id", "text"))),
        )
        judgements = list(_judgements(qrels_path))
        if not passages:
            raise DataFormatError(f"{self.path / CORPUS} holds no document.", "Write the folder again.")
        documents, asked = _name_rows(passages, queries, language or UNKNOWN_LANGUAGE)
        _check_distinct(documents, self.path / CORPUS)
        _check_distinct(asked, self.path / QUERIES)
        qrels, skipped = _link(judgements, documents, asked, qrels_path)
        corpora: dict[str, dict[str, Passage]] = {}
        for row in passages:
            name, context = documents[row.identifier], row.metadata.get("context")
            passage = Passage(row.text, row.title, context if isinstance(context, str) else "")
            corpora.setdefault(name.language, {})[name.identifier] = passage
        texts: dict[str, dict[str, str]] = {}
        groups: dict[str, str] = {}
        for row in queries:
            name = asked[row.identifier]
            if name.identifier in qrels:
                texts.setdefault(name.language, {})[name.identifier] = row.text
                group = group_in(row.metadata, f"{self.path / QUERIES}:{row.line}")
                if group is not None or self.marker is not None:  # this package writes all groups of a dataset
                    groups[name.identifier] = group or ""
        links = link_translations({query: code for code, part in texts.items() for query in part}, groups)
        named = [*documents.items(), *asked.items()]
        prefixes = sorted({f"{name.language}:" for old, name in named if name.identifier != old})
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=texts,
            qrels=qrels,
            passage_text=self.marker.passage_text if self.marker is not None else "title+text",
            group_of=links.group_of,
            notes=(*self._notes(prefixes, skipped), *links.notes),
            measures=self.marker.measures if self.marker is not None else (),
            linked_by=links.rule,
        )

    def _find_qrels(self, split: str | None) -> Path:
        if not self.path.is_dir():
            raise MissingDataError(f"There is no folder {self.path}.", "Give a folder with corpus.jsonl.")
        splits = {path.stem: path for path in sorted((self.path / "qrels").glob("*.tsv"))}
        parts = {name: (self.path / name).is_file() for name in (CORPUS, QUERIES)} | {"qrels/SPLIT.tsv": bool(splits)}
        for name, is_there in parts.items():
            if not is_there:
                raise MissingDataError(f"{self.path} holds no {name}.", "Give a BEIR folder.")
        if split is None:
            written = self.marker.splits if self.marker is not None else ()
            usual = [name for name in (*written, "test", *(splits if len(splits) == 1 else ())) if name in splits]
            if not usual:
                raise ConfigurationError(f"{self.path} has several splits.", f"Choose one of {', '.join(splits)}.")
            return splits[usual[0]]
        if split not in splits:
            raise ConfigurationError(f"{self.path} has no split {split!r}.", did_you_mean(split, splits))
        return splits[split]

    def _notes(self, prefixes: list[str], skipped: int) -> list[str]:
        notes = list(self.marker.notes) if self.marker is not None else []
        if self.marker is not None and not self.marker.is_whole(self.path):
            notes.append(f"{self.path} was changed since beir-hybrid wrote it: not comparable")
            logger.warning("%s was changed since beir-hybrid wrote it.", self.path)
        if prefixes:
            notes.append(
                f"ids did not carry their language, and have it here: {', '.join(prefixes)} stands before them"
            )
        if skipped:
            notes.append(f"judgements of grade 0 about documents that the corpus lacks, left out: {skipped:,}")
        return notes


def _rows(path: Path, fields: tuple[str, ...]) -> Iterator[_Row]:
    lines: dict[str, int] = {}
    for line, row in read_rows(path, fields, _ROW):
        identifier = row["_id"]
        check_id(identifier, path, line)
        if (first := lines.setdefault(identifier, line)) != line:
            raise DataFormatError(
                f"{path}:{line}: the id {shorten(identifier)} occurs twice, first in line {first}.", "Make ids unique."
            )
        metadata = row.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        language = "" if metadata.get("language") is None else metadata["language"]
        if language != "" and not (isinstance(language, str) and _CODE.fullmatch(language)):
            raise DataFormatError(f"{path}:{line}: the language is {shorten(language)}.", "Give a code such as en.")
        yield _Row(line, identifier, language, row["text"], row.get("title", ""), metadata)


def _judgements(path: Path) -> Iterator[Judgement]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from read_judgements(path, _fields(path, csv.reader(file, delimiter="\t")), _QRELS)
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataFormatError(f"{path}: no table in UTF-8: {error}.", _QRELS) from error


def _fields(path: Path, rows: Any) -> Iterator[tuple[int, str, str, str]]:
    """Yield line, query, document and grade."""
    for position, row in enumerate(rows):
        if position == 0:
            if len(row) > 2 and is_grade(row[2]):
                raise DataFormatError(
                    f"{path}:1: no header, so BEIR would skip the judgement of {shorten(row[0])}.", _QRELS
                )
        elif any(field.strip() for field in row):
            if len(row) != 3:
                raise DataFormatError(f"{path}:{rows.line_num}: {len(row)} fields in {shorten(row)}.", _QRELS)
            yield rows.line_num, row[0], row[1], row[2]


def _name_rows(passages: list[_Row], queries: list[_Row], language: str) -> tuple[dict[str, _Name], dict[str, _Name]]:
    """Return the new id and the language of each document and each query by its id in the files."""
    prefixes = {
        row.identifier: code_of(row.identifier) or (UNKNOWN_LANGUAGE if _UNKNOWN.match(row.identifier) else "")
        for row in (*passages, *queries)
        if not row.language
    }
    trusted = all(prefixes.values())

    def name(row: _Row) -> _Name:
        code = row.language or (prefixes[row.identifier] if trusted else language)
        carries = row.identifier.startswith(f"{code}:")
        return _Name(row.identifier if carries else f"{code}:{row.identifier}", code)

    return {row.identifier: name(row) for row in passages}, {row.identifier: name(row) for row in queries}


def _check_distinct(names: dict[str, _Name], path: Path) -> None:
    """Refuse ids that differ in the file and no longer once their language stands before them, such as 1 and en:1."""
    old: dict[str, str] = {}
    for identifier, name in names.items():
        if (other := old.setdefault(name.identifier, identifier)) != identifier:
            raise DataFormatError(
                f"{path}: the ids {shorten(other)} and {shorten(identifier)} both become {shorten(name.identifier)}.",
                "Rename one.",
            )


def _link(
    judgements: list[Judgement], documents: dict[str, _Name], queries: dict[str, _Name], path: Path
) -> tuple[dict[str, dict[str, int]], int]:
    """Return the judgements with the new ids, and how many of grade 0 and below were left out."""
    qrels: dict[str, dict[str, int]] = {}
    skipped = 0
    for query, document, grade, line in judgements:
        if query not in queries:
            raise DataFormatError(
                f"{path}:{line}: queries.jsonl has no query {shorten(query)}.", "Add the query or remove that row."
            )
        judged = qrels.setdefault(queries[query].identifier, {})
        if document in documents:
            judged[documents[document].identifier] = grade
        elif grade > 0:
            raise DataFormatError(
                f"{path}:{line}: corpus.jsonl has no document {shorten(document)}, which is relevant for "
                f"{shorten(query)}.",
                "Add the document or remove that row.",
            )
        else:
            skipped += 1
    return qrels, skipped
