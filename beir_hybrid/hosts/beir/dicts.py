"""Corpora and queries as the dicts that BEIR's searches read, whichever of its loaders returned them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Qrels = Mapping[str, Mapping[str, int]]
"""Grades by query id and document id."""

Scores = Mapping[str, Mapping[str, float]]
"""Scores by query id and document id: BEIR's results."""


def as_corpus(corpus: Any) -> Any:
    """Return a corpus as a dict of title and text by document id.

    Args:
        corpus: Such a dict, which is returned as it is, or rows with ``id``, ``title`` and ``text``, as HFDataLoader
            returns them in a ``datasets.Dataset``.
    """
    if isinstance(corpus, Mapping):
        return corpus
    return {row["id"]: {"title": row.get("title") or "", "text": row.get("text") or ""} for row in corpus}


def as_queries(queries: Any) -> Any:
    """Return queries as a dict of texts by query id; see :func:`as_corpus`."""
    if isinstance(queries, Mapping):
        return queries
    return {row["id"]: row["text"] for row in queries}


def ids_of(texts: Any) -> list[str]:
    """List the ids of a corpus or of queries, without reading their texts; see :func:`as_corpus`."""
    return list(texts) if isinstance(texts, Mapping) else list(texts["id"])
