"""Measures: declarative objects, one small file each, found by name through the registry."""

from __future__ import annotations

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.registry import MEASURES

__all__ = ["Measure", "build_measure"]


def build_measure(name: str) -> Measure:
    """Build a measure from its name.

    Args:
        name: A registered name, with ``@k`` for a cut-off, such as ``ndcg@10`` or ``map``.

    Raises:
        UnknownNameError: If no measure has that name.
        ConfigurationError: If the cut-off is no positive whole number, or missing, or not taken.

    Examples:
        >>> build_measure("ndcg@10")
        NDCG(cutoff=10)
    """
    base, at, cutoff = name.partition("@")
    factory = MEASURES.get(base)
    if at and not (cutoff.isdecimal() and int(cutoff) > 0):
        raise ConfigurationError(f"The cut-off of {name!r} is {cutoff!r}.", f"Give a number: {base}@10")
    try:
        measure: Measure = factory(cutoff=int(cutoff)) if at else factory()
    except TypeError as error:
        fix = f"Write {base}." if at else f"Write {base}@10, or another cut-off."
        raise ConfigurationError(f"{name!r} {'takes no' if at else 'needs a'} cut-off.", fix) from error
    return measure
