"""A module of BEIR that sees another one with some names replaced."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["see"]


def see(module: ModuleType, name: str, **names: Any) -> Callable[[], None]:
    """Let a module see what it has imported with some names replaced; nobody else does.

    Args:
        module: The module.
        name: What it calls the other module, such as ``np``.
        **names: What it shall find there.

    Returns:
        What takes it back.

    Examples:
        >>> module = ModuleType("theirs")
        >>> import math
        >>> module.m = math
        >>> undo = see(module, "m", tau=6)
        >>> module.m.tau, module.m.floor(2.5), math.tau > 6
        (6, 2, True)
        >>> undo()
        >>> module.m is math
        True
    """
    other = vars(module)[name]
    seen = _Seen(other, names)
    vars(module)[name] = seen

    def undo() -> None:
        if vars(module).get(name) is seen:
            vars(module)[name] = other

    return undo


class _Seen:
    def __init__(self, other: ModuleType, names: dict[str, Any]) -> None:
        vars(self).update(names)
        self._other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_other"], name)
