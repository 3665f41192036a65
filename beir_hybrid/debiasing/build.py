"""Debiasings built from their names and options."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import numpy as np

from beir_hybrid.debiasing.base import Debiasing
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.registry import DEBIASINGS
from beir_hybrid.registry.origin import describe_type
from beir_hybrid.registry.spec import check_options

_FORM = "NAME, NAME:STRENGTH, NAME:OPTION=VALUE:STRENGTH or, for a curve, NAME:FROM:TO:STEP"
_MANY = 1000


def build_debiasings(spec: str, **options: Any) -> tuple[Debiasing, ...]:
    """Build a method, once for every strength that is asked for.

    Args:
        spec: A registered name, behind it options and the strength, or the first and last strength and the step
            between them, each behind a colon.
        **options: Options that replace those written, such as ``strength``; None for what is written.

    Returns:
        At least one.

    Raises:
        UnknownNameError: If no method has that name.
        ConfigurationError: If it has no such option, refuses a value, or the text is not such a one.
        PluginError: If what is built is no :class:`~.base.Debiasing`.

    Examples:
        >>> build_debiasings("lir:directions=8")
        (Lir(strength=1.0, directions=8),)
        >>> [each.spec() for each in build_debiasings("shift:0:1:0.5")]
        ['shift:0', 'shift:0.5', 'shift']
    """
    name, *parts = (part.strip() for part in spec.split(":"))
    factory, origin = DEBIASINGS.get(name), DEBIASINGS.origin(name)
    given: dict[str, Any] = {}
    numbers: list[float] = []
    for part in parts:
        option, equals, text = part.partition("=")
        try:
            if equals and (option := option.strip()) not in {"strength", *given}:
                given[option] = _value(text.strip())
            else:
                numbers.append(float(text if option == "strength" else part))
        except ValueError as error:
            raise ConfigurationError(f"{shorten(spec)} is no method of debiasing.", f"Write {_FORM}.") from error
    if len(numbers) not in {0, 1, 3}:
        raise ConfigurationError(f"{shorten(spec)} has {len(numbers)} numbers.", f"Write {_FORM}.")
    given |= {key: value for key, value in options.items() if value is not None}
    check_options("method of debiasing", name, factory, given)
    with origin.blamed("its making"):
        built = factory(**given)
    if not isinstance(built, Debiasing):
        raise origin.refusal(f"it makes {describe_type(built)}.", "It must make a beir_hybrid.debiasing.Debiasing")
    strengths = _strengths(numbers, spec) if options.get("strength") is None else []
    return tuple(replace(built, strength=strength) for strength in strengths) or (built,)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):  # a word, such as a language
        return text


def _strengths(numbers: list[float], spec: str) -> list[float]:
    if len(numbers) < 3:
        return numbers
    first, last, step = numbers
    count = (last - first) / step if step else -1.0
    if not 0 <= count < _MANY:
        raise ConfigurationError(
            f"{shorten(spec)} goes from {first:g} to {last:g} in steps of {step:g}.", "Write such as shift:0:1:0.1."
        )
    return [round(float(first + number * step), 10) for number in np.arange(int(count + 1e-9) + 1)]
