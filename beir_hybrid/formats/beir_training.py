"""BeirTraining: BEIR folders with judgements to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.datasets.beir.content import CORPUS, QUERIES
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError
from beir_hybrid.formats.json_lines import read_json_lines
from beir_hybrid.formats.naming import check_language
from beir_hybrid.formats.tables import ROWS, read_table
from beir_hybrid.languages import code_of
from beir_hybrid.passage import Passage
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA

_METADATA = ("metadata", pa.struct([("language", pa.string()), ("group", pa.string())]))
_DOCUMENTS = pa.schema([("_id", pa.string()), ("title", pa.string()), ("text", pa.string()), _METADATA])
_QUERIES = pa.schema([("_id", pa.string()), ("text", pa.string()), _METADATA])


class _Text(NamedTuple):
    """A document.

    Attributes:
        language: Its code.
        text: Title and text.
    """

    language: str
    text: str


@dataclass
class _OfQuery:
    """The documents judged for one query, by id.

    Args:
        positives: Those above 0.
        negatives: Those of 0.
    """

    positives: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class BeirTraining:
    """A BEIR folder: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/train.tsv``; documents of grade 0 are negatives.

    The group is ``metadata.group``, or the query's id: ids that are equal but for their language are not taken for
    translations. Every relevant document after the first is a group of its own. One in another language counts where
    the query has none in its own. Documents that are judged are held in memory.

    Args:
        language: Code of the texts without ``metadata.language`` whose ids do not begin with one, such as ``en:17``.
        split: Which judgements are read.

    Raises:
        ConfigurationError: If the language is no code, or the split is no name.
    """

    name: ClassVar[str] = "beir"
    language: str = ""
    split: str = "train"

    def __post_init__(self) -> None:
        check_language("language", self.language)
        if not isinstance(self.split, str) or not self.split or "/" in self.split:
            raise ConfigurationError(f"split is {self.split!r}.", "Give the name of a file in qrels, such as train.")

    def recognizes(self, path: Path) -> bool:
        """Return whether the three files are there."""
        return all((path / name).is_file() for name in (CORPUS, QUERIES, f"qrels/{self.split}.tsv"))

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        if not self.recognizes(path):
            raise MissingDataError(
                f"{path} lacks {CORPUS}, {QUERIES} or qrels/{self.split}.tsv.", "Give such a folder."
            )
        dropped: Counter[str] = Counter()
        judged = _read_judgements(path / "qrels" / f"{self.split}.tsv", dropped)
        wanted = {document for each in judged.values() for document in (*each.positives, *each.negatives)}
        texts: dict[str, _Text] = {}
        for row, lost, size in _rows(path / CORPUS, _DOCUMENTS, wanted):
            if row:
                whole = Passage(row["text"] or "", row["title"] or "").searchable
                texts[row["_id"]] = _Text(self._language(row, path / CORPUS), whole)
            else:
                yield RowBatch(_batch([]), lost, size)
        made: list[dict[str, Any]] = []
        for row, lost, size in _rows(path / QUERIES, _QUERIES, judged):
            dropped += lost
            if row:
                code = self._language(row, path / QUERIES)
                made += _pairs(row, code, judged.pop(row["_id"], _OfQuery()), texts, dropped)
            if not row or len(made) >= ROWS:
                yield RowBatch(_batch(made), +dropped, size)
                made, dropped = [], Counter()
        if judged:
            yield RowBatch(_batch([]), Counter({"judgements of a query that is not there": len(judged)}))

    def _language(self, row: dict[str, Any], path: Path) -> str:
        code = (row["metadata"] or {}).get("language") or code_of(row["_id"]) or self.language
        if not code:
            fix = "Give it: --format \"beir(language='en')\""
            raise LanguageError(f"{path} does not say the language of {row['_id']!r}.", fix)
        return str(code)


def _read_judgements(path: Path, dropped: Counter[str]) -> dict[str, _OfQuery]:
    judged: dict[str, _OfQuery] = {}
    for batch in read_table(path, ("query-id", "corpus-id"), ("score",)):
        dropped += batch.dropped
        for query, document, score in zip(*(column.to_pylist() for column in batch.rows.columns), strict=True):
            if query is None or document is None or score is None:
                dropped["judgements without query, document or score"] += 1
                continue
            of_query = judged.setdefault(query, _OfQuery())
            (of_query.positives if score > 0 else of_query.negatives).append(document)
    return judged


def _rows(path: Path, schema: pa.Schema, wanted: Any) -> Iterator[tuple[dict[str, Any], Counter[str], int]]:
    """Yield the wanted objects of a file, and an empty one after each part of it, with what was lost and read."""
    known = pa.array(wanted, pa.string())
    for rows, dropped, size in read_json_lines(path, schema):
        for row in rows.filter(pc.is_in(rows.column("_id"), value_set=known)).to_pylist():
            yield row, Counter(), 0
        yield {}, dropped, size


def _pairs(
    query: dict[str, Any], language: str, judged: _OfQuery, texts: dict[str, _Text], dropped: Counter[str]
) -> list[dict[str, Any]]:
    """Return the rows of one query."""
    positives = [texts[document] for document in judged.positives if document in texts]
    negatives = [texts[document] for document in judged.negatives if document in texts]
    dropped["judgements of a document that is not there"] += (
        len(judged.positives) + len(judged.negatives) - len(positives) - len(negatives)
    )
    own = [text for text in positives if text.language == language]
    if own:
        dropped["passages in another language beside one in the question's"] += len(positives) - len(own)
    used = own or positives
    dropped["no relevant passage"] += not used
    group = str((query["metadata"] or {}).get("group") or "")
    rows = []
    for number, text in enumerate(used, start=1):
        rows.append(
            {
                "group": f"{query['_id']}#{number}" if number > 1 else group or query["_id"],
                "language": language,
                "question": query["text"],
                "passage": text.text,
                "passage_language": text.language,
                "negatives": [negative.text for negative in negatives] or None,
                "negative_languages": [negative.language for negative in negatives] or None,
            }
        )
    return rows


def _batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    names = ("group", "language", "question", "passage", "passage_language", "negatives", "negative_languages")
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema([SCHEMA.field(name) for name in names]))
