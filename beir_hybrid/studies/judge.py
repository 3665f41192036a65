"""Judging the claims of a study: what it shows of them, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.statistics.comparison import LEVEL, NOT_SHOWN, Contrast, compare
from beir_hybrid.evaluation.statistics.equivalence import ByKind, margin_test
from beir_hybrid.evaluation.statistics.pairing import PairedValues, pair_up
from beir_hybrid.evaluation.statistics.significance import RESAMPLES, holm
from beir_hybrid.studies.cell import Cell, differ_in_seeds
from beir_hybrid.studies.claim import Claim, Languages
from beir_hybrid.studies.expectation import find_outcome
from beir_hybrid.studies.outcomes import Outcomes, group_by, matching
from beir_hybrid.studies.sentences import sides_in_words, verdict_sentence
from beir_hybrid.studies.statistic import contrast_statistic, settle, statistic_over
from beir_hybrid.studies.verdict import Verdict

_MANY = 250
"""So many verdicts leave the correction of the smallest p-value half the level; more are remarked on."""
_RUN, _BASELINE = "run", "baseline"


@dataclass(frozen=True)
class _Judged:
    """One contrast that a claim asks for, and the p-value of the test against its margin, if it has one."""

    claim: Claim
    contrast: Contrast
    pairs: Sequence[tuple[Cell, Cell]]
    settings: frozenset[str]
    margin_p: float | None


def judge_claims(outcomes: Outcomes, claims: Sequence[Claim]) -> tuple[list[Verdict], list[str]]:
    """Judge claims.

    Each query's value is averaged over the cells of a side, which differ in nothing but the seed and what else the
    claim leaves open; then queries are compared as :func:`~beir_hybrid.evaluation.statistics.comparison.compare` does,
    clustered by question. The correction is over all tests: one for every verdict, and one more for each that has a
    margin. So intervals show how far other questions could change the difference; how far other seeds do is in
    ``by_seed``, and nothing is shown unless all seeds agree: in sign, or for a margin in lying within it.

    Returns:
        The verdicts in the order of the claims, and what could not be judged, in sentences.
    """
    judged: list[_Judged] = []
    remarks: list[str] = []
    for asked in group_by(claims, lambda claim: claim.comparison):
        try:
            judged += _judge_group(outcomes, asked, remarks)
        except BeirHybridError as error:
            remarks.append(f"{sides_in_words(asked[0])} is not judged: {error.problem}")
    order = {id(claim): place for place, claim in enumerate(claims)}
    judged.sort(key=lambda one: order[id(one.claim)])
    tests = [one.contrast.p for one in judged] + [one.margin_p for one in judged if one.margin_p is not None]
    if len(tests) > _MANY:
        remarks.append(
            f"There are {len(tests)} tests, of {RESAMPLES:,} random flips each: no corrected p-value can be "
            f"much below {len(tests) / (RESAMPLES + 1):.2g}. Claim less in one study."
        )
    corrected = iter(holm(tests))
    holms = [next(corrected) for _ in judged]
    of_margins = [None if one.margin_p is None else next(corrected) for one in judged]
    return [_verdict(outcomes, *each) for each in zip(judged, holms, of_margins, strict=True)], remarks


def _judge_group(outcomes: Outcomes, claims: Sequence[Claim], remarks: list[str]) -> list[_Judged]:
    """Judge claims of the same cells, and remark on what cannot be judged."""
    first, words = claims[0], sides_in_words(claims[0])
    pairs, missing = _pair(outcomes, first)
    if not pairs:
        remarks.append(f"{words} is not judged: no pair of cells is there.")
        return []
    if missing:
        remarks.append(f"{words} is over the {len(pairs)} of {len(pairs) + missing} pairs of cells that are there.")
    names = _settings(outcomes, first.evaluations[0], pairs, first.languages)
    if not names:
        remarks.append(f"{words} is not judged: there is no such setting.")
        return []
    contrasts, values = _contrasts(outcomes, names, pairs, claims)
    judged = []
    for claim in claims:
        tested = margin_test(values.differences, claim.margins) if claim.margins else {}
        fitting = [
            _Judged(claim, contrast, pairs, names, _margin_p(claim, contrast, tested))
            for contrast in contrasts
            if contrast.measure in claim.measures and (claim.kinds is None or contrast.kind in claim.kinds)
        ]
        there = {one.contrast.kind for one in fitting}
        if lacking := [kind for kind in claim.kinds or () if kind not in there]:
            remarks.append(f"{words} is not judged in {' and '.join(lacking)}: there is no such setting.")
        judged += fitting
    return judged


def _margin_p(claim: Claim, contrast: Contrast, tested: ByKind) -> float | None:
    """Choose the p-value of a claim's test against its margin; None without a margin."""
    if contrast.measure not in claim.margins:
        return None
    below, above = tested.get(contrast.kind, {}).get(contrast.measure, (1.0, 1.0))
    if claim.expect == "equal":
        return max(below, above)
    return below if printed(contrast.measure).higher_is_better else above


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
) -> tuple[Sequence[Contrast], PairedValues]:
    """Compare both sides in some settings, by the statistic that all the claims share; also return their values."""
    statistic = claims[0].statistic
    measures = list(dict.fromkeys(measure for claim in claims for measure in claim.measures))
    sides = {}
    chosen: list[QueryValues] = []
    for place, (side, trial) in enumerate(zip((_RUN, _BASELINE), claims[0].evaluations, strict=True)):
        results = outcomes.values([pair[place] for pair in pairs], trial, measures)
        values = () if results.values is None else results.values.settings
        chosen.append(QueryValues(tuple(setting for setting in values if setting.name in settings)))
        sides[side] = replace(results, values=chosen[-1])
    there = {name for values in chosen for setting in values.settings for name in setting.values}
    if not there:
        raise ConfigurationError("None of these settings has the measures.", "Claim another measure.")
    kinds = compare(sides, baseline=_BASELINE, measures=[name for name in measures if name in there]).kinds
    pair = pair_up(_RUN, chosen[0], _BASELINE, chosen[1])
    if statistic == "mean":
        return kinds, pair
    return [contrast_statistic(pair, contrast, statistic) for contrast in kinds], pair


def _verdict(outcomes: Outcomes, judged: _Judged, corrected: float, of_margin: float | None) -> Verdict:
    claim, contrast = judged.claim, judged.contrast
    first, second = claim.evaluations
    by_seed = tuple(
        _of_cell(outcomes, judged, run, first) - _of_cell(outcomes, judged, baseline, second)
        for run, baseline in judged.pairs
    )
    agreed = all(one * contrast.difference > 0 for one in by_seed)
    verdict = Verdict(
        claim=claim.text,
        evaluation=claim.evaluation,
        kind=contrast.kind,
        measure=contrast.measure,
        run=claim.run,
        baseline=claim.baseline,
        seeds=len(judged.pairs),
        mean=contrast.mean,
        baseline_mean=contrast.baseline,
        difference=contrast.difference,
        by_seed=by_seed,
        interval=contrast.interval,
        p=contrast.p,
        holm=corrected,
        effect=contrast.effect,
        verdict=settle(contrast, corrected, claim.statistic) if agreed else NOT_SHOWN,
        sentence="",
        languages=claim.languages,
        statistic=claim.statistic,
        settings=contrast.settings,
        expect=claim.expect or "",
        margin=claim.margins.get(contrast.measure),
        margin_p=judged.margin_p,
        margin_holm=of_margin,
    )
    verdict = replace(verdict, outcome=_outcome(claim, verdict))
    of_seeds = differ_in_seeds(outcomes.folder.study.grid, claim.run, claim.baseline)
    return replace(verdict, sentence=verdict_sentence(verdict, of_seeds))


def _outcome(claim: Claim, verdict: Verdict) -> str:
    """Say what becomes of what the claim expects; empty if it expects nothing."""
    if claim.expect is None:
        return ""
    within = beyond = False
    if verdict.margin is not None:
        both = claim.expect == "equal"
        sign = -1 if printed(verdict.measure).higher_is_better is False else 1
        agreed = all((-one * sign if not both else abs(one)) < verdict.margin for one in verdict.by_seed)
        within = agreed and verdict.margin_holm is not None and verdict.margin_holm < LEVEL
        low, high = sorted(sign * end for end in verdict.interval or (0.0, 0.0))
        beyond = high < -verdict.margin or (both and low > verdict.margin)
    return find_outcome(claim.expect, verdict.verdict, within=within, beyond=beyond)


def _of_cell(outcomes: Outcomes, judged: _Judged, cell: Cell, trial: str) -> float:
    """Return the claim's statistic of one evaluation of one cell."""
    results, measure = outcomes.results(cell, trial), judged.contrast.measure
    means = [
        results.settings[name][measure]
        for name, setting in results.parsed_settings().items()
        if name in judged.settings and setting.kind == judged.contrast.kind and measure in results.settings[name]
    ]
    return float(statistic_over(judged.claim.statistic, measure)(np.array(means)))
