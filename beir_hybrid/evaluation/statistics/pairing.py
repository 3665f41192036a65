"""Pairing: whether two results are comparable, and their values at the same queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.settings import canonical_name


@dataclass(frozen=True, eq=False)
class PairedValues:
    """The values of a run and of the baseline at the same queries.

    Attributes:
        run: The run's values; NaN where either has none.
        baseline: The baseline's, likewise, in the same order.
        differences: The run's - the baseline's.
        skipped: What only one of them has, in sentences.
    """

    run: QueryValues
    baseline: QueryValues
    differences: QueryValues
    skipped: tuple[str, ...]


def obstacle(run: Results, baseline: Results) -> str:
    """Return why two results are not of the same data; empty if they are."""
    other = f"other dataset: {run.dataset}, not {baseline.dataset}" if run.dataset != baseline.dataset else ""
    if set(run.languages) != set(baseline.languages):
        languages = f"other languages: {', '.join(run.languages)}, not {', '.join(baseline.languages)}"
        return ", ".join(filter(None, [other, languages]))
    reasons = []
    same_text = run.passage_text == baseline.passage_text
    if not same_text:
        reasons.append(f"other passages: their text is {run.passage_text}, not {baseline.passage_text}")
    for key, what in (("queries", "queries"), ("passages", "passages"), ("qrels", "relevance judgements")):
        if key not in run.data or key not in baseline.data:
            reasons.append(f"no checksum of the {what}")
        elif run.data[key] != baseline.data[key] and (same_text or key != "passages"):
            reasons.append(f"other {what}")
    if reasons and other:
        reasons.insert(0, other)
    return ", ".join(reasons)


def unpaired(run: QueryValues, baseline: QueryValues) -> str:
    """Return why settings of the same name differ in their queries or in how these are linked; empty if they do not.

    Groups may differ in their names, as where one run took them from metadata and the other from ids.
    """
    names: dict[str, str] = {}
    others: dict[str, str] = {}
    base = {canonical_name(setting.name): setting for setting in baseline.settings}
    for setting in run.settings:
        other = base.get(canonical_name(setting.name), setting)
        mine, yours = _groups(setting), _groups(other)
        if mine.keys() != yours.keys() or any(
            (names.setdefault(group, yours[query]), others.setdefault(yours[query], group)) != (yours[query], group)
            for query, group in mine.items()
        ):
            return f"other queries, or other groups of them, in the setting {setting.name}"
        if setting.kind != other.kind:
            return f"the setting {setting.name} is {setting.kind}, not {other.kind}"
    return ""


def pair_up(name: str, run: QueryValues, baseline_name: str, baseline: QueryValues) -> PairedValues:
    """Restrict a run and the baseline to the settings, measures and queries that both have.

    Args:
        name: Name of the run.
        run: Its values; settings of a name that the baseline has too have the same queries (see :func:`unpaired`).
        baseline_name: Name of the baseline.
        baseline: Its values.
    """
    of_run = {canonical_name(setting.name): setting for setting in run.settings}
    of_baseline = {canonical_name(setting.name): setting for setting in baseline.settings}
    lacking: Counter[str] = Counter()
    triples: list[list[SettingValues]] = []
    for key, setting in of_baseline.items():
        if key in of_run:
            triple = _at_same_queries(of_run[key], setting)
            lacking.update(
                measure for measure in {**setting.values, **of_run[key].values} if measure not in triple[0].values
            )
            if triple[0].values:
                triples.append(triple)
    both = f"not both {name} and {baseline_name} have"
    skipped = [f"{measure} is left out in {_count(number)}: {both} values." for measure, number in lacking.items()]
    alone = [key for key in {**of_baseline, **of_run} if key not in of_run or key not in of_baseline]
    if alone:
        shown = ", ".join(alone[:5]) + (", ..." if len(alone) > 5 else "")
        skipped.append(f"Left out: {_count(len(alone))} that {both}: {shown}.")
    runs, baselines, differences = (QueryValues(tuple(triple[which] for triple in triples)) for which in range(3))
    return PairedValues(runs, baselines, differences, tuple(skipped))


def _groups(setting: SettingValues) -> dict[str, str]:
    return dict(zip(setting.queries, setting.groups, strict=True))


def _at_same_queries(run: SettingValues, baseline: SettingValues) -> list[SettingValues]:
    """Return the run's values, the baseline's and their differences, by the measures that some query has from both."""
    place = {query: row for row, query in enumerate(run.queries)}
    rows = np.array([place[query] for query in baseline.queries], np.int64)
    columns: list[dict[str, Floats]] = [{}, {}, {}]
    for measure in baseline.values:
        if measure in run.values:
            mine, other = run.values[measure][rows], baseline.values[measure]
            missing = np.isnan(mine) | np.isnan(other)
            if not missing.all():
                for column, values in zip(columns, (mine, other, mine - other), strict=True):
                    column[measure] = np.where(missing, np.nan, values)
    return [replace(baseline, values=column) for column in columns]


def _count(settings: int) -> str:
    return f"{settings} setting" if settings == 1 else f"{settings} settings"
