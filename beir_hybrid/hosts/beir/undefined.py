"""Undefined measures: each is named, with the reason, where no query has a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from beir_hybrid.evaluation.measures import build_measures
from beir_hybrid.evaluation.results import Results

_REASONS = {
    "rank_distance": "no query has several relevant passages, one of them among those that count",
    "same_language_share": "no passage is in the language of a query",
    "mrc": "no question is asked in several languages",
    "one_target_map": "no query has a relevant passage in that language",
    "peer": "no query has several relevant passages in one language, without which the test says nothing",
}
"""By name of a measure, when it has no value."""


def with_reasons(found: Results, measures: Sequence[str]) -> Results:
    """Name the measures that compare languages and have no value, each with the reason.

    Args:
        found: Results with the values of queries.
        measures: Names of the measures that were asked for.
    """
    return replace(found, notes=(*_other_notes(found), *_reasons(found, measures)))


def _reasons(found: Results, measures: Sequence[str]) -> Iterator[str]:
    if "multi" not in found.scores:
        names = [_base(measure.name) for measure in build_measures(measures)["multi"] if measure.needs_languages]
        several = "they compare languages, and no setting here has passages of several"
        yield f"{', '.join(dict.fromkeys(names))}: undefined, as {several}"
        return
    for name in _undefined(found):
        yield f"{name}: undefined, as {_REASONS.get(_base(name), 'no query has a value')}"


def _base(name: str) -> str:
    return name.partition("@")[0].partition("[")[0]


def _undefined(found: Results) -> list[str]:
    """List the measures that no query of a multilingual setting has a value of."""
    known: dict[str, bool] = {}
    for setting in found.values.settings if found.values is not None else ():
        if setting.kind == "multi":
            for name, values in setting.values.items():
                known[name] = known.get(name, False) or not bool(np.isnan(values).all())
    return [name for name, defined in known.items() if not defined]


def _other_notes(found: Results) -> list[str]:
    """List the notes but for those that merely count the queries without a value, where that is all of them."""
    counted = tuple(f"{name} is undefined for " for name in _undefined(found))
    return [note for note in found.notes if not (counted and note.startswith(counted))]
