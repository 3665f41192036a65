"""What HFDataLoader returns, as the dicts that BEIR's searches read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_corpus(corpus: Any) -> Any:
    """Give a corpus as a dict of title and text by document id.

    Args:
        corpus: Such a dict, which is returned as it is, or rows with ``id``, ``title`` and ``text``, as a
            ``datasets.Dataset`` has them.
    """
    if isinstance(corpus, Mapping):
        return corpus
    return {row["id"]: {"title": row.get("title") or "", "text": row.get("text") or ""} for row in corpus}


def as_queries(queries: Any) -> Any:
    """Give queries as a dict of texts by query id; see :func:`as_corpus`."""
    if isinstance(queries, Mapping):
        return queries
    return {row["id"]: row["text"] for row in queries}
