"""The searches can be made. BEIR 2.2.0.

``BaseSearch`` wants ``encode`` and ``search_from_files`` since 2.2.0, and only the exact search has them: those with
Faiss, on several processes, in Elasticsearch and of sparse vectors cannot be instantiated.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

import numpy as np

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.hosts.kit.patches import replace


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Add to the searches of a module the methods that they lack, and their heirs with them."""
    kinds = [(getattr(module, name, None), methods) for name, methods in _METHODS.items()]
    return [undo for kind, methods in kinds if kind is not None for undo in _complete(kind, methods)]


def _complete(kind: type, methods: Mapping[str, Callable[..., Any]]) -> list[Callable[[], None]]:
    abstract: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
    lacking = [name for name in methods if name in abstract and name not in vars(kind)]
    added = [replace(kind, name, methods[name]) for name in lacking]
    _recount(kind)

    def undo() -> None:
        for take_back in added:
            take_back()
        _recount(kind)

    return [undo] if lacking else []


def encode(self: Any, corpus: Any, queries: Any, *args: Any, **kwargs: Any) -> None:
    """Encode corpus and queries into files, as ``DenseRetrievalExactSearch.encode`` does."""
    from beir_hybrid.hosts.beir.exact_search import BeirExactSearch

    # the search on several processes calls it otherwise
    batch_size = getattr(self, "batch_size", None) or self.encoding_batch_size
    BeirExactSearch(self.model, batch_size, self.corpus_chunk_size).encode(corpus, queries, *args, **kwargs)


def search_from_files(
    self: Any,
    query_embeddings_file: str,
    corpus_embeddings_files: Sequence[str],
    top_k: int,
    score_function: str = "dot",
    **kwargs: Any,
) -> Any:
    """Build the index from encoded files, unless there is one, and search it."""
    from beir_hybrid.hosts.beir.embedding_files import read_embeddings

    parts = [read_embeddings(path) for path in corpus_embeddings_files]
    vectors, queries = np.concatenate([part for part, _ in parts]), read_embeddings(query_embeddings_file)
    documents = [document for _, ids in parts for document in ids]
    # the searches ask their model for vectors: this one looks them up by what stands in place of the texts
    corpus = {document: {"title": "", "text": "", "row": row} for row, document in enumerate(documents)}
    undo = replace(self, "model", _EncodedModel(vectors, queries[0]))
    try:
        rows = {query: row for row, query in enumerate(queries[1])}
        return self.search(corpus, rows, top_k, score_function, **kwargs)
    finally:
        undo()


def search_exactly(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Search encoded files, in this process."""
    from beir_hybrid.hosts.beir.exact_search import BeirExactSearch

    self.results = BeirExactSearch(self.model).search_from_files(*args, **kwargs)
    return self.results


def refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
    """Raise that a search has no vectors that could be written to files."""
    raise ConfigurationError(
        f"{type(self).__name__} encodes nothing into files.", "Call retrieve instead of encode_and_retrieve."
    )


class _EncodedModel:
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


_METHODS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "DenseRetrievalFaissSearch": {"encode": encode, "search_from_files": search_from_files},
    "DenseRetrievalParallelExactSearch": {"encode": encode, "search_from_files": search_exactly},
    "BM25Search": {"encode": refuse, "search_from_files": refuse},
    "SparseSearch": {"encode": refuse, "search_from_files": refuse},
}
"""By BEIR's class, what it gets where it lacks it; for the Faiss searches, their common parent."""
