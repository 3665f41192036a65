"""Public names of packages: listed in the stub beside ``__init__.py``, imported when they are first used.

So a package has one list of its public names, which type checkers read, too. The library lazy_loader does the same, but
reads the stub when the package is imported: an interpreter in which a host is enabled would pay for that at each start.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of a package (PEP 562), which also serve its ``__all__``.

    Args:
        package: The package's ``__name__``.
        file: Its ``__file__``; the stub beside it has lines such as ``from .plan import BatchPlan as BatchPlan``.
    """

    @cache
    def homes() -> dict[str, str]:
        """Return the module of each public name, relative to the package."""
        with open(f"{file}i", encoding="utf-8") as stub:  # noqa: PTH123  # pathlib takes milliseconds to import
            text = stub.read().replace("(\n", "").replace("\n    ", "").replace("\n)", "")  # an import a line
        modules = {}
        for line in text.splitlines():
            module, _, names = line.removeprefix("from ").partition(" import ")
            for name in filter(None, names.split(",")):
                modules[name.partition(" as ")[0].strip()] = module
        return modules

    def get(name: str) -> Any:
        if name == "__all__":
            return sorted(homes())
        if name not in homes():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes()[name], package), name)

    def list_names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes()})

    return get, list_names
