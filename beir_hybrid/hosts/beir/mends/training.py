"""``beir.retrieval.train`` can be imported. BEIR up to 2.2.0, with transformers 5 or newer.

It imports AdamW from transformers, which has none any more. What fits there instead is this package's TrainRetriever,
which has BEIR's constructor and methods and trains on today's sentence-transformers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from beir_hybrid.hosts.imports import LendingFinder, LentLoader

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["apply"]

_MODULE = "beir.retrieval.train"


def apply() -> Callable[[], None]:
    """Stand by while the module is imported; what can be imported is left as it is."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)

    def undo() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        if finder.mended is not None and sys.modules.get(_MODULE) is finder.mended:
            del sys.modules[_MODULE]
            vars(sys.modules.get("beir.retrieval", finder)).pop("train", None)

    return undo


class _Finder(LendingFinder):
    """Lends one module a loader that mends it."""

    def __init__(self) -> None:
        super().__init__()
        self.mended: ModuleType | None = None

    def wants(self, name: str) -> bool:
        return name == _MODULE

    def lend(self, loader: Any) -> LentLoader:
        return _Loader(loader, self)


class _Loader(LentLoader):
    def __init__(self, true: Any, finder: _Finder) -> None:
        super().__init__(true)
        self._finder = finder

    def execute(self, module: ModuleType, name: str) -> None:
        try:
            super().execute(module, name)
        except ImportError as error:
            if error.name != "transformers" or "AdamW" not in str(error):
                raise
            from beir_hybrid.training.retriever import TrainRetriever

            vars(module)["TrainRetriever"] = TrainRetriever
            self._finder.mended = module
