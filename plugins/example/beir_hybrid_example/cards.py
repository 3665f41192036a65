"""Cards: questions with their answers in a text file, a block of lines for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from beir_hybrid.formats import RowBatch

_FIRST = "# cards"
_NAMES = ["group", "language", "question", "passage"]


@dataclass(frozen=True)
class Cards:
    """Below a line ``# cards`` each line is group, language, question and answer, separated by ``separator``.

    Args:
        separator: What stands between them.
    """

    name: ClassVar[str] = "cards"
    separator: str = "|"

    def recognizes(self, path: Path) -> bool:
        """Return whether the file begins with its line."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.readline(20).strip() == _FIRST.encode()

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read a thousand lines at a time; the store drops and counts what lacks a text."""
        with path.open(encoding="utf-8", errors="replace") as file:
            next(file, None)
            while lines := list(islice(file, 1000)):
                rows = [[text.strip() for text in line.split(self.separator)] for line in lines]
                whole = [row for row in rows if len(row) == len(_NAMES)]
                columns = [pa.array(column, pa.string()) for column in zip(*whole, strict=True)]
                batch = RowBatch(pa.RecordBatch.from_arrays(columns or [pa.array([], pa.string())] * 4, _NAMES))
                if len(whole) < len(rows):
                    batch.dropped["another number of fields"] = len(rows) - len(whole)
                yield batch
