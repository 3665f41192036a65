"""Approximate search with Faiss: an index of one's choice selects the passages, and the scores stay exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search.faiss_factory import (
    empty_index,
    faiss_at_work,
    parse_factory,
    set_thoroughness,
    training_sample,
)
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.kept_index import KeptIndex
from beir_hybrid.evaluation.search.scores import Identifiers, Vectors, pair_scores, passage_blocks

_BLOCK_PASSAGES = 2**14  # added at a time
_PAIRS = 2**18  # of a query and a passage, found at a time


class FaissIndex:
    """A Faiss index of the pool of all corpora, by inner product.

    It is trained on a sample, if it needs training, and fed in blocks, so that nothing is held in memory but what the
    index itself keeps. Several processors add to an HNSW at the same time, so that two of them may differ a little.

    Args:
        passages: Vectors of shape (passages of the language, dimensions) per language; may be memory-mapped.
        factory: As ``faiss.index_factory`` reads it, with options as for :func:`~.faiss_factory.parse_factory`:
            ``Flat``, ``HNSW64``, ``IVF256,Flat``, ``OPQ16,IVF1024,PQ16``, ``HNSW64:efSearch=200``.
            Unless given, ``efSearch`` is the depth of a search and at least 64, and ``nprobe`` as many lists as hold
            four times that depth on average, and at least the square root of their number.
        seed: Selects the vectors that it is trained on.
        kept: Where it is on disk, or is kept once it is built; None for nowhere.
        advance: Called with the share of the work done since the last call; all calls add up to 1.

    Attributes:
        factory: As given.
        options: What is set; with the defaults, once something was searched.

    Raises:
        ConfigurationError: If Faiss does not know the string or an option, builds no such index for inner products or
            vectors of this size, or has too few vectors to train on.

    Examples:
        >>> vectors = np.eye(4, dtype=np.float32)
        >>> ids = ["de:1", "de:2", "en:1", "en:2"]
        >>> index = FaissIndex([vectors[:2], vectors[2:]], "Flat")
        >>> index.search(vectors, 1, lambda rows: [ids[number] for number in rows]).passage.T
        array([[0, 1, 2, 3]])
    """

    def __init__(
        self,
        passages: Sequence[Vectors],
        factory: str,
        *,
        seed: int = 0,
        kept: KeptIndex | None = None,
        advance: Callable[[float], object] | None = None,
    ) -> None:
        self.factory = factory
        self._given = parse_factory(factory)[1]
        self.options = dict(self._given)
        self._passages = list(passages)
        self._total = sum(len(vectors) for vectors in passages)
        self._dimensions = next((int(vectors.shape[1]) for vectors in passages if len(vectors)), 0)
        if not self._total:
            raise ConfigurationError(f"There is no passage for the index {factory!r}.", "Check the corpora.")
        with self._faiss():
            known = kept.load() if kept is not None else None
            self._index = self._build(seed, advance) if known is None else known
        if kept is not None and known is None:
            kept.save(self._index)

    def search(
        self,
        queries: Floats32,
        depth: int,
        identifiers: Identifiers,
        advance: Callable[[float], object] | None = None,
    ) -> Hits:
        """Find passages with high scores.

        What the index finds is scored as :func:`~.scores.exact_scores` defines scores and ordered as in trec_eval, so
        that an index of coarser vectors only decides what is found.

        Args:
            queries: Shape (queries, dimensions).
            depth: How many passages to find; all, if there are fewer.
            identifiers: Returns document ids, to order ties.
            advance: Called with the share of the work done since the last call; all calls add up to 1.

        Returns:
            Up to ``depth`` passages of each query; an approximate index may find fewer.
        """
        depth = min(depth, self._total)
        hits = Hits.empty(len(queries), depth)
        with self._faiss():
            self.options |= set_thoroughness(self._index, depth, self._given)
        step = max(1, _PAIRS // depth)
        for start in range(0, len(queries), step):
            mine = np.ascontiguousarray(queries[start : start + step], np.float32)
            part = hits[start : start + step]
            with self._faiss():
                part.passage[:] = self._index.search(mine, depth)[1]
            self._settle(mine, part)
            if advance is not None:
                advance(len(mine) / len(queries))
        hits.order_ties(identifiers)
        return hits

    def _build(self, seed: int, advance: Callable[[float], object] | None) -> Any:
        index = empty_index(self.factory, self._dimensions)
        if not index.is_trained:
            index.train(training_sample(index, self._passages, seed))
        for block in passage_blocks(self._passages, _BLOCK_PASSAGES):
            index.add(np.ascontiguousarray(block.vectors))
            if advance is not None:
                advance(len(block.vectors) / self._total)
        return index

    def _settle(self, queries: Floats32, hits: Hits) -> None:
        """Score what was found exactly and order it by that, in place."""
        query, column = np.nonzero(hits.passage >= 0)
        hits.score[query, column] = pair_scores(queries, query, self._passages, hits.passage[query, column])
        hits.sort()

    def _faiss(self) -> AbstractContextManager[None]:
        return faiss_at_work(self.factory, f"{self._total} vectors of {self._dimensions} dimensions")
