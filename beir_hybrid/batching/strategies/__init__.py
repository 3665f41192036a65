"""Strategies: what kind of batch comes next. One small file each, found by name through the registry."""

from __future__ import annotations

from typing import Any

from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.registry import STRATEGIES, parse_spec

__all__ = ["Strategy", "build_strategy"]


def build_strategy(spec: str | Strategy, **options: Any) -> Strategy:
    """Build a strategy from its name and options.

    Args:
        spec: A registered name, ``name(key=value, ...)``, or a strategy, which is returned as it is.
        **options: Options of the strategy; None means its own default.

    Raises:
        UnknownNameError: If no strategy has that name.
        ConfigurationError: If the strategy has no such option, or refuses its value.

    Examples:
        >>> build_strategy("hybrid", alpha=0.4)
        Hybrid(alpha=0.4)
        >>> build_strategy("x-y")
        XY()
    """
    if not isinstance(spec, str):
        return spec
    name, written = parse_spec(spec)
    factory = STRATEGIES.get(name)
    given = written | {key: value for key, value in options.items() if value is not None}
    known = set(getattr(factory, "__dataclass_fields__", {}))
    for key in given:
        if known and key not in known:
            raise ConfigurationError(f"The strategy {name!r} has no option {key!r}.", did_you_mean(key, known))
        if not known:
            raise ConfigurationError(f"The strategy {name!r} has no options, so not {key!r} either.", "Leave it out.")
    strategy: Strategy = factory(**given)
    return strategy
