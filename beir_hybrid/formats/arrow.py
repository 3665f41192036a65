"""Arrow: files of Arrow, Feather or Parquet with the columns of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.tables import ROWS, UNREADABLE, open_arrow
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS


@dataclass(frozen=True)
class Arrow:
    """An Arrow (Feather 2) or Parquet file with the columns of a store."""

    name: ClassVar[str] = "arrow"

    def recognizes(self, path: Path) -> bool:
        """Return whether the file has the four columns of every pair."""
        try:
            return path.is_file() and set(TEXTS) <= set(open_arrow(path)[0].names)
        except UNREADABLE:
            return False

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        try:
            schema, batches = open_arrow(path)
            names = [name for name in SCHEMA.names if name in schema.names]
            for batch in batches:
                for start in range(0, len(batch), ROWS):
                    part = batch.slice(start, ROWS).select(names)
                    part.validate(full=True)
                    yield RowBatch(part)
        except UNREADABLE as error:
            raise DataFormatError(f"{path} is damaged: {error}.", "Write it or copy it again.") from error
