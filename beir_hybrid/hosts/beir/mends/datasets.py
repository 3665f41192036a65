"""The searches take what HFDataLoader returns. Since BEIR 2.1; still so in 2.2.0.

``HFDataLoader.load`` returns ``datasets.Dataset`` objects, and the searches but the one on several GPUs read dicts:
they fail with ``'Dataset' object has no attribute 'keys'``, or take each row for an id. So do the rerankers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.beir.embedding_files import EMBEDDING_FILES

_SEARCH = ("self", "corpus", "queries", "top_k", "score_function")


def _both(original: Callable[..., Any], self: Any, corpus: Any, queries: Any, *args: Any, **kwargs: Any) -> Any:
    return original(self, as_corpus(corpus), as_queries(queries), *args, **kwargs)


def _corpus(original: Callable[..., Any], self: Any, corpus: Any, *args: Any, **kwargs: Any) -> Any:
    return original(self, as_corpus(corpus), *args, **kwargs)


METHODS = {
    "DenseRetrievalExactSearch.search": (_both, (*_SEARCH, "return_sorted", "kwargs")),
    "DenseRetrievalExactSearch.encode": (_both, (*_SEARCH[:3], *EMBEDDING_FILES, "kwargs")),
    "DenseRetrievalFaissSearch.search": (_both, (*_SEARCH, "kwargs")),
    "DenseRetrievalFaissSearch._index": (_corpus, ("self", "corpus", "score_function")),
    "BM25Search.search": (_both, (*_SEARCH[:4], "args", "kwargs")),
    "BM25Search.index": (_corpus, ("self", "corpus")),
    "SparseSearch.search": (_both, (*_SEARCH, "query_weights", "args", "kwargs")),
    "Rerank.rerank": (_both, ("self", "corpus", "queries", "results", "top_k")),
}
"""Rows become dicts before a search reads them; dicts pass as they are, so there is nothing to switch off."""
