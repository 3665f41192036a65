"""Verdicts: what a study shows of its claims, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Contrast, compare
from beir_hybrid.evaluation.statistics.pairing import pair_up
from beir_hybrid.evaluation.statistics.significance import RESAMPLES, holm
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.claim import Claim, Languages
from beir_hybrid.studies.outcomes import Outcomes, matching
from beir_hybrid.studies.sentences import sides_in_words, verdict_sentence
from beir_hybrid.studies.statistic import contrast_statistic, settle, statistic_over

_MANY = 250
"""So many verdicts leave the correction of the smallest p-value half the level; more are remarked on."""
_RUN, _BASELINE = "run", "baseline"


@dataclass(frozen=True)
class Verdict:
    """What the study shows of one claim, by one measure in one kind of setting.

    Attributes:
        claim: What was claimed, in words.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        run: Grid values of the cells that were claimed to differ.
        baseline: Grid values of those that they were compared with.
        seeds: Number of cells averaged on each side, before queries are compared: one per seed.
        mean: The run's mean over settings, or what else the claim's statistic takes of them.
        baseline_mean: The baseline's.
        difference: The run's less the baseline's.
        by_seed: The same difference for each pair of cells alone, in the order of the grid.
        interval: 95 % interval over questions of the difference; None with fewer than two questions.
        p: p-value of the paired randomization test over questions.
        holm: It, after Holm's correction over all verdicts of the study.
        effect: Cohen's d_z over questions; None where it is not defined.
        verdict: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``, which it is too where not all seeds
            have the sign of the difference.
        sentence: All that in a sentence.
        languages: ``all``, ``seen`` or ``unseen``: which settings were compared.
        statistic: ``mean``, ``worst`` or ``spread`` of them.
        settings: Their number.
    """

    claim: str
    evaluation: str
    kind: str
    measure: str
    run: Mapping[str, Any]
    baseline: Mapping[str, Any]
    seeds: int
    mean: float
    baseline_mean: float
    difference: float
    by_seed: tuple[float, ...]
    interval: tuple[float, float] | None
    p: float
    holm: float
    effect: float | None
    verdict: str
    sentence: str
    languages: str = "all"
    statistic: str = "mean"
    settings: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give it as ``study.json`` has it."""
        content = {**asdict(self), "run": dict(self.run), "baseline": dict(self.baseline)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in content.items()}


@dataclass(frozen=True)
class _Found:
    """One contrast that a claim asks for."""

    claim: Claim
    contrast: Contrast
    pairs: Sequence[tuple[Cell, Cell]]
    settings: frozenset[str]


def find_verdicts(outcomes: Outcomes, claims: Sequence[Claim]) -> tuple[list[Verdict], list[str]]:
    """Judge claims.

    Each query's value is averaged over the cells of a side, which differ in nothing but the seed and what else the
    claim leaves open; then queries are compared as :func:`~beir_hybrid.evaluation.statistics.comparison.compare`
    does, clustered
    by question. The correction is over all verdicts. So intervals tell how far other questions could change the
    difference; how far other seeds do, ``by_seed`` shows, and nothing is shown unless all seeds agree in sign.

    Returns:
        The verdicts in the order of the claims, and what could not be judged, in sentences.
    """
    found: list[_Found] = []
    remarks: list[str] = []
    for asked in _grouped(claims):
        first = asked[0]
        name = first.evaluation
        pairs, missing = _pair(outcomes, first)
        told = sides_in_words(first)
        if missing and pairs:
            remarks.append(f"{told} is over the {len(pairs)} of {len(pairs) + missing} pairs of cells that are there.")
        if not pairs:
            remarks.append(f"{told} is not judged: no pair of cells is there.")
            continue
        names = _settings(outcomes, name, pairs, first.languages)
        if not names:
            remarks.append(f"{told} is not judged: there is no such setting.")
            continue
        try:
            contrasts = _contrasts(outcomes, names, pairs, asked)
        except BeirHybridError as error:
            remarks.append(f"{told} is not judged: {error.problem}")
            continue
        for claim in asked:
            fitting = [
                _Found(claim, contrast, pairs, names)
                for contrast in contrasts
                if contrast.measure in claim.measures and (claim.kinds is None or contrast.kind in claim.kinds)
            ]
            there = {one.contrast.kind for one in fitting}
            lacking = [kind for kind in claim.kinds or () if kind not in there]
            if lacking:
                remarks.append(f"{told} is not judged in {' and '.join(lacking)}: there is no such setting.")
            found += fitting
    order = {id(claim): place for place, claim in enumerate(claims)}
    found.sort(key=lambda one: order[id(one.claim)])
    if len(found) > _MANY:
        remarks.append(
            f"There are {len(found)} verdicts, and tests of {RESAMPLES:,} random flips: no corrected p-value can be "
            f"much below {len(found) / (RESAMPLES + 1):.2g}. Claim less in one study."
        )
    corrected = holm([one.contrast.p for one in found])
    return [_verdict(outcomes, one, p) for one, p in zip(found, corrected, strict=True)], remarks


def _grouped(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Bring claims of the same cells together: one comparison serves them all."""
    grouped: dict[tuple[str, ...], list[Claim]] = {}
    for claim in claims:
        key = (claim.evaluation, repr(claim.run), repr(claim.baseline), claim.languages, claim.statistic)
        grouped.setdefault(key, []).append(claim)
    return list(grouped.values())


def _pair(outcomes: Outcomes, claim: Claim) -> tuple[list[tuple[Cell, Cell]], int]:
    """Pair the cells of both sides that agree in all that the claim leaves open; count the pairs not there."""
    left, right = (matching(outcomes.cells, side) for side in (claim.run, claim.baseline))
    every = [matching(outcomes.folder.cells, side) for side in (claim.run, claim.baseline)]
    pairs = [(cell, right[rest]) for rest, cell in left.items() if rest in right]
    return pairs, sum(rest in every[1] for rest in every[0]) - len(pairs)


def _settings(
    outcomes: Outcomes, trial: str, pairs: Sequence[tuple[Cell, Cell]], languages: Languages
) -> frozenset[str]:
    """Choose the settings that a claim is about by the languages that the cells of both sides were trained on."""
    trained = [set(cell.languages) for pair in pairs for cell in pair]
    common, every = set.intersection(*trained), set.union(*trained)
    chosen = set()
    for name, setting in outcomes.results(pairs[0][0], trial).parsed_settings().items():
        needed = {setting.query_language, *setting.corpus_languages}
        if languages == "all" or (needed <= common if languages == "seen" else not needed & every):
            chosen.add(name)
    return frozenset(chosen)


def _contrasts(
    outcomes: Outcomes, settings: frozenset[str], pairs: Sequence[tuple[Cell, Cell]], claims: Sequence[Claim]
) -> Sequence[Contrast]:
    """Compare both sides in some settings, by the statistic that all the claims share."""
    trial, statistic = claims[0].evaluation, claims[0].statistic
    measures = list(dict.fromkeys(measure for claim in claims for measure in claim.measures))
    sides = {}
    chosen: list[QueryValues] = []
    for place, side in enumerate((_RUN, _BASELINE)):
        results = outcomes.values([pair[place] for pair in pairs], trial, measures)
        values = () if results.values is None else results.values.settings
        chosen.append(QueryValues(tuple(setting for setting in values if setting.name in settings)))
        sides[side] = replace(results, values=chosen[-1])
    there = {name for values in chosen for setting in values.settings for name in setting.values}
    if not there:
        raise ConfigurationError("None of these settings has the measures.", "Claim another measure.")
    kinds = compare(sides, baseline=_BASELINE, measures=[name for name in measures if name in there]).kinds
    if statistic == "mean":
        return kinds
    pair = pair_up(_RUN, chosen[0], _BASELINE, chosen[1])
    return [contrast_statistic(pair, contrast, statistic) for contrast in kinds]


def _verdict(outcomes: Outcomes, found: _Found, corrected: float) -> Verdict:
    claim, contrast = found.claim, found.contrast
    by_seed = [_of_cell(outcomes, found, pair[0]) - _of_cell(outcomes, found, pair[1]) for pair in found.pairs]
    agreed = all(one * contrast.difference > 0 for one in by_seed)
    verdict = settle(contrast, corrected, claim.statistic) if agreed else NOT_SHOWN
    return Verdict(
        claim=claim.text,
        evaluation=claim.evaluation,
        kind=contrast.kind,
        measure=contrast.measure,
        run=claim.run,
        baseline=claim.baseline,
        seeds=len(found.pairs),
        mean=contrast.mean,
        baseline_mean=contrast.baseline,
        difference=contrast.difference,
        by_seed=tuple(by_seed),
        interval=contrast.interval,
        p=contrast.p,
        holm=corrected,
        effect=contrast.effect,
        verdict=verdict,
        sentence=verdict_sentence(claim, contrast, corrected, verdict, found.pairs, by_seed),
        languages=claim.languages,
        statistic=claim.statistic,
        settings=contrast.settings,
    )


def _of_cell(outcomes: Outcomes, found: _Found, cell: Cell) -> float:
    """Give the claim's statistic of one cell."""
    results, measure = outcomes.results(cell, found.claim.evaluation), found.contrast.measure
    means = [
        results.settings[name][measure]
        for name, setting in results.parsed_settings().items()
        if name in found.settings and setting.kind == found.contrast.kind and measure in results.settings[name]
    ]
    return float(statistic_over(found.claim.statistic, measure)(np.array(means)))
