"""Exact search finds something for a single query. In BEIR up to 2.2.0 at least.

``DenseRetrievalExactSearch.search`` counts the passages of a chunk as ``len(cos_scores[1])``, the second query's
scores, and fails with an IndexError where there is only one query.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from beir_hybrid.hosts.beir.mends.trial import silenced


def _search(original: Callable[..., Any], self: Any, corpus: Any, queries: Any, *args: Any, **kwargs: Any) -> Any:
    if len(queries) != 1 or not _is_faulty(original):
        return original(self, corpus, queries, *args, **kwargs)
    [(query, text)] = queries.items()
    again = object()  # equal to no id
    results = original(self, corpus, {query: text, again: text}, *args, **kwargs)
    results.pop(again)
    return results


@cache
def _is_faulty(search: Callable[..., Any]) -> bool:
    """Let a model of one number search one passage for one query."""
    import torch
    from beir.retrieval.search.dense.exact_search import DenseRetrievalExactSearch

    class One:
        def encode_queries(self, texts: Any, **_: Any) -> torch.Tensor:
            return torch.ones(len(texts), 1)

        encode_corpus = encode_queries

    try:
        with silenced(search.__module__):
            results = search(DenseRetrievalExactSearch(One()), {"d": {"title": "", "text": ""}}, {"q": ""}, 1, "dot")
    except IndexError:
        return True
    return results != {"q": {"d": 1.0}}


_PARAMETERS = ("self", "corpus", "queries", "top_k", "score_function", "return_sorted", "kwargs")

METHODS = {"DenseRetrievalExactSearch.search": (_search, _PARAMETERS)}
"""A single query is asked twice, and the second answer forgotten; only if the fault is there when it first matters."""
