"""Wide: tables with a row for each group, and columns for each of its languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.columns import GROUPS
from beir_hybrid.formats.naming import number_rows, row_prefix
from beir_hybrid.formats.tables import columns_of, read_table, table_files
from beir_hybrid.languages import is_code
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import USUAL_NAMES, join_lists, numbered


@dataclass(frozen=True)
class Wide:
    """Columns such as ``query_de``, ``positive_de``, ``query_en``, ``positive_en``: a row is a group.

    What stands before the code are the names of the format ``columns``, with ``negative_de``, ``negatives_de`` or
    ``negative_1_de``; ``group`` or ``id`` is the group. A group lacks the languages in which it has neither text.
    JSON Lines, CSV or TSV with a header, Arrow or Parquet.
    """

    name: ClassVar[str] = "wide"

    def recognizes(self, path: Path) -> bool:
        """Return whether each table has a question and a passage in two languages or more."""
        files = table_files(path)
        return bool(files) and all(len(_languages_in(list(columns_of(file)))) > 1 for file in files)

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        for file in table_files(path):
            chosen = _languages_in(list(columns_of(file)))
            if not chosen:
                fix = "Name columns such as query_de and positive_de."
                raise DataFormatError(f"{file} has no columns of languages.", fix)
            kept = {code: columns for code, columns in chosen.items() if languages is None or code in languages}
            if kept:
                yield from _read_file(file, kept)


def _languages_in(names: list[str]) -> dict[str, tuple[str, str, list[str]]]:
    """Return the columns of the question, the passage and the negatives of each language that has the first two."""
    languages = {}
    for name in names:
        code = name.partition("_")[2]
        pairs = [
            [f"{role}_{code}" for role in roles if f"{role}_{code}" in names]
            for roles in (USUAL_NAMES["question"], USUAL_NAMES["passage"])
        ]
        if is_code(code) and all(pairs):
            languages[code] = (pairs[0][0], pairs[1][0], numbered(USUAL_NAMES["negatives"], names, f"_{code}"))
    return languages


def _read_file(path: Path, languages: dict[str, tuple[str, str, list[str]]]) -> Iterator[RowBatch]:
    group = next((name for name in GROUPS if name in columns_of(path)), "")
    texts = [name for columns in languages.values() for name in (*columns[:2], *columns[2])] + [group] * bool(group)
    prefix, start = row_prefix(path), 0
    for batch in read_table(path, texts, lists=[name for name in texts if name.startswith("negatives_")]):
        rows, count = batch.rows, len(batch.rows)
        groups = rows.column(group).cast(pa.string()) if group else number_rows(prefix, start, count)
        start += count
        parts = []
        for code, (question, passage, negatives) in languages.items():
            columns = {
                "group": groups,
                "language": pa.repeat(code, count),
                "question": rows.column(question),
                "passage": rows.column(passage),
                "negatives": join_lists([rows.column(name) for name in negatives])
                if negatives
                else pa.nulls(count, pa.list_(pa.string())),
            }
            is_there = [pc.not_equal(pc.fill_null(columns[name], ""), "") for name in ("question", "passage")]
            parts.append(pa.RecordBatch.from_pydict(columns).filter(pc.or_(*is_there)))
        yield RowBatch(pa.concat_batches(parts), batch.dropped, batch.bytes_read)
