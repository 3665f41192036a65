"""``EvaluateRetrieval.rerank`` is there. BEIR 2.1 and 2.2.0.

2.1 removed it, and BEIR's example of reranking with a dense model calls it still. It searches the union of what all
queries have found: a query may get passages that only another one found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.dicts import as_corpus, as_queries
from beir_hybrid.hosts.kit.patches import replace


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Add the method, as it was before it was removed."""
    kind = module.EvaluateRetrieval
    return [] if hasattr(kind, "rerank") else [replace(kind, "rerank", rerank)]


def rerank(
    self: Any, corpus: Any, queries: Any, results: Mapping[str, Mapping[str, float]], top_k: int
) -> dict[str, dict[str, float]]:
    """Search the best of what was found with this retriever.

    Args:
        self: A ``beir.retrieval.evaluation.EvaluateRetrieval``.
        corpus: Title and text by document id, or what HFDataLoader gives.
        queries: Text by query id, likewise.
        results: Scores by query id and document id.
        top_k: How many documents of each query to take, and to find.
    """
    passages, chosen = as_corpus(corpus), {}
    for scores in results.values():
        best = sorted(scores, key=scores.__getitem__, reverse=True)[:top_k] if len(scores) > top_k else scores
        chosen.update({document: passages[document] for document in best})
    reranked: dict[str, dict[str, float]] = self.retriever.search(
        chosen, as_queries(queries), top_k, self.score_function
    )
    return reranked
