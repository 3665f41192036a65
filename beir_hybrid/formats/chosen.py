"""Chosen columns: tables whose columns one names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from beir_hybrid.formats.tables import columns_of, read_table, table_files
from beir_hybrid.pairs.dataset_rows import RowColumns
from beir_hybrid.storage.pair_building import RowBatch

_NUMBERS = ("score", "negative_scores")


@dataclass(frozen=True)
class ChosenColumns:
    """JSON Lines, CSV or TSV with a header, Arrow or Parquet, whose columns are named.

    It has the methods of a format, but is none that could be recognised.

    Args:
        columns: The table's columns by those of a store.
    """

    name: ClassVar[str] = "chosen"
    columns: RowColumns

    def recognizes(self, path: Path) -> bool:
        """Return whether there are tables."""
        files = table_files(path)
        return bool(files) and all(map(columns_of, files))

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`. Without a column of groups, each row is one."""
        start = 0
        for file in table_files(path):
            held = self.columns.of(list(columns_of(file)), str(file))
            numbers = [column for name in _NUMBERS for column in held.get(name, ())]
            texts = [column for name, columns in held.items() if name not in _NUMBERS for column in columns]
            for batch in read_table(file, texts, numbers):
                table = {column: batch.rows.column(column) for column in batch.rows.schema.names}
                rows = self.columns.arrange(table, held, start, str(file))
                start += len(rows)
                yield RowBatch(rows, batch.dropped, batch.bytes_read)
