"""Loaders: what ``GenericDataLoader`` loads is remembered, as far as its languages go."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.loaded import describe, forget_all, remember
from beir_hybrid.hosts.beir.splits import find_split
from beir_hybrid.hosts.kit.patches import patch

logger = logging.getLogger(__name__)


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Note what each of the loader's methods has loaded."""
    loader = module.GenericDataLoader
    methods = {"load": ("self", "split"), "load_custom": ("self",), "load_corpus": ("self",)}
    undo = [undo for name, parameters in methods.items() for undo in patch(loader, name, _noting, parameters)]
    return [forget_all, *undo]


def _noting(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    if original.__name__ == "load":
        find_split(self, *args, **kwargs)
    found = original(self, *args, **kwargs)
    note(self, found, lambda texts: texts)
    return found


def note(loader: Any, found: Any, ids: Callable[[Any], Any]) -> None:
    """Remember what a loader returned; whatever goes wrong, the script goes on.

    Args:
        loader: It has paths in ``corpus_file`` and ``query_file``.
        found: A corpus, or a triple of corpus, queries and qrels.
        ids: Gives the ids of a corpus or of queries.
    """
    try:
        corpus, queries, qrels = found if isinstance(found, tuple) else (found, None, None)
        paths = (getattr(loader, name, None) for name in ("corpus_file", "query_file"))
        corpus_file, query_file = (Path(path) if path and Path(path).is_file() else None for path in paths)
        asked = None if queries is None else ids(queries)
        data = describe(ids(corpus), asked, qrels, corpus_file, None if queries is None else query_file)
    except Exception as error:  # what the script has loaded is none of our business
        logger.warning("the languages of what was loaded stay unknown: %s: %s", type(error).__name__, error)
        return
    if data is not None:
        remember(data)
