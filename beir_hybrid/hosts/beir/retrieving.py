"""Retrieving: what ``EvaluateRetrieval`` retrieves is remembered, and the vectors that its search works with."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.loaded import may_carry_languages
from beir_hybrid.hosts.kit.patches import patch

_ENCODE = ("self", "corpus", "queries", "encode_output_path", "overwrite", "query_filename", "corpus_filename")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let both ways to retrieve go through us; what they return stays what it is."""
    owner = module.EvaluateRetrieval
    return [
        _forget,
        *patch(owner, "retrieve", _retrieve, ("self", "corpus", "queries", "kwargs")),
        *patch(owner, "encode_and_retrieve", _encode_and_retrieve, (*_ENCODE, "kwargs")),
    ]


def _forget() -> None:
    from beir_hybrid.hosts.beir.retrieval import retrievals

    retrievals.forget()


def _retrieve(original: Callable[..., Any], self: Any, corpus: Any, queries: Any, **kwargs: Any) -> Any:
    """Retrieve, and keep what the search's model encodes meanwhile."""
    if not _is_wanted(self.retriever, queries):
        return original(self, corpus, queries, **kwargs)
    from beir_hybrid.hosts.beir.watching import watch

    return watch(
        lambda: original(self, corpus, queries, **kwargs), self.retriever, corpus, queries, self.score_function
    )


def _encode_and_retrieve(
    original: Callable[..., Any],
    self: Any,
    corpus: Any,
    queries: Any,
    encode_output_path: str = "./embeddings/",
    overwrite: bool = False,
    query_filename: str = "queries.pkl",
    corpus_filename: str = "corpus.*.pkl",
    **kwargs: Any,
) -> Any:
    """Encode into files and retrieve, and read the files once more."""
    results = original(self, corpus, queries, encode_output_path, overwrite, query_filename, corpus_filename, **kwargs)
    if _is_wanted(self.retriever, queries):
        from beir_hybrid.hosts.beir.watching import read_files

        read_files(
            f"{encode_output_path}/{query_filename}",
            f"{encode_output_path}/{corpus_filename}",
            results,
            self.retriever,
            corpus,
            queries,
            kwargs.get("score_function"),
        )
    return results


def _is_wanted(search: Any, queries: Any) -> bool:
    """Return whether there may be languages to compare, and this is the process that reports on them."""
    try:
        return search is not None and os.environ.get("RANK", "0") == "0" and may_carry_languages(queries)
    except Exception:  # queries of some kind of the script's own
        return False
