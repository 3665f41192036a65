"""Approximate search with Faiss: a structure of one's choice finds the passages, and the scores stay exact."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search.exact import Hits
from beir_hybrid.evaluation.search.faiss_factory import (
    at_work,
    empty_index,
    parse_factory,
    set_thoroughness,
    training_sample,
)
from beir_hybrid.evaluation.search.scores import Identifiers, Vectors, exact_scores, gather, id_places, passage_blocks

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
        options: More options, over which those of the string prevail. Unless given, ``efSearch`` is the depth of a
            search and at least 64, and ``nprobe`` as many lists as hold four times that depth on average, and at least
            the square root of their number.
        seed: Decides which vectors it is trained on.
        advance: Called with the share of the work done since the last call; all calls add up to 1.

    Attributes:
        factory: As given.
        options: What is set; with the defaults, once something was searched.

    Raises:
        ConfigurationError: If Faiss does not know the string or an option, builds no such index for inner products or
            vectors of this size, or has too few vectors to train on.
    """

    def __init__(
        self,
        passages: Sequence[Vectors],
        factory: str,
        *,
        options: Mapping[str, float] | None = None,
        seed: int = 0,
        advance: Callable[[float], object] | None = None,
    ) -> None:
        self.factory = factory
        self._given = {**(options or {}), **parse_factory(factory)[1]}
        self.options = dict(self._given)
        self._passages = list(passages)
        self._total = sum(len(vectors) for vectors in passages)
        self._dimensions = next((int(vectors.shape[1]) for vectors in passages if len(vectors)), 0)
        if not self._total:
            raise ConfigurationError(f"There is no passage for the index {factory!r}.", "Check the corpora.")
        with self._faiss():
            self._index = self._build(seed, advance)

    def search(
        self,
        queries: Floats32,
        depth: int,
        identifiers: Identifiers,
        advance: Callable[[float], object] | None = None,
    ) -> Hits:
        """Find passages with high scores.

        What the index finds is scored as :func:`~beir_hybrid.evaluation.search.scores.exact_scores` defines scores
        and ordered
        as in trec_eval, so that an index of coarser vectors decides about who is found only.

        Args:
            queries: Shape (queries, dimensions).
            depth: How many passages to find; all, if there are fewer.
            identifiers: Gives document ids, to order ties.
            advance: Called with the share of the work done since the last call; all calls add up to 1.

        Returns:
            Up to ``depth`` passages of each query; an approximate index may find fewer.
        """
        depth = min(depth, self._total)
        hits = Hits(np.full((len(queries), depth), -1, np.int64), np.full((len(queries), depth), -np.inf, np.float32))
        with self._faiss():
            self.options |= set_thoroughness(self._index, depth, self._given)
        step = max(1, _PAIRS // depth)
        for start in range(0, len(queries), step):
            mine = np.ascontiguousarray(queries[start : start + step], np.float32)
            with self._faiss():
                hits.passage[start : start + step] = self._index.search(mine, depth)[1]
            _settle(mine, self._passages, hits.passage[start : start + step], hits.score[start : start + step])
            if advance is not None:
                advance(len(mine) / len(queries))
        _order_ties(hits, identifiers)
        return hits

    def _build(self, seed: int, advance: Callable[[float], object] | None) -> Any:
        index = empty_index(self.factory, self._dimensions, self._given)
        if not index.is_trained:
            index.train(training_sample(index, self._passages, seed))
        for block in passage_blocks(self._passages, _BLOCK_PASSAGES):
            index.add(np.ascontiguousarray(block.vectors))
            if advance is not None:
                advance(len(block.vectors) / self._total)
        return index

    def _faiss(self) -> AbstractContextManager[None]:
        return at_work(self.factory, f"{self._total} vectors of {self._dimensions} dimensions")


def faiss_search(
    queries: Floats32,
    passages: Sequence[Vectors],
    depth: int,
    factory: str,
    identifiers: Identifiers,
    *,
    options: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Hits:
    """Find passages with high scores in the pool of all corpora through a Faiss index built for that.

    Args:
        queries: Shape (queries, dimensions).
        passages: Vectors of shape (passages of the language, dimensions) per language; may be memory-mapped.
        depth: How many passages to find; all, if there are fewer.
        factory: Such as ``HNSW64``; see :class:`FaissIndex`.
        identifiers: Gives document ids, to order ties.
        options: As for :class:`FaissIndex`.
        seed: As for :class:`FaissIndex`.

    Raises:
        ConfigurationError: If there can be no such index.

    Examples:
        >>> vectors = np.eye(4, dtype=np.float32)
        >>> ids = ["de:1", "de:2", "en:1", "en:2"]
        >>> found = faiss_search(vectors, [vectors[:2], vectors[2:]], 1, "Flat", lambda rows: [ids[n] for n in rows])
        >>> found.passage.T
        array([[0, 1, 2, 3]])
    """
    return FaissIndex(passages, factory, options=options, seed=seed).search(queries, depth, identifiers)


def recall_against_exact(hits: Hits, exact: Hits, depth: int) -> float:
    """Tell how much of the exact ranking's top was found: the mean over queries, in [0, 1].

    A passage that is level with the last one of the exact ranking's top stands as well in its place: which of them are
    listed is a matter of document ids.

    Args:
        hits: What was found.
        exact: What exact search finds for the same queries.
        depth: How many passages count as the top.

    Raises:
        ConfigurationError: If one of them is not as deep, or they are of different queries.
    """
    kept = min(hits.passage.shape[1], exact.passage.shape[1])
    if len(hits.passage) != len(exact.passage) or not 1 <= depth <= kept:
        raise ConfigurationError(
            f"The first {depth} of {len(exact.passage)} rankings cannot be compared with {len(hits.passage)} of depth "
            f"{hits.passage.shape[1]}.",
            f"Compare rankings of the same queries, to a depth from 1 to {kept}.",
        )
    top, found = exact.score[:, :depth], hits.score[:, :depth]
    last = np.where(np.isfinite(top), top, np.inf).min(axis=1, keepdims=True)
    return float(np.mean((np.isfinite(found) & (found >= last)).sum(axis=1) / np.isfinite(top).sum(axis=1)))


def _settle(queries: Floats32, passages: Sequence[Vectors], found: Ints, scores: Floats32) -> None:
    """Score what was found exactly and order it by that, in place.

    Args:
        queries: Shape (queries, dimensions).
        passages: Shape (passages of the language, dimensions) by language.
        found: Shape (queries, depth), passage numbers; -1 where there is none.
        scores: Shape (queries, depth), where the scores go; -inf where there is none.
    """
    query, column = np.nonzero(found >= 0)
    vectors, place = gather(passages, found[query, column])
    threads = os.cpu_count() or 1

    def score(part: Ints) -> None:
        scores[query[part], column[part]] = exact_scores(queries, query[part], vectors, place[part])

    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(score, np.array_split(np.arange(len(query)), threads)))
    order = np.argsort(-scores, axis=1, kind="stable")
    found[:], scores[:] = np.take_along_axis(found, order, axis=1), np.take_along_axis(scores, order, axis=1)


def _order_ties(hits: Hits, identifiers: Identifiers) -> None:
    """Put the larger document id first among equal scores, in place; scores are in order."""
    level = (hits.score[:, 1:] == hits.score[:, :-1]) & (hits.passage[:, 1:] >= 0)
    edge = np.zeros((len(level), 1), bool)
    query, column = np.nonzero(np.hstack([edge, level]) | np.hstack([level, edge]))
    if not len(query):  # ids are read only where they decide
        return
    passages, scores = hits.passage[query, column], hits.score[query, column]
    hits.passage[query, column] = passages[np.lexsort((-id_places(identifiers, passages), -scores, query))]
