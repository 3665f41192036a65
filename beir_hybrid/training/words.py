"""Training arguments as the words of a command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.batch_options import LISTS


def read_words(words: Iterable[str]) -> dict[str, Any]:
    """Read the words of a command line as training arguments.

    Args:
        words: Names, each followed by its values; a name without one stands for an empty tuple.

    Raises:
        ConfigurationError: If a value comes before any name.

    Examples:
        >>> read_words(["--max-steps", "20", "--bf16", "--label_names=a", "b"])
        {'max_steps': '20', 'bf16': (), 'label_names': ['a', 'b']}
    """
    arguments: dict[str, list[str]] = {}
    values: list[str] | None = None
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            values = arguments[name.replace("-", "_")] = [value] if equals else []
        elif values is None:
            raise ConfigurationError(f"Unknown training argument {word!r}.", "See beir-hybrid train --help.")
        else:
            values.append(word)
    return {name: given[0] if len(given) == 1 else given or () for name, given in arguments.items()}


def write_words(arguments: Mapping[str, Any]) -> list[str]:
    """Write training arguments as the words of a command line; those at None, which are not given, are left out.

    Raises:
        ConfigurationError: If one is an empty list.

    Examples:
        >>> write_words({"max_steps": 20, "bf16": (), "source_weights": "1,2", "run_name": None})
        ['--max_steps', '20', '--bf16', '--source_weights', '1', '2']
    """
    words: list[str] = []
    for name, given in arguments.items():
        value = given.split(",") if name in LISTS and isinstance(given, str) else given
        if value is None:
            continue
        if value == []:
            raise ConfigurationError("A training argument is an empty list.", f"Leave out {name}.")
        values = value if isinstance(value, list | tuple) else [value]
        texts = [json.dumps(one) if isinstance(one, dict) else str(one) for one in values]
        if len(texts) == 1 and texts[0].startswith("--"):
            words.append(f"--{name}={texts[0]}")
        else:
            words += [f"--{name}", *texts]
    return words
