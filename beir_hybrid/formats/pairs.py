"""Pairs: this package's own JSON Lines, a row per group and language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from beir_hybrid.formats.json_lines import first_object, read_json_lines
from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS


@dataclass(frozen=True)
class Pairs:
    """JSON Lines with ``group``, ``language``, ``question`` and ``passage``, and the other columns of a store."""

    name: ClassVar[str] = "pairs"

    def recognizes(self, path: Path) -> bool:
        """Return whether the first line has the four texts of every pair."""
        row = first_object(path) if path.is_file() else None
        return row is not None and set(TEXTS) <= row.keys()

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        for rows, dropped, size in read_json_lines(path, SCHEMA):
            yield RowBatch(rows, dropped, size)
