"""Any BEIR folder as a collection, whoever wrote it."""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.marker import Standing
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, did_you_mean, shorten
from beir_hybrid.grades import is_grade, read_grade
from beir_hybrid.languages import code_of
from beir_hybrid.passage import Passage
from beir_hybrid.storage.files import existing, parse_json
from beir_hybrid.translations import link_translations, told

UNKNOWN_LANGUAGE = "und"
"""The code of texts whose language nobody tells, as ISO 639 has it."""

_UNKNOWN = re.compile(f"{UNKNOWN_LANGUAGE}:.")
_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*")
_CORPUS, _QUERIES = "corpus.jsonl", "queries.jsonl"

logger = logging.getLogger(__name__)


class _Row(NamedTuple):
    """One line of a corpus or of queries.

    Attributes:
        identifier: Its ``_id``.
        language: What its metadata say; empty if nothing.
        fields: Strings by name.
        metadata: Its metadata.
        line: Where it stands in the file, from 1.
    """

    identifier: str
    language: str
    fields: dict[str, str]
    metadata: dict[str, Any]
    line: int


@dataclass(frozen=True)
class BeirFolder:
    """A BEIR folder as a dataset, which is loaded as the registered ones are.

    Lines may have ``metadata`` with a ``language``, and those of queries a ``group`` that the translations of a
    question share; see :func:`read_beir_folder`.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """What its marker calls it, or else the folder's own name."""
        marker = Standing(self.path).marker
        return str(marker["name"]) if marker is not None else self.path.resolve().name

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str | None = None,
        language: str | None = None,
    ) -> MultilingualCollection:
        """Load corpora, queries and relevance; see :func:`read_beir_folder`."""
        if source is not None:
            raise ConfigurationError(f"A BEIR folder has no source {str(source)!r}.", "Leave it out.")
        return read_beir_folder(self.path, split, language).select(languages)


def is_beir_folder(name: str | Path) -> bool:
    """Tell whether a path is meant as a BEIR folder: it has a corpus, or is a folder given with a separator."""
    path = existing(name)
    if path is None or not path.is_dir():
        return False
    return (path / _CORPUS).is_file() or "/" in str(name) or isinstance(name, Path)


def read_beir_folder(path: str | Path, split: str | None = None, language: str | None = None) -> MultilingualCollection:
    """Read a BEIR folder, ours or not, into memory.

    The language of a document or query is what its metadata say (``{"language": "en"}``), or else what its id begins
    with (``en:17``, as :func:`~beir_hybrid.languages.code_of` reads it; only if every id that has no metadata does), or
    else ``language``. Ids that do not carry that language get it put before them, and a note of the collection says so.

    Translations of a question are linked by the queries' metadata (``{"language": "en", "group": "17"}``, the same
    group in each language), or else by ids that are equal after the language (``en:17``, ``ro:17``), or else not at
    all; see :func:`~beir_hybrid.translations.link_translations`. A folder that this package wrote links those that its
    dataset does. Linked queries count as one question in intervals and tests, and ``mrc`` compares them.

    Queries that the split does not judge are left out, as ``GenericDataLoader`` does. A relevant document that the
    corpus lacks is an error: BEIR would count it as never found, this package could not, and the numbers would differ.
    Judgements of grade 0 or below about such documents change no measure; they are left out, and a note counts them.

    Args:
        path: The folder, with ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv``.
        split: Which of the qrels; None for the only one, or that which the folder was written for, or ``test``.
        language: Language code of what tells none; None for ``und``.

    Raises:
        MissingDataError: If a file is missing.
        ConfigurationError: If the folder has no such split, or ``language`` is no code.
        DataFormatError: If a line is not what it should be, an id occurs twice, or the qrels name an unknown query or
            a relevant document that is unknown; the message names file and line.
    """
    folder = Path(path)
    qrels_path = _find_qrels(folder, split)
    if language is not None and not _CODE.fullmatch(language):
        raise ConfigurationError(f"language is {language!r}.", "Give a code such as en.")
    marker = Standing(folder).marker or {}
    passages = list(_rows(folder / _CORPUS, ("title",)))
    queries = list(_rows(folder / _QUERIES, ()))
    judgements = list(_judgements(qrels_path))
    if not passages:
        raise DataFormatError(f"{folder / _CORPUS} holds no document.", "Write the folder again.")
    judged = {query for query, _, _, _ in judgements}
    document_ids, query_ids = _name_rows(passages, queries, language or UNKNOWN_LANGUAGE)
    _check_distinct(document_ids, folder / _CORPUS)
    _check_distinct(query_ids, folder / _QUERIES)
    qrels, skipped = _link(judgements, document_ids, query_ids, qrels_path)
    corpora: dict[str, dict[str, Passage]] = {}
    for row in passages:
        identifier, code = document_ids[row.identifier]
        context = row.metadata.get("context")
        corpora.setdefault(code, {})[identifier] = Passage(
            row.fields["text"], row.fields["title"], context if isinstance(context, str) else ""
        )
    texts: dict[str, dict[str, str]] = {}
    groups: dict[str, str] = {}
    for row in queries:
        if row.identifier in judged:
            identifier, code = query_ids[row.identifier]
            texts.setdefault(code, {})[identifier] = row.fields["text"]
            group = told(row.metadata, f"{folder / _QUERIES}:{row.line}")
            if group is not None or marker:  # a folder of ours has all the groups there are
                groups[identifier] = group or ""
    links = link_translations({query: code for code, found in texts.items() for query in found}, groups)
    changed = [*document_ids.items(), *query_ids.items()]
    prefixed = sorted({f"{code}:" for old, (new, code) in changed if new != old})
    return MultilingualCollection(
        name=BeirFolder(folder).name,
        corpora=corpora,
        queries=texts,
        qrels=qrels,
        passage_text=str(marker.get("passage_text", "title+text")),
        group_of=links.group_of,
        notes=(*_notes(folder, marker, prefixed, skipped), *links.notes),
        measures=tuple(marker.get("measures", ())),
        linked_by=links.rule,
    )


def _find_qrels(folder: Path, split: str | None) -> Path:
    if not folder.is_dir():
        raise MissingDataError(f"There is no folder {folder}.", "Give a folder with corpus.jsonl.")
    for name in (_CORPUS, _QUERIES):
        if not (folder / name).is_file():
            raise MissingDataError(f"{folder} holds no {name}.", "Give a BEIR folder.")
    splits = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if not splits:
        raise MissingDataError(f"{folder} holds no qrels/SPLIT.tsv.", "Give a BEIR folder.")
    if split is None:
        written = (Standing(folder).marker or {}).get("splits") or []
        usual = [name for name in (*written, "test", *(splits if len(splits) == 1 else ())) if name in splits]
        if not usual:
            raise ConfigurationError(f"{folder} has several splits.", f"Choose one of {', '.join(splits)}.")
        return splits[usual[0]]
    if split not in splits:
        raise ConfigurationError(f"{folder} has no split {split!r}.", did_you_mean(split, splits))
    return splits[split]


def _rows(path: Path, optional: tuple[str, ...]) -> Iterator[_Row]:
    wanted = 'Give one {"_id": ..., "text": ...} of strings a line.'
    seen: dict[str, int] = {}
    number = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            try:
                row = parse_json(line.decode())
            except (ValueError, RecursionError) as error:  # JSON's and Unicode's errors are ValueErrors
                raise DataFormatError(f"{path}:{number}: no JSON: {error}.", wanted) from error
            if not isinstance(row, dict):
                raise DataFormatError(f"{path}:{number}: no JSON object.", wanted)
            row |= {field: "" for field in optional if row.get(field) is None}
            for field in ("_id", "text", *optional):
                if not isinstance(row.get(field), str):
                    problem = f"{field!r} is {shorten(row[field])}" if field in row else f"no field {field!r}"
                    raise DataFormatError(f"{path}:{number}: {problem}.", wanted)
            identifier = row["_id"]
            if identifier.split() != [identifier]:
                raise DataFormatError(
                    f"{path}:{number}: the id {shorten(identifier)} is empty or has blanks.", "Rename it."
                )
            if identifier in seen:
                raise DataFormatError(
                    f"{path}:{number}: the id {shorten(identifier)} occurs twice, first in line {seen[identifier]}.",
                    "Make ids unique.",
                )
            seen[identifier] = number
            told = row.get("metadata")
            metadata = told if isinstance(told, dict) else {}
            fields = {field: row[field] for field in ("text", *optional)}
            yield _Row(identifier, _told_language(metadata, path, number), fields, metadata, number)


def _told_language(metadata: dict[str, Any], path: Path, number: int) -> str:
    language = metadata.get("language")
    if language is None or language == "":
        return ""
    if not isinstance(language, str) or not _CODE.fullmatch(language):
        raise DataFormatError(f"{path}:{number}: the language is {shorten(language)}.", "Give a code such as en.")
    return language


def _judgements(path: Path) -> Iterator[tuple[str, str, int, int]]:
    """Yield query, document, grade and line."""
    layout = "Give query-id<TAB>corpus-id<TAB>score below a header of these names."
    grades: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter="\t")
        try:
            for position, row in enumerate(rows):
                number = rows.line_num
                if position == 0:
                    if len(row) > 2 and is_grade(row[2]):
                        raise DataFormatError(
                            f"{path}:1: no header, so BEIR would skip the judgement of {shorten(row[0])}.", layout
                        )
                    continue
                if not any(field.strip() for field in row):
                    continue
                if len(row) != 3:
                    raise DataFormatError(f"{path}:{number}: {len(row)} fields in {shorten(row)}.", layout)
                query, document, text = row
                grade = read_grade(text, f"{path}:{number}")
                known = grades.setdefault((query, document), grade)
                if known != grade:
                    raise DataFormatError(
                        f"{path}:{number}: {shorten(document)} has the score {grade} for {shorten(query)}, "
                        f"and {known} before.",
                        "Keep one of them.",
                    )
                yield query, document, grade, number
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataFormatError(f"{path}: no table in UTF-8: {error}.", layout) from error
    if not grades:
        raise DataFormatError(f"{path} holds no judgement.", layout)


Named = dict[str, tuple[str, str]]


def _name_rows(passages: list[_Row], queries: list[_Row], language: str) -> tuple[Named, Named]:
    """Give the new id and the language of each document and each query by its id in the files."""
    prefixes = {
        row.identifier: code_of(row.identifier) or (UNKNOWN_LANGUAGE if _UNKNOWN.match(row.identifier) else "")
        for rows in (passages, queries)
        for row in rows
        if not row.language
    }
    trusted = all(prefixes.values())
    found: list[Named] = []
    for rows in (passages, queries):
        named: Named = {}
        for row in rows:
            code = row.language or (prefixes[row.identifier] if trusted else language)
            new = row.identifier if row.identifier.startswith(f"{code}:") else f"{code}:{row.identifier}"
            named[row.identifier] = (new, code)
        found.append(named)
    return found[0], found[1]


def _check_distinct(named: Named, path: Path) -> None:
    """Refuse ids that differ in the file and no more once their language stands before them, such as 1 and en:1."""
    old: dict[str, str] = {}
    for identifier, (new, _) in named.items():
        if (other := old.setdefault(new, identifier)) != identifier:
            raise DataFormatError(
                f"{path}: the ids {shorten(other)} and {shorten(identifier)} both become {shorten(new)}.", "Rename one."
            )


def _link(
    judgements: list[tuple[str, str, int, int]], documents: Named, queries: Named, path: Path
) -> tuple[dict[str, dict[str, int]], int]:
    """Give the judgements with the new ids, and how many of no weight were left out."""
    qrels: dict[str, dict[str, int]] = {}
    skipped = 0
    for query, document, grade, number in judgements:
        if query not in queries:
            raise DataFormatError(
                f"{path}:{number}: queries.jsonl has no query {shorten(query)}.", "Add the query or remove that row."
            )
        judged = qrels.setdefault(queries[query][0], {})
        if document in documents:
            judged[documents[document][0]] = grade
        elif grade > 0:
            raise DataFormatError(
                f"{path}:{number}: corpus.jsonl has no document {shorten(document)}, which is relevant for "
                f"{shorten(query)}.",
                "Add the document or remove that row.",
            )
        else:
            skipped += 1
    return qrels, skipped


def _notes(folder: Path, marker: dict[str, Any], prefixed: list[str], skipped: int) -> tuple[str, ...]:
    notes = [str(note) for note in marker.get("notes", [])]
    if marker and not Standing(folder).whole():
        notes.append(f"{folder} was changed since beir-hybrid wrote it: not comparable")
        logger.warning("%s was changed since beir-hybrid wrote it.", folder)
    if prefixed:
        notes.append(f"ids did not carry their language, and have it here: {', '.join(prefixed)} stands before them")
    if skipped:
        notes.append(f"judgements of grade 0 about documents that the corpus lacks, left out: {skipped:,}")
    return tuple(notes)
