"""The forms that options of a training may be given in, as code, files and command lines have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, shorten


def as_declared(name: str, kind: str, value: Any) -> Any:
    """Return the value of an option as its field declares it.

    Args:
        name: The option's name.
        kind: The field's type as it is written: texts, paths and lists of texts are checked, all else is returned.
        value: Lists may be lists, tuples, or texts with commas as on the command line; paths may be texts.

    Raises:
        ConfigurationError: If it is of another type.

    Examples:
        >>> as_declared("languages", "tuple[str, ...] | None", "de, en")
        ('de', 'en')
        >>> as_declared("train_data", "str | tuple[str, ...]", ["mlqa-r", "sample"])
        ('mlqa-r', 'sample')
    """
    declared = [part.strip() for part in kind.split("|")]
    several = "tuple[str, ...]" in declared
    if not several and not {"str", "Path"} & {*declared}:
        return value
    if value is None and "None" in declared:
        return None
    if "Path" in declared and isinstance(value, str | Path):
        return Path(value)
    if "str" in declared and isinstance(value, str | Path):
        return str(value)
    if several and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if several and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    wanted = "a path" if "Path" in declared else "a list of texts" if several else "a text"
    raise ConfigurationError(f"{name} is {shorten(value)}.", f"Give {wanted}.")
