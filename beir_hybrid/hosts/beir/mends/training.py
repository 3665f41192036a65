"""``beir.retrieval.train`` can be imported. BEIR up to 2.2.0, with transformers 5 or newer.

It imports AdamW from transformers, which has none any more. What fits there instead is this package's TrainRetriever,
which has BEIR's constructor and methods and trains on today's sentence-transformers.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable
from importlib.abc import Loader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
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


class _Finder:
    """Finds one module through the other finders, and lends it a loader that mends it."""

    def __init__(self) -> None:
        self.mended: ModuleType | None = None
        self._searching: set[int] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _MODULE or get_ident() in self._searching:
            return None
        self._searching.add(get_ident())  # other hooks of this kind ask every finder again, this one too
        try:
            finders = [finder for finder in sys.meta_path if finder is not self]
            specs = (finder.find_spec(name, path, target) for finder in finders)
            spec = next((spec for spec in specs if spec is not None), None)
        finally:
            self._searching.discard(get_ident())
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader, self)
        return spec


class _Loader(Loader):
    def __init__(self, true: Any, finder: _Finder) -> None:
        self._true = true
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._true.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None and module.__spec__.loader is self:
            module.__spec__.loader = self._true
        if module.__loader__ is self:
            module.__loader__ = self._true
        try:
            self._true.exec_module(module)
        except ImportError as error:
            if error.name != "transformers" or "AdamW" not in str(error):
                raise
            from beir_hybrid.training.retriever import TrainRetriever

            vars(module)["TrainRetriever"] = TrainRetriever
            self._finder.mended = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_true"], name)
