"""Strategies built from their names and options, and written back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.check import check_strategy, draw_kinds
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.registry import STRATEGIES
from beir_hybrid.registry.spec import check_options, parse_spec


def build_strategy(spec: str | Strategy, **options: Any) -> Strategy:
    """Build a strategy from its name and options.

    Args:
        spec: A registered name, ``name(key=value, ...)``, or a strategy, which is returned as it is.
        **options: Options of the strategy; None means its own default.

    Raises:
        UnknownNameError: If no strategy has that name.
        ConfigurationError: If the strategy has no such option, needs another, refuses its value, or is built already.
        PluginError: If what is given or built is no strategy.

    Examples:
        >>> build_strategy("hybrid", alpha=0.4)
        Hybrid(alpha=0.4)
        >>> build_strategy("x-y")
        XY()
    """
    if not isinstance(spec, str):
        strategy = check_strategy(spec)
        if given := {key: value for key, value in options.items() if value is not None}:
            raise ConfigurationError(
                f"{strategy_spec(strategy)} is built already and takes no {min(given)!r}.", "Give its name instead."
            )
        return strategy
    name, written = parse_spec(spec)
    factory, origin = STRATEGIES.get(name), STRATEGIES.origin(name)
    given = written | {key: value for key, value in options.items() if value is not None}
    check_options("strategy", name, factory, given)
    with origin.blamed("its making"):
        built = factory(**given)
    return check_strategy(built, origin)


def strategy_spec(strategy: Strategy) -> str:
    """Write a strategy as the text that :func:`build_strategy` makes it from again: its identity.

    Raises:
        PluginError: If it is no dataclass, so that its options are unknown.

    Examples:
        >>> strategy_spec(build_strategy("hybrid"))
        'hybrid(alpha=0.5)'
        >>> strategy_spec(build_strategy("x-y"))
        'x-y'
    """
    given: Any = strategy  # the protocol cannot say that it is a dataclass
    if not is_dataclass(given):
        raise STRATEGIES.origin_of(strategy).refusal(
            f"{type(strategy).__name__} is no dataclass.", "It must be a frozen dataclass, whose fields are its options"
        )
    options = ", ".join(f"{field.name}={getattr(strategy, field.name)!r}" for field in fields(given))
    return f"{strategy.name}({options})" if options else strategy.name


def changes(strategy: Strategy) -> bool:
    """Return whether a strategy draws differently as the training goes on.

    It does if the same random numbers make other kinds of batch at another time.

    Examples:
        >>> changes(build_strategy("sequential")), changes(build_strategy("hybrid"))
        (True, False)
    """
    times = [*np.linspace(0, 1, 64, endpoint=False).tolist(), float(np.nextafter(1, 0))]
    origin = STRATEGIES.origin_of(strategy)  # once: it is read from the metadata of a distribution
    first, *later = (draw_kinds(strategy, np.random.default_rng(0), np.full(256, time), origin) for time in times)
    return any(not np.array_equal(first, other) for other in later)
