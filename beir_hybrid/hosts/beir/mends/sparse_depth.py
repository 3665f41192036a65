"""SparseSearch searches a corpus that is smaller than the depth asked for. In BEIR up to 2.2.0 at least.

It takes the best ``top_k`` scores with ``numpy.argpartition``, which fails with a ValueError where there are fewer
passages, as in a corpus of fewer than the usual 1000.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _search(
    original: Callable[..., Any], self: Any, corpus: Any, queries: Any, top_k: int, *args: Any, **kwargs: Any
) -> Any:
    return original(self, corpus, queries, min(top_k, len(corpus)), *args, **kwargs)


_PARAMETERS = ("self", "corpus", "queries", "top_k", "score_function", "query_weights", "args", "kwargs")

METHODS = {"SparseSearch.search": (_search, _PARAMETERS)}
"""No more passages are asked for than there are, which finds the same where the original works."""
