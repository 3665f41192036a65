"""What a strategy gives, checked once where it enters: its kinds when it is built, its draws when they are drawn."""

from __future__ import annotations

import reprlib
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.registry import STRATEGIES
from beir_hybrid.registry.origin import Origin, describe_type

_TRIED = 8  # steps that are drawn on trial
_DRAWS = "draw() must give an int64 array with one place in kinds for each element of progress"


def check_strategy(strategy: Any, origin: Origin | None = None) -> Strategy:
    """Refuse what is no strategy.

    Args:
        strategy: What is to be one.
        origin: The registered thing that made it; None if nobody registered it. Of what is registered a few steps are
            drawn on trial, and it is checked that its name and options can be written down.

    Returns:
        The strategy.

    Raises:
        PluginError: If it has no kinds that plans can take, or else is not what :class:`Strategy` says; the message
            names the distribution that brought it.
    """
    source = origin or STRATEGIES.origin_of(strategy)
    if isinstance(strategy, type):
        raise source.refusal(f"{strategy.__name__} is a class.", f"It must be made: {strategy.__name__}()")
    for attribute in ("kinds", "draw"):
        with source.blamed(attribute):
            if not hasattr(strategy, attribute):
                raise source.refusal(f"{reprlib.repr(strategy)} has no {attribute}.", "It must be a Strategy")
    _check_kinds(strategy.kinds, source)
    if origin is not None:
        _check_identity(strategy, origin)
        draw_kinds(strategy, np.random.default_rng(0), np.arange(_TRIED) / _TRIED, origin)
    checked: Strategy = strategy
    return checked


def draw_kinds(
    strategy: Strategy,
    rng: np.random.Generator,
    progress: Floats,
    origin: Origin | None = None,
) -> Ints:
    """Draw the kind of every step; see :meth:`~beir_hybrid.batching.strategies.base.Strategy.draw`.

    Args:
        strategy: A strategy.
        rng: The source of randomness.
        progress: Shape (steps,), in [0, 1).
        origin: Who brought it; None to look for that.

    Returns:
        Shape (steps,), places in the strategy's kinds, in an array of its own.

    Raises:
        PluginError: If the strategy draws anything else; the message names the distribution that brought it.
    """
    source = origin or STRATEGIES.origin_of(strategy)
    with source.blamed("draw()"):
        drawn = strategy.draw(rng, progress)
    steps = f"for {len(progress)} steps"
    if type(drawn) is not np.ndarray:
        raise source.refusal(f"draw() gives {describe_type(drawn)} {steps}.", _DRAWS)
    if drawn.shape != (len(progress),) or not np.issubdtype(drawn.dtype, np.integer):
        raise source.refusal(f"draw() gives shape {drawn.shape} of {drawn.dtype} {steps}.", _DRAWS)
    wrong = drawn[(drawn < 0) | (drawn >= len(strategy.kinds))]
    if len(wrong):
        raise source.refusal(f"draw() gives {wrong[0]}, and it has {len(strategy.kinds)} kinds.", _DRAWS)
    return drawn.astype(np.int64)


def allowed_pairs(kind: BatchKind, languages: tuple[str, ...]) -> Bools:
    """Ask a kind which pairs of languages its batches may hold; see :meth:`BatchKind.allowed`.

    Args:
        kind: The kind, which may be one of a plug-in's own.
        languages: Language codes.

    Returns:
        Shape (languages, languages), question by passage language.

    Raises:
        PluginError: If the kind says anything else; the message names the distribution that brought it.
    """
    source = replace(STRATEGIES.origin_of(kind), noun="kind of batch")
    with source.blamed("allowed()"):
        allowed = kind.allowed(languages)
    form = (len(languages),) * 2
    if type(allowed) is not np.ndarray or allowed.shape != form or allowed.dtype != np.bool_:
        shape = f"shape {allowed.shape} of {allowed.dtype}" if type(allowed) is np.ndarray else describe_type(allowed)
        raise source.refusal(
            f"allowed() gives {shape} for {len(languages)} languages.",
            f"It must give a bool array, question by passage language, here of shape {form}",
        )
    return allowed


def _check_identity(strategy: Any, origin: Origin) -> None:
    if not is_dataclass(strategy):
        raise origin.refusal(f"{type(strategy).__name__} is no dataclass.", "It must be a frozen dataclass")
    name = getattr(strategy, "name", None)
    if name != origin.name:
        raise origin.refusal(f"it calls itself {reprlib.repr(name)}.", "It must have the name it is registered by")


def _check_kinds(kinds: Any, source: Origin) -> None:
    form = "kinds must be a tuple of BatchKinds, at least one, of different names"
    if not isinstance(kinds, tuple | list) or not kinds or not all(isinstance(kind, BatchKind) for kind in kinds):
        raise source.refusal(f"its kinds are {reprlib.repr(kinds)}.", form)
    for kind in kinds:
        for field, value in (("name", kind.name), ("language", kind.language or "any")):
            if not isinstance(value, str) or not value:
                raise source.refusal(f"a kind of its batches has the {field} {value!r}.", "It must be a text")
        for field, value in (("same", kind.same), ("different", kind.different)):
            if not isinstance(value, bool | np.bool_):
                raise source.refusal(f"its kind {kind.name!r} has {field}={value!r}.", "It must be True or False")
        if kind.per not in ("batch", "example"):
            raise source.refusal(f"its kind {kind.name!r} draws per {kind.per!r}.", "It must say batch or example")
    names = [kind.name for kind in kinds]
    if len(set(names)) < len(names):
        raise source.refusal(f"its kinds are called {', '.join(names)}.", form)
