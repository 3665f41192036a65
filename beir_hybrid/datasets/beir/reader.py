"""FolderReader: any BEIR folder as a collection, also one that others wrote."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.content import CORPUS, QUERIES
from beir_hybrid.datasets.beir.folder_corpus import FolderCorpus, named_passages, read_twice_at_most
from beir_hybrid.datasets.beir.folder_rows import (
    CODE,
    UNKNOWN_LANGUAGE,
    DistinctNames,
    FolderRow,
    Name,
    Naming,
    folder_rows,
    language_in,
)
from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.datasets.beir.stored_folder import StoredFolder
from beir_hybrid.datasets.rows import Judgement, read_judgements
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError, did_you_mean, shorten
from beir_hybrid.grades import is_grade
from beir_hybrid.passage import Passage
from beir_hybrid.translations import group_in, link_translations

IN_MEMORY = 64 << 20
"""Bytes of a corpus file from which on its passages are stored; gzipped ones are taken for four times as large."""

_PACKED = 4  # how many bytes of text a gzipped byte is taken for
_QRELS = "Give query-id<TAB>corpus-id<TAB>score below a header of these names."

logger = logging.getLogger(__name__)


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
        if language is not None and not CODE.fullmatch(language):
            raise ConfigurationError(f"language is {language!r}.", "Give a code such as en.")
        judgements = list(_judgements(qrels_path))
        queries_path = part_of(self.path, QUERIES)
        languages, rows = _read_queries(queries_path, {judgement.query for judgement in judgements})
        by_prefix = all(code or language_in(query) for query, code in languages.items())
        corpus = read_corpus(part_of(self.path, CORPUS), Naming(language or UNKNOWN_LANGUAGE, by_prefix))
        asked = _name_queries(queries_path, languages, corpus.naming)
        qrels, skipped = _link(judgements, corpus.find, asked, qrels_path)
        texts: dict[str, dict[str, str]] = {}
        groups: dict[str, str] = {}
        for row in rows:
            name = asked[row.identifier]
            texts.setdefault(name.language, {})[name.identifier] = row.text
            group = group_in(row.metadata, f"{queries_path}:{row.line}")
            if group is not None or self.marker is not None:  # this package writes all groups of a dataset
                groups[name.identifier] = group or ""
        links = link_translations({query: code for code, part in texts.items() for query in part}, groups)
        prefixed = corpus.prefixed | {name.language for query, name in asked.items() if name.identifier != query}
        return MultilingualCollection(
            name=self.name,
            corpora=corpus.corpora,
            queries=texts,
            qrels=qrels,
            passage_text=self.marker.passage_text if self.marker is not None else "title+text",
            group_of=links.group_of,
            notes=(*self._notes([f"{code}:" for code in sorted(prefixed)], skipped), *links.notes),
            measures=self.marker.measures if self.marker is not None else (),
            linked_by=links.rule,
        )

    def _find_qrels(self, split: str | None) -> Path:
        if not self.path.is_dir():
            raise MissingDataError(f"There is no folder {self.path}.", "Give a folder with corpus.jsonl.")
        splits = {path.stem: path for path in sorted((self.path / "qrels").glob("*.tsv"))}
        parts = {name: part_of(self.path, name).is_file() for name in (CORPUS, QUERIES)} | {
            "qrels/SPLIT.tsv": bool(splits)
        }
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


def part_of(folder: Path, name: str) -> Path:
    """Return the path of one of a folder's files: ``corpus.jsonl``, or ``corpus.jsonl.gz`` where that is missing."""
    packed = folder / f"{name}.gz"
    return packed if packed.is_file() and not (folder / name).is_file() else folder / name


def read_corpus(path: Path, naming: Naming) -> FolderCorpus:
    """Read the passages of a BEIR folder: a small file into memory, a large one once into the user's cache.

    Where the cache cannot be written, they are read into memory, with a warning.

    Args:
        path: The file, gzipped if its name ends so.
        naming: How rows get their languages; where the id of one does not begin with its language as it should, all
            get that of ``naming``.

    Raises:
        DataFormatError: If a line is malformed, an id occurs twice, there is no row, or the file changes meanwhile.
    """
    if path.stat().st_size * (_PACKED if path.suffix == ".gz" else 1) >= IN_MEMORY:
        try:
            return StoredFolder(path, naming).open()
        except OutputError as error:
            logger.warning("%s is read into memory: %s", path, error)
    return read_twice_at_most(partial(_in_memory, path), naming)


def _read_queries(path: Path, judged: set[str]) -> tuple[dict[str, str], list[FolderRow]]:
    """Return the language in the metadata of every query by its id, perhaps empty, and the rows of those judged."""
    languages: dict[str, str] = {}
    rows = []
    distinct = DistinctNames(path)
    for row in folder_rows(path, ("_id", "text")):
        distinct.add(row.identifier, row.line)
        languages[row.identifier] = row.language
        if row.identifier in judged:
            rows.append(row)
    return languages, rows


def _in_memory(path: Path, naming: Naming) -> FolderCorpus:
    corpora: dict[str, dict[str, Passage]] = {}
    names: dict[str, str] = {}
    prefixed, distinct = set(), DistinctNames(path)
    for line, identifier, name, passage in named_passages(path, naming):
        distinct.add(identifier, line)
        distinct.add_name(identifier, name)
        corpora.setdefault(name.language, {})[name.identifier] = passage
        names[identifier] = name.identifier
        if identifier != name.identifier:
            prefixed.add(name.language)
    return FolderCorpus(corpora, naming, frozenset(prefixed), names.get)


def _name_queries(path: Path, languages: dict[str, str], naming: Naming) -> dict[str, Name]:
    distinct = DistinctNames(path)
    names: dict[str, Name] = {}
    for query, language in languages.items():
        name = naming.name(query, language)
        if name is None:
            raise RuntimeError(query)  # naming was chosen by these very ids
        distinct.add_name(query, name)
        names[query] = name
    return names


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


def _link(
    judgements: list[Judgement], document_of: Callable[[str], str | None], queries: dict[str, Name], path: Path
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
        if (name := document_of(document)) is not None:
            judged[name] = grade
        elif grade > 0:
            raise DataFormatError(
                f"{path}:{line}: corpus.jsonl has no document {shorten(document)}, which is relevant for "
                f"{shorten(query)}.",
                "Add the document or remove that row.",
            )
        else:
            skipped += 1
    return qrels, skipped
