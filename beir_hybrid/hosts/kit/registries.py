"""Registries: what other packages find things in, with entries that are there while a host is active.

Hosts may import this file at every start of an interpreter, so it imports next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def add_entry(registry: dict[Any, Any], name: Any, entry: Any, *, first: bool = False) -> Callable[[], None]:
    """Add a name to a registry, which stays the same dict, since others hold it.

    Args:
        registry: The dict that a toolkit looks names up in.
        name: The name, which it must not have yet.
        entry: What is found under it.
        first: Whether before all the others, for a toolkit that goes through them in turn and takes the first that
            fits; behind them by default.

    Returns:
        What removes it again; it does nothing if something else stands under that name meanwhile.

    Raises:
        PluginError: If the registry has the name.

    Examples:
        >>> encoders = {"plain": str}
        >>> undo = add_entry(encoders, "loud", str.upper, first=True)
        >>> list(encoders)
        ['loud', 'plain']
        >>> undo()
        >>> encoders
        {'plain': <class 'str'>}
    """
    if name in registry:
        from beir_hybrid.errors import PluginError

        theirs = registry[name]
        package = getattr(theirs, "__module__", None) or type(theirs).__module__
        raise PluginError(f"There is a {name!r} already, of {package}.", "Use only one of the two packages.")
    others = dict(registry) if first else {}
    registry[name] = entry
    for other in others:
        registry[other] = registry.pop(other)  # so that the new one is never missing, nor the others for long

    def undo() -> None:
        if name in registry and registry[name] is entry:
            del registry[name]

    return undo


def add_item(registry: list[Any] | set[Any], item: Any) -> Callable[[], None]:
    """Add to a registry without names, at its end if it has one.

    Args:
        registry: The list or set that a toolkit looks into.
        item: What is added.

    Returns:
        What removes it again; it does nothing if it is gone, or if a set had it before.

    Examples:
        >>> measures = {"map", "ndcg"}
        >>> undo = add_item(measures, "rbp")
        >>> sorted(measures)
        ['map', 'ndcg', 'rbp']
        >>> undo()
        >>> sorted(measures)
        ['map', 'ndcg']
    """
    if isinstance(registry, set):
        if item in registry:
            return lambda: None
        registry.add(item)
        return lambda: registry.discard(item)
    items = registry
    items.append(item)

    def undo() -> None:
        places = [place for place, other in enumerate(items) if other is item]
        if places:
            del items[places[-1]]

    return undo
