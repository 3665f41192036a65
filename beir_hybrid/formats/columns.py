"""Columns: tables as sentence-transformers has them, a row for each question and passage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.lists import spread_positives
from beir_hybrid.formats.naming import check_language, language_in_name, number_rows, row_prefix
from beir_hybrid.formats.tables import columns_of, kind_of, read_table, table_files
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import TEXTS, USUAL_NAMES, is_list, join_lists, numbered

GROUPS = ("group", "id")
"""Names of the column of groups; the first that is there counts."""

_SCORES = ("score", "scores")


@dataclass(frozen=True)
class NamedColumns:
    """JSON Lines, CSV or TSV with a header, Arrow or Parquet, with a question and a passage in a row.

    The columns are ``question``, ``query`` or ``anchor``; ``passage``, ``positive``, ``context`` or ``answer``; and,
    where they are there, ``negative``, ``negatives`` or ``negative_1``, ``negative_2`` and so on; ``score``, or
    ``scores`` of the positive and then of the negatives; ``language``, ``lang`` or ``anchor_language``, and
    ``passage_language`` or ``positive_language``; and ``group`` or ``id``. Without a column of groups each row is one.
    Quotes in CSV and TSV are as in Python's ``csv``.

    Args:
        language: Code of all texts of files without a column of languages; default: the one that the file's name or its
            folder's says, such as ``de.csv``.

    Raises:
        ConfigurationError: If the language is no code.
    """

    name: ClassVar[str] = "columns"
    language: str = ""

    def __post_init__(self) -> None:
        check_language("language", self.language)

    def recognizes(self, path: Path) -> bool:
        """Return whether each table has a question and a passage, and is not one of pairs of this package."""
        files = table_files(path)
        return bool(files) and all(map(_fits, files))

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        for file in table_files(path):
            roles = _roles(columns_of(file))
            if "question" not in roles or "passage" not in roles:
                raise DataFormatError(f"{file} has no question and passage.", "Name columns query and positive.")
            code = "" if "language" in roles else language_in_name(file, self.language)
            if not code or languages is None or code in languages:
                yield from _read_file(file, code, roles)


def _fits(path: Path) -> bool:
    columns = columns_of(path)
    is_ours = set(TEXTS) <= columns.keys() and kind_of(path) not in ("csv", "tsv")
    return {"question", "passage"} <= _roles(columns).keys() and not is_ours


def _roles(columns: dict[str, Any]) -> dict[str, str]:
    """Return the column of each role that some column has."""
    names = {**USUAL_NAMES, "group": GROUPS, "score": _SCORES}
    del names["negatives"]  # which may be several columns
    return {role: name for role, known in names.items() for name in known[::-1] if name in columns}


def _read_file(path: Path, language: str, roles: dict[str, str]) -> Iterator[RowBatch]:
    negatives = numbered(USUAL_NAMES["negatives"], list(columns_of(path)))
    texts = [name for role, name in roles.items() if role != "score"] + negatives
    scores = [roles["score"]] if "score" in roles else []
    lists = [name for name in ("negatives", "scores") if name in (*texts, *scores)]
    prefix, start = row_prefix(path), 0
    for batch in read_table(path, texts, scores, lists):
        rows, count = batch.rows, len(batch.rows)
        columns = {role: rows.column(name) for role, name in roles.items()}
        if "group" in columns:
            columns["group"] = columns["group"].cast(pa.string())
        else:
            columns["group"] = number_rows(prefix, start, count)
        if language:
            columns["language"] = pa.repeat(language, count)
        if negatives:
            columns["negatives"] = join_lists([rows.column(name) for name in negatives])
        start += count
        made = RowBatch(pa.RecordBatch.from_pydict(columns), batch.dropped, batch.bytes_read)
        yield spread_positives(_split_scores(made))


def _split_scores(batch: RowBatch) -> RowBatch:
    """Split lists of scores into that of the positive and those of the negatives."""
    rows, dropped = batch.rows, Counter(batch.dropped)
    names = rows.schema.names
    if "score" not in names or not is_list(rows.column("score").type) or is_list(rows.column("passage").type):
        return batch
    scores = rows.column("score")
    lengths = pc.list_value_length(scores)
    expected = np.ones(len(rows), np.int64)
    if "negatives" in names:
        expected += np.asarray(pc.fill_null(pc.list_value_length(rows.column("negatives")), 0))
    fits = pa.array(np.asarray(pc.fill_null(lengths, -1)) == expected)
    fits = pc.or_(fits, pc.is_null(scores))
    if wrong := len(rows) - (pc.sum(fits).as_py() or 0):
        dropped["scores that are not one more than negatives"] += wrong
    rows = rows.filter(fits)
    each = rows.column("score").to_pylist()
    columns = {name: rows.column(name) for name in names}
    columns["score"] = pa.array([of_row and of_row[0] for of_row in each], pa.float64())
    if "negatives" in names:
        columns["negative_scores"] = pa.array([of_row and of_row[1:] for of_row in each], pa.list_(pa.float64()))
    return RowBatch(pa.RecordBatch.from_pydict(columns), dropped, batch.bytes_read)
