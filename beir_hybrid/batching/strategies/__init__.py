"""Strategies: what kind of batch comes next. One small file each, found by name through the registry."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.registry import STRATEGIES, parse_spec

__all__ = ["Strategy", "build_strategy", "strategy_spec"]


def build_strategy(spec: str | Strategy, **options: Any) -> Strategy:
    """Build a strategy from its name and options.

    Args:
        spec: A registered name, ``name(key=value, ...)``, or a strategy, which is returned as it is.
        **options: Options of the strategy; None means its own default.

    Raises:
        UnknownNameError: If no strategy has that name.
        ConfigurationError: If the strategy has no such option, refuses its value, or is built already.

    Examples:
        >>> build_strategy("hybrid", alpha=0.4)
        Hybrid(alpha=0.4)
        >>> build_strategy("x-y")
        XY()
    """
    if not isinstance(spec, str):
        if given := {key: value for key, value in options.items() if value is not None}:
            raise ConfigurationError(
                f"{strategy_spec(spec)} is built already and takes no {min(given)!r}.", "Give its name instead."
            )
        return spec
    name, written = parse_spec(spec)
    factory = STRATEGIES.get(name)
    given = written | {key: value for key, value in options.items() if value is not None}
    known = {field.name for field in fields(factory)} if is_dataclass(factory) else set()
    for key in given:
        if known and key not in known:
            raise ConfigurationError(f"The strategy {name!r} has no option {key!r}.", did_you_mean(key, known))
        if not known:
            raise ConfigurationError(f"The strategy {name!r} has no options, so not {key!r} either.", "Leave it out.")
    strategy: Strategy = factory(**given)
    return strategy


def strategy_spec(strategy: Strategy) -> str:
    """Write a strategy as the text that :func:`build_strategy` makes it from again: its identity.

    Examples:
        >>> strategy_spec(build_strategy("hybrid"))
        'hybrid(alpha=0.5)'
        >>> strategy_spec(build_strategy("x-y"))
        'x-y'
    """
    options = ", ".join(f"{field.name}={getattr(strategy, field.name)!r}" for field in fields(strategy))  # type: ignore[arg-type]  # the protocol cannot say that it is a dataclass
    return f"{strategy.name}({options})" if options else strategy.name
