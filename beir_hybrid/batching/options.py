"""Options of a plan, as samplers and loaders take them by name: those of the strategy, and those of Sampling."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, changes, strategy_spec
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.registry import STRATEGIES
from beir_hybrid.registry.spec import parse_spec

_SAMPLING = tuple(field.name for field in fields(Sampling))


def read_options(
    strategy: str | Strategy,
    sampling: Sampling | None,
    options: Mapping[str, Any],
    owner: str,
    others: Collection[str] = (),
) -> tuple[Strategy, Sampling | None]:
    """Build the strategy and the sampling that options by name ask for.

    A name that both know is the strategy's.

    Args:
        strategy: Name, specification or strategy.
        sampling: What was given as a whole; None for nothing.
        options: Options of the strategy, and fields of :class:`~beir_hybrid.batching.sampling.Sampling`.
        owner: Who takes the options, for messages.
        others: Further names that the owner knows, for messages.

    Raises:
        UnknownNameError: If there is no such strategy.
        ConfigurationError: If an option is unknown or out of range, or ``sampling`` and one of its fields are given.

    Examples:
        >>> read_options("hybrid", None, {"alpha": 0.3, "too_small": "drop"}, "It")[1].too_small
        'drop'
    """
    own = _options_of(strategy)
    shares = {name: value for name, value in options.items() if name in _SAMPLING and name not in own}
    rest = {name: value for name, value in options.items() if name not in shares}
    known = {*own, *_SAMPLING, *others}
    for name in rest:
        close = difflib.get_close_matches(name, sorted(known), n=1)
        if name not in own and close and close[0] not in own:
            raise ConfigurationError(f"{owner} has no option {name!r}.", did_you_mean(name, known))
    built = build_strategy(strategy, **rest)
    if not shares:
        return built, sampling
    if sampling is not None:
        name = min(shares)
        raise ConfigurationError(
            f"sampling= and {name}= are both given.", f"Give one of the two: Sampling({name}=...) holds it too."
        )
    return built, Sampling(**shares)


def check_length(strategy: Strategy, known: bool, option: str, host: str) -> None:
    """Refuse a strategy that changes over a training whose length is not known.

    Args:
        strategy: The strategy.
        known: Whether the length is known.
        option: The option that would set it.
        host: What knows it by itself.

    Raises:
        ConfigurationError: If it changes, since it would do so at the wrong place.
    """
    if not known and changes(strategy):
        raise ConfigurationError(
            f"{strategy_spec(strategy)} changes over the training, whose length is not known here.",
            f"Give {option} as for the training, or use {host}, which knows it.",
        )


def _options_of(strategy: str | Strategy) -> set[str]:
    """Return the names of the options that a strategy takes by name; one that is built already takes none."""
    if not isinstance(strategy, str):
        return set()
    factory = STRATEGIES.get(parse_spec(strategy)[0])
    return {field.name for field in fields(factory)} if is_dataclass(factory) else set()
