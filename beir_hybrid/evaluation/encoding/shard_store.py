"""ShardStore: the vectors of several files, one after another."""

from __future__ import annotations

from collections.abc import Iterable

from beir_hybrid.evaluation.encoding.vector_shard import VectorShard
from beir_hybrid.evaluation.encoding.vectors import Keys, VectorStore


class ShardStore(VectorStore):
    """Vectors in the rows of mapped files, in their order; those added with their keys are found by them.

    Args:
        dimensions: Of each vector.
        shards: The files; more can be added.
    """

    def __init__(self, dimensions: int, shards: Iterable[VectorShard] = ()) -> None:
        super().__init__(dimensions)
        for shard in shards:
            self.add(shard)

    def add(self, shard: VectorShard, keys: Keys | None = None) -> None:
        """Put a file's rows after the others; ``keys`` are its keys, None if nobody looks for them."""
        if keys is not None:
            self._index.add(keys, len(self))
        self._append_part(shard)
