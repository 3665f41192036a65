"""SparseSearch searches a corpus that is smaller than the depth asked for. In BEIR up to 2.2.0 at least.

It takes the best ``top_k`` scores with ``numpy.argpartition``, which fails with a ValueError where there are fewer
passages, as in a corpus of fewer than the usual 1000.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch

_PARAMETERS = ("self", "corpus", "queries", "top_k", "score_function", "query_weights", "args", "kwargs")


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Ask for no more passages than there are, which finds the same where the original works."""
    return patch(module.SparseSearch, "search", _search, _PARAMETERS)


def _search(
    original: Callable[..., Any], self: Any, corpus: Any, queries: Any, top_k: int, *args: Any, **kwargs: Any
) -> Any:
    return original(self, corpus, queries, min(top_k, len(corpus)), *args, **kwargs)
