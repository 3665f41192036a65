"""ShardStore: the vectors of several files, one after another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.evaluation.encoding.vector_shard import RELEASE_BYTES, VectorShard
from beir_hybrid.evaluation.encoding.vectors import Keys, VectorStore

AROUND = 64 << 10  # bytes that Linux maps around a place that is read


class ShardStore(VectorStore):
    """Vectors in the rows of mapped files, in their order; those added with their keys are found by them.

    Args:
        dimensions: Of each vector.
        shards: The files; more can be added.
    """

    def __init__(self, dimensions: int, shards: Iterable[VectorShard] = ()) -> None:
        super().__init__(dimensions)
        self._touched = 0  # bytes of pages, at most
        for shard in shards:
            self.add(shard)

    def add(self, shard: VectorShard, keys: Keys | None = None) -> None:
        """Put a file's rows after the others; ``keys`` are its keys, None if nobody looks for them."""
        if keys is not None:
            self._index.add(keys, len(self))
        self._append_part(shard)

    def take(self, rows: Ints) -> Floats32:
        """Gather vectors, as :meth:`VectorStore.take` does; what was read does not stay in the process's memory.

        Raises:
            DataFormatError: If one does not match its checksum.
        """
        vectors: Floats32 = super().take(rows)
        self._touched += vectors.nbytes + AROUND * (1 + int(np.count_nonzero(np.diff(rows) != 1)))
        if self._touched > RELEASE_BYTES:
            self._touched = 0
            for part in self._parts:
                part.release()
        return vectors
