"""Options of encoding, as commands receive them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.evaluation import EncodingOptions

_NAMES = ("batch_size", "device", "dtype", "backend", "attention")


def take_encoding(choices: dict[str, Any]) -> EncodingOptions:
    """Take how texts are encoded, and the cache of their vectors, out of what a command received.

    Args:
        choices: Of :func:`~beir_hybrid.cli.parameters.encoding_options`, and where the command has them of
            ``backend_option`` and ``attention_option``; all are removed.

    Raises:
        ConfigurationError: If ``--cache`` and ``--no-cache`` are both given, or a value is out of range.
    """
    from beir_hybrid.evaluation import EncodingOptions, open_cache

    cache, no_cache = choices.pop("cache"), choices.pop("no_cache")
    if cache is not None and no_cache:
        raise ConfigurationError("Both --cache and --no-cache are given.", "Choose one.")
    given = {name: choices.pop(name) for name in _NAMES if name in choices}
    return EncodingOptions(**given, cache=None if no_cache else open_cache(cache))
