"""``beir.retrieval.apis`` can be imported. BEIR 2.2.0.

Its modules import ``.util``, which lies in ``beir.retrieval.models``; BEIR's repository has mended that since.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_MODULE = "beir.retrieval.apis.util"


def apply() -> Callable[[], None]:
    """Stand behind the other finders, so that a module that BEIR has is found before."""
    finder = _Finder()
    sys.meta_path.append(finder)

    def undo() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        if isinstance(getattr(sys.modules.get(_MODULE), "__loader__", None), _Finder):
            del sys.modules[_MODULE]
            vars(sys.modules.get("beir.retrieval.apis", finder)).pop("util", None)

    return undo


class _Finder:
    """Finds the missing module, and loads it with what BEIR's modules want of it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return ModuleSpec(name, self) if name == _MODULE else None  # type: ignore[arg-type]  # it is one in all it does

    def create_module(self, spec: ModuleSpec) -> None:
        del spec  # Python's own way of making one

    def exec_module(self, module: ModuleType) -> None:
        from beir.retrieval.models import util

        vars(module)["extract_corpus_sentences"] = util.extract_corpus_sentences
