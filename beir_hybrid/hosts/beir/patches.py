"""Patch: a function of BEIR that goes through us while this host is active."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["beir_version", "patch"]

logger = logging.getLogger(__name__)

Replacement = Callable[..., Any]


def patch(owner: Any, name: str, replacement: Replacement, parameters: Sequence[str]) -> list[Callable[[], None]]:
    """Let a function go through a replacement, if it is the one we know.

    Whoever has fetched the patched function keeps it; once it is undone, that does what the original does.

    Args:
        owner: Module or class that has the function as an attribute of its own.
        name: The attribute.
        replacement: Called with the original and then the arguments.
        parameters: Names of the parameters that the function is known to have. One with others is left alone, and a
            warning says so.

    Returns:
        What undoes the patch, alone in a list; an empty list if there is none.
    """
    raw = vars(owner).get(name)
    function = raw.__func__ if isinstance(raw, staticmethod) else raw
    if not inspect.isfunction(function) or list(inspect.signature(function).parameters) != list(parameters):
        found = f"has the signature {inspect.signature(function)}" if inspect.isfunction(function) else "is no function"
        logger.warning(
            "beir %s: %s.%s %s, which beir-hybrid does not know; it is left as it is",
            beir_version(),
            owner.__name__,
            name,
            found,
        )
        return []
    return [_replace(owner, name, raw, function, replacement)]


def _replace(owner: Any, name: str, raw: Any, function: Callable[..., Any], replacement: Replacement) -> Any:
    on = True

    @functools.wraps(function)
    def through(*args: Any, **kwargs: Any) -> Any:
        return replacement(function, *args, **kwargs) if on else function(*args, **kwargs)

    patched = staticmethod(through) if isinstance(raw, staticmethod) else through
    setattr(owner, name, patched)

    def undo() -> None:
        nonlocal on
        on = False
        if vars(owner).get(name) is patched:  # else somebody has patched it after us, and calls us
            setattr(owner, name, raw)

    return undo


def beir_version() -> str:
    """Tell the version of BEIR, for messages."""
    try:
        return version("beir")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "(unknown version)"
