"""Tevatron: questions with their passages, or with the ids of them and a corpus beside; Mr. TyDi is written so, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.formats.json_lines import first_object, read_json_lines
from beir_hybrid.formats.naming import check_language, language_in_name
from beir_hybrid.languages import language_in_path
from beir_hybrid.passage import Passage
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS
from beir_hybrid.storage.text_table import TextTable, number_ids

_SCHEMA = pa.schema([SCHEMA.field(name) for name in (*TEXTS, "negatives")])
_NOTHING = pa.RecordBatch.from_pylist([], schema=_SCHEMA)
_ROWS = 2**10  # questions, of which each may have a hundred passages
_FIX = "Give query_id, query and positive_passages, or query_id, query_text and positive_document_ids."


@dataclass(frozen=True)
class Tevatron:
    """JSON Lines of Tevatron in its old and new forms, and Mr. TyDi: a file, or a folder with one for each language.

    Each positive passage of a question is a row and a group of its own. Passages that a file names by their ids alone
    are looked up in the corpus; what it lacks is left out and counted.

    Args:
        language: Code of the language; default: read off the name of the file or its folder, such as
            ``mrtydi-v1.1-arabic/train.jsonl.gz``.
        corpus: A file or folder with the corpus, JSON Lines with ``docid``, ``title`` and ``text``; in a folder, that
            of the same name as the questions' goes first. Default: beside the questions.
        split: Of a folder, the files whose names hold this are read, or all if there is none.
        parallel: Whether a question's id and the place of its passage stand for the same in every language, as in
            translated files: such rows make a group.
        titles: Whether titles stand before the passages.

    Raises:
        ConfigurationError: If the language is no code.
    """

    name: ClassVar[str] = "tevatron"
    language: str = ""
    corpus: str = ""
    split: str = "train"
    parallel: bool = False
    titles: bool = True

    def __post_init__(self) -> None:
        check_language("language", self.language)

    def recognizes(self, path: Path) -> bool:
        """Return whether the first line of the file, or of a file in the folder, has Tevatron's fields."""
        return any(_Fields.of(file) is not None for file in _json_lines(path))

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`.

        Raises:
            LanguageError: If the language is neither given nor said by a name.
            MissingDataError: If passages are named by ids, and there is no corpus.
            DataFormatError: If a file has other fields or is damaged.
        """
        files = [(file, fields) for file in _json_lines(path) if (fields := _Fields.of(file))]
        if not files:
            raise DataFormatError(f"{path} holds no rows with Tevatron's fields.", _FIX)
        for file, fields in [each for each in files if self.split in each[0].name] or files:
            language = language_in_name(file, self.language)
            if languages is None or language in languages:
                yield from self._read_file(file, fields, language)

    def _read_file(self, file: Path, fields: _Fields, language: str) -> Iterator[RowBatch]:
        table = None if fields.inline else (yield from self._read_corpus(file, fields, language))
        for rows, dropped, size in read_json_lines(file, fields.schema):
            yield RowBatch(_NOTHING, dropped, size)
            for start in range(0, len(rows), _ROWS):
                yield self._join(rows.slice(start, _ROWS).to_pylist(), fields, language, table)

    def _read_corpus(self, file: Path, fields: _Fields, language: str) -> Generator[RowBatch, None, TextTable]:
        """Read the texts of the passages that a file names; yields how much was read, and returns them."""
        wanted = [np.empty(0, np.int64)]
        for rows, _, _ in read_json_lines(file, fields.schema):
            ids = (identifier for row in rows.to_pylist() for identifier, _ in self._passages(row, fields))
            wanted.append(np.unique(number_ids(ids)))
        table = TextTable(np.concatenate(wanted))
        for corpus, first in self._corpora(file, language):
            kind = _id_type(first["docid"])
            schema = pa.schema([("docid", kind), ("title", pa.string()), ("text", pa.string())])
            for rows, dropped, size in read_json_lines(corpus, schema):
                whole = rows.filter(pc.and_(pc.is_valid(rows["docid"]), pc.is_valid(rows["text"])))
                texts = whole["text"]
                if self.titles:
                    titled = pc.binary_join_element_wise(pc.fill_null(whole["title"], ""), texts, " ")
                    texts = pc.utf8_trim_whitespace(titled)
                ids = whole["docid"].cast(pa.string()).to_pylist()
                table.add(number_ids(ids), texts.cast(pa.binary()))
                lacking = Counter({"a document without docid or text": len(rows) - len(whole)})
                yield RowBatch(_NOTHING, dropped + lacking, size)
        return table

    def _corpora(self, file: Path, language: str) -> list[tuple[Path, dict[str, Any]]]:
        given = Path(self.corpus)
        places = [given / file.absolute().parent.name, given] if self.corpus else [file.parent]
        for place in places:
            rows = [(path, first_object(path)) for path in (_json_lines(place) if place.exists() else [])]
            corpora = [(path, row) for path, row in rows if row is not None and {"docid", "text"} <= row.keys()]
            if corpora:
                return [each for each in corpora if language_in_path(each[0]) == language] or corpora
        raise MissingDataError(
            f"{file} names passages by their ids, and {places[-1]} has no corpus of them.",
            "Put its JSON Lines there, or name it: tevatron(corpus='FOLDER')",
        )

    def _join(self, rows: list[dict[str, Any]], fields: _Fields, language: str, table: TextTable | None) -> RowBatch:
        """Return the rows of a store that some questions are."""
        passages = [passage for row in rows for passage in self._passages(row, fields)]
        texts = [text for _, text in passages]
        if table is not None:
            texts = table.take(number_ids(identifier for identifier, _ in passages)).to_pylist()
        left = iter(texts)
        dropped: Counter[str] = Counter()
        joined = []
        for row in rows:
            positives, negatives = (
                [next(left) for _ in row[name] or ()] for name in (fields.positives, fields.negatives)
            )
            dropped["a negative that is missing"] += negatives.count(None)
            dropped["a passage that is missing"] += positives.count(None)
            dropped["no positive passage"] += not positives
            group = None if row["query_id"] is None else f"{row['query_id']}"
            if group is not None and not self.parallel:
                group = f"{language}:{group}"
            joined += [
                {
                    "group": group and f"{group}:{number}",
                    "language": language,
                    "question": row[fields.question],
                    "passage": text,
                    "negatives": [text for text in negatives if text is not None],
                }
                for number, text in enumerate(positives, 1)
                if text is not None
            ]
        return RowBatch(pa.RecordBatch.from_pylist(joined, schema=_SCHEMA), +dropped)

    def _passages(self, row: dict[str, Any], fields: _Fields) -> Iterator[tuple[str, str | None]]:
        """Yield ids and texts, as far as the row has them, of a question's passages: all positive ones first."""
        for passage in [*(row[fields.positives] or ()), *(row[fields.negatives] or ())]:
            if not isinstance(passage, dict):
                yield str(passage), None
            elif passage["text"] is None:
                yield str(passage["docid"]), None
            else:
                title = passage["title"] or "" if self.titles else ""
                yield str(passage["docid"]), Passage(passage["text"], title).searchable


class _Fields(NamedTuple):
    """What the fields of a file are.

    Attributes:
        question: Name of the field with the question.
        positives: Name of that with the positive passages.
        negatives: Name of that with the others.
        schema: Names and types of all.
        inline: Whether passages have their texts.
    """

    question: str
    positives: str
    negatives: str
    schema: pa.Schema
    inline: bool

    @classmethod
    def of(cls, file: Path) -> _Fields | None:
        """Read them off a file's first line; None if it is no file of Tevatron's."""
        row = first_object(file) or {}
        question = "query_text" if "query_text" in row else "query"
        old = "positive_passages" in row
        positives, negatives = (f"{kind}_{'passages' if old else 'document_ids'}" for kind in ("positive", "negative"))
        if not {"query_id", question, positives} <= row.keys():
            return None
        passages = [each for name in (positives, negatives) for each in (row.get(name) or ())]
        inline = old and any(isinstance(each, dict) and isinstance(each.get("text"), str) for each in passages)
        first = next(iter(passages), None)
        kind = _id_type(first.get("docid") if isinstance(first, dict) else first)
        if old:
            kind = pa.struct([("docid", kind), ("title", pa.string()), ("text", pa.string())])
        lists = [(name, pa.list_(kind)) for name in (positives, negatives)]
        schema = pa.schema([("query_id", _id_type(row["query_id"])), (question, pa.string()), *lists])
        return cls(question, positives, negatives, schema, inline)


def _id_type(identifier: Any) -> pa.DataType:
    return pa.int64() if isinstance(identifier, int) else pa.string()


def _json_lines(path: Path) -> list[Path]:
    """Return a file, or the JSON Lines of a folder and of those in it, sorted."""
    if path.is_file():
        return [path]
    files = [file for pattern in ("*", "*/*") for file in path.glob(f"{pattern}.jsonl*") if file.is_file()]
    return sorted(file for file in files if file.name.endswith((".jsonl", ".jsonl.gz")))
