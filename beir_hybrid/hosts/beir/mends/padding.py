"""Faiss searches drop the padding of short rankings. In BEIR up to 2.2.0 at least.

Where an index finds fewer passages than were asked for, as in a corpus of fewer than the usual 1000, faiss fills up
with the number -1 and the lowest score there is. BEIR reads -1 as the last passage, whose true score is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from beir_hybrid.hosts.beir.mends.trial import silenced
from beir_hybrid.hosts.kit.patches import patch_methods


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Mend the indexes that pad: the usual ones, the binary one, and the one that searches encoded files."""
    with silenced(module.__name__):
        faulty = {
            f"{name}.search": (search, known)
            for name, (is_faulty, search, known) in _MENDS.items()
            if is_faulty(module)
        }
    return patch_methods(module, faulty) if faulty else []


def _pads(module: ModuleType) -> bool:
    import faiss

    index = faiss.IndexFlatIP(1)
    index.add(np.ones((1, 1), np.float32))
    return len(module.FaissIndex(index, [0]).search(np.ones((1, 1), np.float32), 2)[1][0]) > 1


def _search(original: Callable[..., Any], self: Any, query_embeddings: Any, k: int, **kwargs: Any) -> tuple[Any, Any]:
    """Search, and return lists of unequal lengths where some are short."""
    k = min(k, self.index.ntotal)
    ids, self._passage_ids = self._passage_ids, None  # so that -1 is still to be seen
    try:
        scores, numbers = original(self, query_embeddings, k, **kwargs)
    finally:
        self._passage_ids = ids
    whole = numbers >= 0  # graphs may find fewer than there are
    if whole.all():
        return scores, numbers if ids is None else ids[numbers]
    kept = [row[there] for row, there in zip(numbers, whole, strict=True)]
    return (
        [row[there] for row, there in zip(scores, whole, strict=True)],
        kept if ids is None else [ids[row] for row in kept],
    )


def _binary_pads(module: ModuleType) -> bool:
    import faiss

    index, codes = faiss.IndexBinaryFlat(8), np.ones((1, 1), np.uint8)
    index.add(codes)
    hits = module.FaissBinaryIndex(index, [0], codes).search(np.ones((1, 8), np.float32), 2, binary_k=2)
    return len(hits[1][0]) > 1


def _search_binary(
    original: Callable[..., Any],
    self: Any,
    query_embeddings: Any,
    k: int,
    binary_k: int = 1000,
    *args: Any,
    **more: Any,
) -> tuple[Any, Any]:
    total = self.index.ntotal
    hits: tuple[Any, Any] = original(self, query_embeddings, min(k, total), min(binary_k, total), *args, **more)
    return hits


def _flat_pads(module: ModuleType) -> bool:
    searcher = module.FaissFlatSearcher(np.ones((1, 1), np.float32))
    searcher.add(np.ones((1, 1), np.float32))
    return len(searcher.search(np.ones((1, 1), np.float32), 2)[1][0]) > 1


def _search_flat(original: Callable[..., Any], self: Any, query_embeddings: Any, k: int) -> Any:
    return original(self, query_embeddings, min(k, self.index.ntotal))


_PARAMETERS = ("self", "query_embeddings", "k")
_BINARY_PARAMETERS = (*_PARAMETERS, "binary_k", "rerank", "score_function", "threshold", "kwargs")

_MENDS: dict[str, tuple[Callable[[ModuleType], bool], Callable[..., Any], tuple[str, ...]]] = {
    "FaissIndex": (_pads, _search, (*_PARAMETERS, "kwargs")),
    "FaissBinaryIndex": (_binary_pads, _search_binary, _BINARY_PARAMETERS),
    "FaissFlatSearcher": (_flat_pads, _search_flat, _PARAMETERS),
}
"""By class, whether it pads, what its searches go through, and the parameters that they are known to have."""
