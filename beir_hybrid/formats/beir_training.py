"""BeirTraining: BEIR folders with judgements to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.datasets.beir.content import CORPUS, QUERIES
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError
from beir_hybrid.formats.json_lines import read_json_lines
from beir_hybrid.formats.judged import JudgedFor, JudgedQuestion, TextIn, judged_pairs, pairs_batch
from beir_hybrid.formats.naming import check_language
from beir_hybrid.formats.tables import ROWS, read_table
from beir_hybrid.languages import code_of
from beir_hybrid.passage import Passage
from beir_hybrid.storage.pair_building import RowBatch

_METADATA = ("metadata", pa.struct([("language", pa.string()), ("group", pa.string())]))
_DOCUMENTS = pa.schema([("_id", pa.string()), ("title", pa.string()), ("text", pa.string()), _METADATA])
_QUERIES = pa.schema([("_id", pa.string()), ("text", pa.string()), _METADATA])


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
        texts: dict[str, TextIn] = {}
        for row, lost, size in _rows(path / CORPUS, _DOCUMENTS, wanted):
            if row:
                whole = Passage(row["text"] or "", row["title"] or "").searchable
                texts[row["_id"]] = TextIn(self._language(row, path / CORPUS), whole)
            else:
                yield RowBatch(pairs_batch([]), lost, size)
        made: list[dict[str, Any]] = []
        for row, lost, size in _rows(path / QUERIES, _QUERIES, judged):
            dropped += lost
            if row:
                question = JudgedQuestion(row["_id"], self._language(row, path / QUERIES), row["text"])
                group = str((row["metadata"] or {}).get("group") or "") or row["_id"]
                of_query = judged.pop(row["_id"], JudgedFor())
                made += judged_pairs(question, of_query, texts, partial(_group, row["_id"], group), dropped)
            if not row or len(made) >= ROWS:
                yield RowBatch(pairs_batch(made), +dropped, size)
                made, dropped = [], Counter()
        if judged:
            yield RowBatch(pairs_batch([]), Counter({"judgements of a query that is not there": len(judged)}))

    def _language(self, row: dict[str, Any], path: Path) -> str:
        code = (row["metadata"] or {}).get("language") or code_of(row["_id"]) or self.language
        if not code:
            fix = "Give it: --format \"beir(language='en')\""
            raise LanguageError(f"{path} does not say the language of {row['_id']!r}.", fix)
        return str(code)


def _read_judgements(path: Path, dropped: Counter[str]) -> dict[str, JudgedFor]:
    judged: dict[str, JudgedFor] = {}
    for batch in read_table(path, ("query-id", "corpus-id"), ("score",)):
        dropped += batch.dropped
        for query, document, score in zip(*(column.to_pylist() for column in batch.rows.columns), strict=True):
            if query is None or document is None or score is None:
                dropped["judgements without query, document or score"] += 1
                continue
            of_query = judged.setdefault(query, JudgedFor())
            (of_query.positives if score > 0 else of_query.negatives).append(document)
    return judged


def _rows(path: Path, schema: pa.Schema, wanted: Any) -> Iterator[tuple[dict[str, Any], Counter[str], int]]:
    """Yield the wanted objects of a file, and an empty one after each part of it, with what was lost and read."""
    known = pa.array(wanted, pa.string())
    for rows, dropped, size in read_json_lines(path, schema):
        for row in rows.filter(pc.is_in(rows.column("_id"), value_set=known)).to_pylist():
            yield row, Counter(), 0
        yield {}, dropped, size


def _group(query: str, group: str, number: int, _: str) -> str:
    return f"{query}#{number}" if number > 1 else group
