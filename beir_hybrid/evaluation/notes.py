"""Notes: what readers of results need to know about the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.translations import links_in_words


def notes_on(values: QueryValues, translations: Mapping[str, Any], intervals: bool) -> Iterator[str]:
    """Yield notes on what the values of the queries do not show by themselves.

    Args:
        values: What was measured.
        translations: How translations are linked, as :func:`~beir_hybrid.translations.count_linked` returns it.
        intervals: Whether there are intervals.
    """
    if translations and not translations["linked"]:
        yield links_in_words(translations)
    yield from _uneven(values)
    yield from _undefined(values)
    if intervals:
        yield from _few(values)


def _uneven(values: QueryValues) -> Iterator[str]:
    for kind, (fewest, most) in values.uneven().items():
        yield f"{kind} settings have {fewest} to {most} queries: means over settings and over queries differ"


def _undefined(values: QueryValues) -> Iterator[str]:
    missing: Counter[tuple[str, str]] = Counter()
    kind_of = {setting.name: setting.kind for setting in values.settings}
    for setting, counts in values.undefined().items():
        for name, count in counts.items():
            missing[name, kind_of[setting]] += count
    asked = {kind: sum(len(each.queries) for each in settings) for kind, settings in values.kinds().items()}
    for (name, kind), count in missing.items():
        yield f"{name} is undefined for {count:,} of the {asked[kind]:,} {kind} queries, which its means leave out"


def _few(values: QueryValues) -> Iterator[str]:
    """Return a note on intervals over so few questions that they may be too narrow."""
    from beir_hybrid.evaluation.statistics.significance import FEW

    partial = {name for counts in values.undefined().values() for name in counts}
    few = []
    for kind, settings in values.kinds().items():
        questions = [{group for setting in settings for group in setting.groups}]
        for name in partial:  # other measures have a value for every query
            with_values = (each.groups_with(name) for each in settings if name in each.values)
            questions.append(set().union(*with_values))
        fewest = min(len(groups) for groups in questions if groups)
        if fewest < FEW:
            few.append(f"{kind} {fewest}")
    if few:
        yield f"few questions ({', '.join(few)}): below {FEW}, 95 % intervals are too narrow where values are skewed"
