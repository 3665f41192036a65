"""Arrow: files of Arrow, Feather or Parquet with the columns of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS

_ROWS = 2**14
_UNREADABLE = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True)
class Arrow:
    """An Arrow (Feather 2) or Parquet file with the columns of a store."""

    name: ClassVar[str] = "arrow"

    def recognizes(self, path: Path) -> bool:
        """Return whether the file has the four columns of every pair."""
        try:
            return path.is_file() and set(TEXTS) <= set(_open(path)[0].names)
        except _UNREADABLE:
            return False

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        try:
            schema, batches = _open(path)
            names = [name for name in SCHEMA.names if name in schema.names]
            for batch in batches:
                for start in range(0, len(batch), _ROWS):
                    part = batch.slice(start, _ROWS).select(names)
                    part.validate(full=True)
                    yield RowBatch(part)
        except _UNREADABLE as error:
            raise DataFormatError(f"{path} is damaged: {error}.", "Write it or copy it again.") from error


def _open(path: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    with path.open("rb") as file:
        parquet = file.read(4) == b"PAR1"
    if parquet:
        table = pq.ParquetFile(path)
        return table.schema_arrow, table.iter_batches(_ROWS)
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    return reader.schema, (reader.get_batch(number) for number in range(reader.num_record_batches))
