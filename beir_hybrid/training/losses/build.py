"""Losses built from their names and options."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.registry import LOSSES
from beir_hybrid.registry.spec import check_options, parse_spec
from beir_hybrid.training.losses.base import TrainingLoss

DEFAULT = "mnrl"
"""The loss where none is asked for: the one of arXiv:2408.10536."""

_AROUND = "matryoshka"


def build_loss(spec: str | TrainingLoss | None = None, **options: Any) -> TrainingLoss:
    """Build a loss from its name and options.

    Args:
        spec: A registered name, ``name(key=value, ...)``, or ``matryoshka:NAME``; a loss is returned as it is. None
            for ``mnrl``.
        **options: Options of the loss; None means its own default. ``matryoshka`` puts any loss into that one.

    Raises:
        UnknownNameError: If no loss has that name.
        ConfigurationError: If the loss has no such option or refuses its value.
        PluginError: If what is built is no loss.

    Examples:
        >>> build_loss("mnrl", scale=30)
        Mnrl(scale=30, gather=False)
        >>> build_loss("matryoshka:mnrl", matryoshka=(64, 32))
        Matryoshka(loss=Mnrl(scale=20.0, gather=False), matryoshka=(64, 32))
    """
    given = {key: value for key, value in options.items() if value is not None}
    if isinstance(spec, TrainingLoss):
        if given:
            raise ConfigurationError(f"{spec.spec()} is built already and takes no {min(given)!r}.", "Give its name.")
        return spec
    around, inner = _split(spec)
    if around is None and _AROUND not in given:
        name, written = parse_spec(inner)
        return _build(name, written | given)
    lengths = {} if around is None else parse_spec(around)[1]
    if _AROUND in given:
        lengths[_AROUND] = given.pop(_AROUND)
    return _build(_AROUND, {**lengths, "loss": build_loss(inner, **given)})


def has_option(spec: str | None, option: str) -> bool:
    """Return whether a loss has an option, itself or the one that it is put around.

    Args:
        spec: As for :func:`build_loss`.
        option: Its name.

    Raises:
        UnknownNameError: If no loss has that name.

    Examples:
        >>> has_option("matryoshka:mnrl", "scale"), has_option("kl", "scale")
        (True, False)
    """
    return option in _options(LOSSES.get(parse_spec(_split(spec)[1])[0]))


def _split(spec: str | None) -> tuple[str | None, str]:
    """Split a loss off what is put around it, None for nothing."""
    outer, _, inner = (spec or DEFAULT).partition(":")
    around = outer.partition("(")[0].strip() == _AROUND
    return (outer, inner or DEFAULT) if around else (None, spec or DEFAULT)


def _options(factory: Any) -> list[str]:
    return [field.name for field in fields(factory)] if isinstance(factory, type) else []


def _build(name: str, given: dict[str, Any]) -> TrainingLoss:
    factory, origin = LOSSES.get(name), LOSSES.origin(name)
    known = _options(factory)
    for key in given:
        if key not in known:
            option = f"--{key.replace('_', '-')}"
            fix = did_you_mean(key, known) if known else "Leave it out."
            raise ConfigurationError(f"The loss {name!r} has no option {key!r} ({option}).", fix)
    check_options("loss", name, factory, given)
    with origin.blamed("its making"):
        built = factory(**given)
    if not isinstance(built, TrainingLoss):
        raise origin.refusal(
            f"it makes a {type(built).__name__}.", "It must make a beir_hybrid.training.losses.TrainingLoss"
        )
    return built
