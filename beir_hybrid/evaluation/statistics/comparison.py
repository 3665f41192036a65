"""Comparison: how runs differ from a baseline, and how likely that is chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from beir_hybrid.errors import (
    BeirHybridError,
    ConfigurationError,
    MissingDataError,
    UnknownNameError,
    did_you_mean,
)
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.statistics.pairing import PairedValues, obstacle, pair_up, unpaired
from beir_hybrid.evaluation.statistics.significance import RESAMPLES, ByMean, effect_sizes, holm, intervals, paired_test
from beir_hybrid.settings import KINDS, canonical_name
from beir_hybrid.translations import count_linked, links_in_words

SCHEMA = 1
CONFIDENCE = 0.95
LEVEL = 0.05
NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Contrast:
    """One run against the baseline by one measure, in one setting or in the mean of a kind's settings.

    Attributes:
        run: Name of the run.
        kind: ``mono``, ``cross`` or ``multi``.
        setting: Name of the setting; None for the macro mean of the kind.
        measure: Name of the measure.
        settings: Number of settings averaged, each counting once.
        queries: Number of queries, over all these settings, for which both runs have a value.
        groups: Number of different questions these belong to; what intervals and tests count.
        mean: The run's mean over these queries.
        baseline: The baseline's mean over these queries.
        difference: The run's mean - the baseline's.
        interval: 95 % interval ``(low, high)`` of the difference; None with fewer than two groups.
        p: p-value of the paired randomization test, two-sided.
        holm: The p-value after Holm's correction over the family.
        effect: Cohen's d_z over the groups; None with fewer than two groups or where all differ by the same.
        verdict: ``better`` or ``worse`` (``higher`` or ``lower`` by a measure without a direction) if the corrected
            p-value is below .05 and the interval lies on one side of 0; else ``not shown``.
    """

    run: str
    kind: str
    setting: str | None
    measure: str
    settings: int
    queries: int
    groups: int
    mean: float
    baseline: float
    difference: float
    interval: tuple[float, float] | None
    p: float
    holm: float
    effect: float | None
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """Result of :func:`compare`.

    Attributes:
        baseline: Name of the run that the others are compared with.
        models: By run compared, the baseline first, its model.
        kinds: Contrasts of the kinds' macro means, by kind, measure and run.
        settings: Contrasts of the settings, if requested.
        excluded: By run that cannot be compared with the baseline, the reason.
        skipped: What was left out of the comparison of the other runs, in sentences.
        notes: How the numbers were computed, in sentences.
    """

    baseline: str
    models: dict[str, str]
    kinds: tuple[Contrast, ...]
    settings: tuple[Contrast, ...]
    excluded: dict[str, str]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON has it, with the ``schema`` version."""
        return {"schema": SCHEMA, **asdict(self)}


def compare(
    runs: Mapping[str, Results],
    baseline: str | None = None,
    measures: Sequence[str] | None = None,
    settings: Sequence[str] | None = None,
    by_setting: bool = False,
    seed: int = 0,
) -> Comparison:
    """Compare runs with a baseline, query by query.

    A contrast uses the queries for which both runs have a value. Intervals and tests are clustered by question, because
    its translations are not independent. Holm's correction is over a family: all kinds, measures and runs of this
    comparison; the contrasts by setting are a family of their own. A test has at least 9,999 random sign flips, and as
    many as let a p-value survive the correction.

    Args:
        runs: Results with the values of their queries, by name.
        baseline: Name of the baseline. Default: the first.
        measures: Names of the measures to compare. Default: all that both have.
        settings: Names of the settings to compare, such as ``en-de`` or ``xquad-r.en-de``, or kinds such as ``mono``.
            Default: all that both have.
        by_setting: Whether to compare in each setting too.
        seed: Seed of the random sign flips.

    Raises:
        ConfigurationError: If there are fewer than two runs, or none can be compared with the baseline.
        UnknownNameError: If no run has the baseline's name, or one of the measures or settings requested.
        MissingDataError: If a run lacks the values of its queries.
    """
    if len(runs) < 2:
        raise ConfigurationError(f"Runs to compare: {len(runs)}.", "Give at least two.")
    baseline = next(iter(runs)) if baseline is None else baseline
    if baseline not in runs:
        raise UnknownNameError(f"There is no run {baseline!r}.", did_you_mean(baseline, runs))
    values = {name: _chosen(name, results, measures, settings) for name, results in runs.items()}
    known = [setting for run in runs.values() if run.values is not None for setting in run.values.settings]
    _check_names("measure", measures, [name for setting in known for name in setting.values])
    named = [name for setting in known for name in (setting.kind, canonical_name(setting.name))]
    _check_names("setting", None if settings is None else [canonical_name(name) for name in settings], named)
    pairs: dict[str, PairedValues] = {}
    excluded: dict[str, str] = {}
    for name, results in runs.items():
        if name != baseline:
            reason = obstacle(results, runs[baseline]) or unpaired(values[name], values[baseline])
            pair = None if reason else pair_up(name, values[name], baseline, values[baseline])
            if pair is None:
                excluded[name] = reason
            elif not pair.differences.settings:
                excluded[name] = "no setting and measure has values of both"
            else:
                pairs[name] = pair
    if not pairs:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in excluded.items())
        raise ConfigurationError(f"No run can be compared with {baseline} ({reasons}).", "Evaluate on the same data.")
    kinds, single = _test(pairs, by_setting, seed)
    debiased = {name: one.debias for name, one in runs.items() if one.debias}
    return Comparison(
        baseline=baseline,
        models={name: runs[name].model for name in (baseline, *pairs)},
        kinds=tuple(kinds),
        settings=tuple(single),
        excluded=excluded,
        skipped=tuple(sentence for pair in pairs.values() for sentence in pair.skipped),
        notes=(
            *_notes(pairs, len(kinds), len(single), str(runs[baseline].translations.get("rule", ""))),
            *(f"{name} is quick: trained for a first look alone." for name, one in runs.items() if one.quick),
            *(f"{name} is debiased by {did['method']} on {did['fitted_on']}." for name, did in debiased.items()),
        ),
    )


def _chosen(run: str, results: Results, measures: Sequence[str] | None, settings: Sequence[str] | None) -> QueryValues:
    """Keep the requested settings and measures."""
    if results.values is None:
        raise MissingDataError(f"{run} lacks the values of its queries.", "Evaluate again.")
    wanted = None if settings is None else set(map(canonical_name, settings))
    return QueryValues(
        tuple(
            replace(setting, values={n: v for n, v in setting.values.items() if measures is None or n in measures})
            for setting in results.values.settings
            if wanted is None or {setting.kind, canonical_name(setting.name)} & wanted
        )
    )


def _check_names(what: str, asked: Sequence[str] | None, known: Sequence[str]) -> None:
    if asked is not None and not asked:
        raise ConfigurationError(f"No {what} was chosen.", "Leave the choice out for all.")
    for name in asked or ():
        if name not in known:
            raise UnknownNameError(f"No run has the {what} {name!r}.", did_you_mean(name, set(known)))


def _test(pairs: Mapping[str, PairedValues], by_setting: bool, seed: int) -> tuple[list[Contrast], list[Contrast]]:
    """Test every mean, of the kinds and, if requested, of the settings; then correct each of the two families."""
    families: dict[str, list[Contrast]] = {"scores": [], "settings": []}
    parts = ("scores", "settings") if by_setting else ("scores",)
    differences = {run: _means(pair.differences) for run, pair in pairs.items()}
    sizes = [sum(len(each) for means in differences.values() for each in means[part].values()) for part in parts]
    resamples = max(RESAMPLES, math.ceil(2 / LEVEL) * max(sizes) - 1)
    for run, pair in pairs.items():
        estimates: dict[str, ByMean[Any]] = {
            "mean": _means(pair.run),
            "baseline": _means(pair.baseline),
            "difference": differences[run],
            "interval": intervals(pair.differences, CONFIDENCE),
            "p": paired_test(pair.differences, resamples, seed, by_setting),
            "effect": effect_sizes(pair.differences),
        }
        for part in parts:
            for key, means in differences[run][part].items():
                for measure in means:
                    numbers = {name: each[part].get(key, {}).get(measure) for name, each in estimates.items()}
                    families[part].append(_contrast(run, pair, key, measure, numbers))
    return _corrected(families["scores"]), _corrected(families["settings"])


def _contrast(run: str, pair: PairedValues, key: str, measure: str, numbers: dict[str, Any]) -> Contrast:
    """Describe the contrast in a kind or setting, without a correction yet."""
    settings = [each for each in pair.differences.settings if key in (each.kind, each.name) and measure in each.values]
    if numbers["interval"] is not None:
        numbers["interval"] = tuple(numbers["interval"])
    return Contrast(
        run=run,
        kind=settings[0].kind,
        setting=None if key in KINDS else key,
        measure=measure,
        settings=len(settings),
        queries=sum(int((~np.isnan(each.values[measure])).sum()) for each in settings),
        groups=len(set().union(*(each.groups_with(measure) for each in settings))),
        holm=1.0,
        verdict=NOT_SHOWN,
        **numbers,
    )


def _means(values: QueryValues) -> ByMean[float]:
    return {"scores": values.macro(), "settings": {setting.name: setting.means() for setting in values.settings}}


def _corrected(family: Sequence[Contrast]) -> list[Contrast]:
    """Correct a family's p-values and judge them; sort by kind and setting, then measure, then run."""
    judged = [
        replace(contrast, holm=p, verdict=judge(contrast, p))
        for contrast, p in zip(family, holm([contrast.p for contrast in family]), strict=True)
    ]
    order: dict[tuple[str, str | None, str], int] = {}
    for contrast in judged:
        order.setdefault((contrast.kind, contrast.setting, contrast.measure), len(order))
    return sorted(judged, key=lambda each: order[each.kind, each.setting, each.measure])


def judge(contrast: Contrast, p: float) -> str:
    """Return the verdict on a contrast; see :class:`Contrast`.

    Args:
        contrast: Contrast, of which the interval, the difference and the measure count.
        p: The p-value, corrected for the family of tests that it belongs to.
    """
    if p >= LEVEL or contrast.interval is None or contrast.interval[0] <= 0 <= contrast.interval[1]:
        return NOT_SHOWN
    try:
        higher_is_better = build_measure(contrast.measure).higher_is_better
    except BeirHybridError:  # a plug-in's that is not installed here
        higher_is_better = None
    if higher_is_better is None:
        return "higher" if contrast.difference > 0 else "lower"
    return "better" if (contrast.difference > 0) == higher_is_better else "worse"


def _notes(pairs: Mapping[str, PairedValues], kinds: int, single: int, rule: str) -> tuple[str, ...]:
    """Describe how the numbers were computed.

    Args:
        pairs: The values compared.
        kinds: Number of tests in the kinds.
        single: Number of tests in the settings.
        rule: How the baseline's translations were linked.
    """
    compared = {query: group for pair in pairs.values() for query, group in pair.differences.groups().items()}
    linked = links_in_words(count_linked(compared, rule))
    notes = [
        "Translations of a question are not independent: intervals and tests resample questions with all of theirs.",
        *([f"{linked[0].upper()}{linked[1:]}."] if linked else []),
        f"Intervals: {CONFIDENCE:.0%}, clustered jackknife with t quantiles, corrected for skewness. "
        "p: paired randomization test, two-sided. d: Cohen's d_z.",
        f"Holm's correction is over the {kinds} tests of all kinds, measures and runs.",
    ]
    if single:
        notes.append(f"By setting, it is over the {single} tests of all settings, measures and runs.")
    for kind, (fewest, most) in next(iter(pairs.values())).differences.uneven().items():
        notes.append(f"The {kind} settings have {fewest} to {most} queries; in the mean each setting counts once.")
    return tuple(notes)
