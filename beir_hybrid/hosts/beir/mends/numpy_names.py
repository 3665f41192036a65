"""SPARTA and UniCOIL encode. BEIR up to 2.2.0 at least, with numpy 1.24 or newer.

They name the types of their arrays ``np.int`` and ``np.float``, which numpy has no more.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from beir_hybrid.hosts.kit.patches import see

_TYPES = {"int": int, "float": float}


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let the module see numpy with the names that it had, for what they stood for."""
    lost = {name: kind for name, kind in _TYPES.items() if not hasattr(module.np, name)}
    return [see(module, "np", **lost)] if lost else []
