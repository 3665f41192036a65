"""Store: a store of pairs, as training data that another store is built from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from beir_hybrid.storage.pair_building import RowBatch
from beir_hybrid.storage.pair_store import PairStore, is_store


@dataclass(frozen=True)
class Store:
    """A folder that ``beir-hybrid data build`` wrote."""

    name: ClassVar[str] = "store"

    def recognizes(self, path: Path) -> bool:
        """Return whether the folder is a store."""
        return is_store(path)

    def read(self, path: Path, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`."""
        store = PairStore(path)
        for rows in store.batches(store.columns):
            yield RowBatch(rows, bytes_read=rows.nbytes)
