"""The Faiss searches can be made. BEIR 2.2.0.

``BaseSearch`` wants ``encode`` and ``search_from_files`` since 2.2.0, and the Faiss searches lack both: none of them
can be instantiated.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["apply"]

_METHODS = ("encode", "search_from_files")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Give the parent of the Faiss searches the methods that it lacks."""
    parent = module.DenseRetrievalFaissSearch
    lacking = [name for name in _METHODS if name in parent.__abstractmethods__ and name not in vars(parent)]
    for name in lacking:
        setattr(parent, name, {"encode": encode, "search_from_files": search_from_files}[name])
    _recount(parent)

    def undo() -> None:
        for name in lacking:
            delattr(parent, name)
        _recount(parent)

    return [undo] if lacking else []


def encode(
    self: Any,
    corpus: Any,
    queries: Any,
    encode_output_path: str = "./embeddings/",
    overwrite: bool = False,
    query_filename: str = "queries.pkl",
    corpus_filename: str = "corpus.*.pkl",
    **kwargs: Any,
) -> None:
    """Encode corpus and queries into files, as ``DenseRetrievalExactSearch.encode`` does."""
    from beir_hybrid.hosts.beir.search import ExactSearch

    ExactSearch(self.model, self.batch_size, self.corpus_chunk_size).encode(
        corpus, queries, encode_output_path, overwrite, query_filename, corpus_filename, **kwargs
    )


def search_from_files(
    self: Any,
    query_embeddings_file: str,
    corpus_embeddings_files: Sequence[str],
    top_k: int,
    score_function: str = "dot",
    **kwargs: Any,
) -> dict[str, dict[str, float]]:
    """Build the index from encoded files, unless there is one, and search it."""
    from beir_hybrid.hosts.beir.embedding_files import read_embeddings

    parts = [read_embeddings(path) for path in corpus_embeddings_files]
    vectors, queries = np.concatenate([part for part, _ in parts]), read_embeddings(query_embeddings_file)
    documents = [document for _, ids in parts for document in ids]
    # the searches ask their model for vectors: this one looks them up by what stands in place of the texts
    corpus = {document: {"title": "", "text": "", "row": row} for row, document in enumerate(documents)}
    model, self.model = self.model, _Encoded(vectors, queries[0])
    try:
        found: dict[str, dict[str, float]] = self.search(
            corpus, {query: row for row, query in enumerate(queries[1])}, top_k, score_function, **kwargs
        )
    finally:
        self.model = model
    return found


class _Encoded:
    """A model that has encoded everything already."""

    def __init__(self, passages: Any, queries: Any) -> None:
        self.passages = passages
        self.queries = queries

    def encode_corpus(self, documents: Sequence[Any], normalize_embeddings: bool = False, **_: Any) -> Any:
        return _normalized(self.passages[[document["row"] for document in documents]], normalize_embeddings)

    def encode_queries(self, rows: Sequence[int], normalize_embeddings: bool = False, **_: Any) -> Any:
        return _normalized(self.queries[list(rows)], normalize_embeddings)


def _normalized(vectors: Any, wanted: bool) -> Any:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12) if wanted else vectors


def _recount(kind: type) -> None:
    abc.update_abstractmethods(kind)
    heirs: list[type] = kind.__subclasses__()
    for heir in heirs:
        _recount(heir)
