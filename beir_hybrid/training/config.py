"""The YAML file of a training's options and training arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from beir_hybrid.document import read_document
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.training.request import OPTIONS

_REPEATED = frozenset({"train_data", "extra_data"})
"""Options that may be given several times."""


def read_config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a YAML file of options and training arguments.

    Args:
        path: A mapping with the names of the command line, ``-`` or ``_`` alike.

    Returns:
        The options as the command line gives them, and the training arguments, by name.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it cannot be read.
        ConfigurationError: If it is not a YAML mapping, or gives an option twice.
    """
    document = read_document(path, "strategy: hybrid")
    options: dict[str, Any] = {}
    arguments: dict[str, Any] = {}
    for key, value in document.content.items():
        name = key.replace("-", "_")
        if name in options or name in arguments:
            raise ConfigurationError(f"{document.where(key)}: {name} is given twice.", "Give it once.")
        if name not in OPTIONS:
            arguments[name] = value
            continue
        several = isinstance(value, list)
        if any(isinstance(one, list | dict) for one in (value if several else [value])):
            raise ConfigurationError(
                f"{document.where(key)}: {name} is {str(value)[:40]}.", "Write one value, or a list of values."
            )
        if name in {"overwrite", "resume"} and not isinstance(value, bool):
            raise ConfigurationError(f"{path}: {name} is {shorten(value)}.", "Write true or false.")
        if name in _REPEATED:
            value = value if several or value is None else [value]
        options[name] = ",".join(map(str, value)) if several and name not in _REPEATED else value
    return {name: value for name, value in options.items() if (name, value) != ("train_data", None)}, arguments
