"""HNSWSQFaissSearch builds its index. In BEIR up to 2.2.0 at least.

It makes an index of one dimension more than the vectors have, as HNSWFaissSearch does to turn inner products into
distances, but adds the vectors as they are: faiss fails with an AssertionError. Its metric would be the distance,
moreover, which BEIR would read as a score.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Build the index with the vectors' own dimension, and inner products."""
    if not _is_faulty(module):
        return []

    def index(original: Callable[..., Any], self: Any, corpus: Any, score_function: Any = None, **kwargs: Any) -> None:
        del original
        import faiss

        numbers, vectors = self._index(corpus, score_function, **kwargs)
        kind = getattr(faiss.ScalarQuantizer, self.qname)
        base = faiss.IndexHNSWSQ(self.dim_size, kind, self.hnsw_store_n, faiss.METRIC_INNER_PRODUCT)
        base.hnsw.efSearch, base.hnsw.efConstruction = self.hnsw_ef_search, self.hnsw_ef_construction
        self.faiss_index = module.FaissTrainIndex.build(numbers, vectors, base)

    return patch(module.HNSWSQFaissSearch, "index", index, ("self", "corpus", "score_function", "kwargs"))


def _is_faulty(module: ModuleType) -> bool:
    try:
        source = inspect.getsource(module.HNSWSQFaissSearch.index)
    except OSError:  # shipped without its source
        return False
    return "IndexHNSWSQ(self.dim_size + 1" in source and "FaissTrainIndex.build" in source
