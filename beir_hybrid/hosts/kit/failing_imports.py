"""Modules of other packages whose import fails for a reason that is known, and what fits there instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from beir_hybrid.hosts.kit.imports import LendingFinder, LentLoader

if TYPE_CHECKING:
    from types import ModuleType


def stand_by(
    name: str, is_known: Callable[[ImportError], bool], fill: Callable[[ModuleType], None]
) -> Callable[[], None]:
    """Stand by while a module is imported; what can be imported is left as it is.

    Args:
        name: Full name of the module.
        is_known: Whether an import's error is the one that is mended; any other is raised.
        fill: Puts what fits into a module whose import has failed.

    Returns:
        What takes it back, and the module with it if it was filled.
    """
    finder = _Finder(name, is_known, fill)
    sys.meta_path.insert(0, finder)

    def undo() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        if finder.mended is not None and sys.modules.get(name) is finder.mended:
            del sys.modules[name]
            package, _, attribute = name.rpartition(".")
            vars(sys.modules.get(package, finder)).pop(attribute, None)

    return undo


class _Finder(LendingFinder):
    """Lends one module a loader that mends it."""

    def __init__(self, name: str, is_known: Callable[[ImportError], bool], fill: Callable[[ModuleType], None]) -> None:
        super().__init__()
        self.name, self.is_known, self.fill = name, is_known, fill
        self.mended: ModuleType | None = None

    def wants(self, name: str) -> bool:
        return name == self.name

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
            if not self._finder.is_known(error):
                raise
            self._finder.fill(module)
            self._finder.mended = module
