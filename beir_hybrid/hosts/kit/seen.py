"""A module of another package that sees what it has imported with some names replaced.

Hosts may import this file at every start of an interpreter, so it imports next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def see(module: ModuleType, name: str, **names: Any) -> Callable[[], None]:
    """Let a module see what it has imported with some names replaced; nobody else does.

    Args:
        module: The module.
        name: What it calls the other module, such as ``np``.
        **names: What it shall find there.

    Returns:
        What takes it back.

    Examples:
        >>> import math, types
        >>> module = types.ModuleType("theirs")
        >>> module.m = math
        >>> undo = see(module, "m", tau=6)
        >>> module.m.tau, module.m.floor(2.5), math.tau > 6
        (6, 2, True)
        >>> undo()
        >>> module.m is math
        True
    """
    from beir_hybrid.hosts.kit.patches import replace

    return replace(module, name, _Seen(vars(module)[name], names))


class _Seen:
    def __init__(self, other: ModuleType, names: dict[str, Any]) -> None:
        vars(self).update(names)
        self._other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_other"], name)
