"""Notes: what a reader of results must know about the numbers themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.translations import links_in_words

__all__ = ["notes_on"]


def notes_on(values: QueryValues, translations: Mapping[str, Any]) -> Iterator[str]:
    """Say what the values of the queries do not show by themselves.

    Args:
        values: What was measured.
        translations: How translations are linked, as :func:`~beir_hybrid.translations.count_linked` gives it.
    """
    if translations and not translations["linked"]:
        yield links_in_words(translations)
    yield from _uneven(values)
    yield from _undefined(values)


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
