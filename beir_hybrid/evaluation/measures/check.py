"""Checks of measures: of their attributes when they are built, and of their values."""

from __future__ import annotations

import reprlib
from functools import lru_cache
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import BeirHybridError, PluginError
from beir_hybrid.evaluation.measures.base import Measure
from beir_hybrid.evaluation.measures.made_up import MadeUpRun
from beir_hybrid.evaluation.rankings import Rankings
from beir_hybrid.registry import MEASURES
from beir_hybrid.registry.origin import Origin, describe_type

LARGEST = 1e100
"""Largest magnitude of a value: means and variances of larger ones would be infinite."""

TRIED_LANGUAGES = ("de", "en", "es")
"""Languages of the passages that measures are tried on."""

_VALUES = "values() must return a float64 array with one value for each query"


def check_measure(measure: Any, origin: Origin | None = None) -> Measure:
    """Refuse what is not a measure, by its attributes.

    Args:
        measure: The object to check.
        origin: Who registered it; None to look it up.

    Returns:
        The measure.

    Raises:
        PluginError: If an attribute is missing or of another type than :class:`Measure` says; the message names the
            distribution that registered it.
    """
    source = origin or MEASURES.origin_of(measure)
    for attribute, (fits, form) in _ATTRIBUTES.items():
        with source.blamed(attribute):
            if not hasattr(measure, attribute):
                raise source.refusal(f"{reprlib.repr(measure)} has no {attribute}.", "It must be a Measure")
            value = getattr(measure, attribute)
        if not fits(value):
            raise source.refusal(f"its {attribute} is {reprlib.repr(value)}.", f"It must be {form}")
    checked: Measure = measure
    return checked


def measure_queries(measure: Measure, rankings: Rankings, origin: Origin | None = None) -> Floats:
    """Measure every query of a setting; see :meth:`~beir_hybrid.evaluation.measures.base.Measure.values`.

    Args:
        measure: A measure.
        rankings: The setting's rankings.
        origin: Who registered the measure; None to look it up.

    Returns:
        Shape (queries,), finite or NaN, in an array of its own.

    Raises:
        PluginError: If the measure returns anything else; the message names the distribution that registered it.
    """
    source = origin or MEASURES.origin_of(measure)
    with source.blamed("values()"):
        values = measure.values(rankings)
    queries = f"for {rankings.queries} queries"
    if type(values) is not np.ndarray:
        raise source.refusal(f"values() returns {describe_type(values)} {queries}.", _VALUES)
    if values.shape != (rankings.queries,) or values.dtype != np.float64:
        raise source.refusal(f"values() returns shape {values.shape} of {values.dtype} {queries}.", _VALUES)
    wrong = values[np.abs(values) > LARGEST]
    if len(wrong):
        raise source.refusal(
            f"values() returns {wrong[0]:g} for {len(wrong)} of {rankings.queries} queries.",
            "Values must be finite, and NaN where a query has none",
        )
    return values.copy()


def try_measure(measure: Measure, origin: Origin | None = None) -> None:
    """Compute a measure on a small made-up run, so that a broken one is found before anything is encoded.

    A measure that refuses the run with an error of this package, such as one that needs a language, is left alone.

    Args:
        measure: A measure.
        origin: Who registered it; None to look it up.

    Raises:
        PluginError: As for :func:`measure_queries`.
    """
    source = origin or MEASURES.origin_of(measure)
    language = getattr(measure, "language", None)
    named = (language,) if isinstance(language, str) and language not in TRIED_LANGUAGES else ()
    rankings = _made_up(TRIED_LANGUAGES + named).rankings(int(measure.depth))
    try:
        with np.errstate(all="ignore"):
            measure_queries(measure, rankings, source)
    except PluginError:
        raise
    except BeirHybridError:  # raised by the measure on purpose
        return


@lru_cache(maxsize=8)
def _made_up(languages: tuple[str, ...]) -> MadeUpRun:
    return MadeUpRun.draw(np.random.default_rng(0), languages, "en", 6 * len(languages), queries=5)


_ATTRIBUTES: dict[str, Any] = {
    "name": (lambda value: isinstance(value, str) and value.strip(), "a text"),
    "higher_is_better": (lambda value: value is None or isinstance(value, bool), "True, False or None"),
    "needs_languages": (lambda value: isinstance(value, bool), "True or False"),
    "depth": (
        lambda value: isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 0,
        "a whole number from 0 on",
    ),
    "values": (callable, "a method"),
}
