"""Shapes: what is wrong with a thing that somebody registers, group by group, as far as it can be told unused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def dataset_problem(thing: Any) -> str:
    """Find out what is wrong with the methods and attributes of a dataset; nothing of it is loaded.

    Returns:
        What is wrong, as what follows its name in a sentence; empty if nothing is.

    Examples:
        >>> class Half:
        ...     languages = None
        ...     def load(self, source, languages): ...
        >>> dataset_problem(Half())
        'has the languages None where a tuple of texts belongs'
    """
    for method in ("load", "pairs"):
        if method == "load" or getattr(thing, method, None) is not None:
            problem = _uncallable(thing, method, source=None, languages=None)
            if problem:
                return problem
    for attribute, (fits, form) in _DATASET.items():
        value = getattr(thing, attribute, None if attribute in _COUNTS else _UNTOLD)
        if value is not _UNTOLD and not fits(value):
            return f"has the {attribute} {_short(value)} where {form} belongs"
    return ""


def host_problem(thing: Any) -> str:
    """Find out what is wrong with the functions of a host; see :func:`dataset_problem`."""
    return next(filter(None, (_uncallable(thing, name) for name in ("activate", "deactivate", "is_active"))), "")


def measure_problem(thing: Any) -> str:
    """Find out whether what a measure takes can be read; see :func:`dataset_problem`."""
    try:
        inspect.signature(thing)
    except (TypeError, ValueError):
        return "does not tell its arguments"
    return ""


def command_problem(thing: Any) -> str:
    """Find out whether a command is the class of one; see :func:`dataset_problem`."""
    return "is a class" if isinstance(thing, type) else ""


def _uncallable(thing: Any, method: str, **arguments: Any) -> str:
    """Return why a method cannot be called with these arguments; empty if it can."""
    try:
        signature = inspect.signature(getattr(thing, method))
    except (TypeError, ValueError):  # of what is written in C
        return ""
    try:
        signature.bind(**arguments)
    except TypeError as error:
        if isinstance(thing, type):
            return "is a class"
        given = " and ".join(arguments) or "no arguments"
        return f"cannot have {method}() called with {given} ({error})"
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_tuple_of_texts(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(each, str) and each for each in value)


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


_UNTOLD = object()
_COUNTS = ("queries", "passages")
_TEXT, _TEXTS, _COUNT = (_is_text, "a text"), (_is_tuple_of_texts, "a tuple of texts"), (_is_count, "a whole number")
_DATASET: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("name", "description", "licence"), _TEXT),
    **dict.fromkeys(("languages", "splits"), _TEXTS),
    **dict.fromkeys(_COUNTS, _COUNT),
}


def _short(value: Any) -> str:
    import reprlib

    return " ".join(reprlib.repr(value).split())
