"""Verdicts: what a study shows of its claims, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.comparison import NOT_SHOWN, Contrast, compare, judge
from beir_hybrid.evaluation.significance import holm
from beir_hybrid.studies.cell import Cell, cell_name
from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.outcomes import Outcomes, matching

__all__ = ["Verdict", "find_verdicts"]

_KINDS = {"mono": "monolingually", "cross": "cross-lingually", "multi": "multilingually"}
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
        mean: The run's mean over settings.
        baseline_mean: The baseline's.
        difference: The run's mean less the baseline's.
        by_seed: The same difference for each pair of cells alone, in the order of the grid.
        interval: 95 % bootstrap interval over questions of the difference; None with fewer than two questions.
        p: p-value of the paired randomization test over questions.
        holm: It, after Holm's correction over all verdicts of the study.
        effect: Cohen's d_z over questions; None where it is not defined.
        verdict: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``.
        sentence: All that in a sentence.
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


def find_verdicts(outcomes: Outcomes, claims: Sequence[Claim]) -> tuple[list[Verdict], list[str]]:
    """Judge claims.

    Each query's value is averaged over the cells of a side, which differ in nothing but the seed and what else the
    claim leaves open; then queries are compared as :func:`~beir_hybrid.evaluation.comparison.compare` does, clustered
    by question. The correction is over all verdicts. So intervals tell how far other questions could change the
    difference; how far other seeds do, ``by_seed`` shows.

    Returns:
        The verdicts in the order of the claims, and what could not be judged, in sentences.
    """
    found: list[_Found] = []
    remarks: list[str] = []
    for asked in _grouped(claims):
        first = asked[0]
        name = first.evaluation
        pairs, missing = _pair(outcomes, first)
        told = f"{name}: {cell_name(first.run)} against {cell_name(first.baseline)}"
        if missing and pairs:
            remarks.append(f"{told} is over the {len(pairs)} of {len(pairs) + missing} pairs of cells that are there.")
        if not pairs:
            remarks.append(f"{told} is not judged: no pair of cells is there.")
            continue
        try:
            contrasts = _contrasts(outcomes, name, pairs, asked)
        except BeirHybridError as error:
            remarks.append(f"{told} is not judged: {error.problem}")
            continue
        for claim in asked:
            found += [
                _Found(claim, contrast, pairs)
                for contrast in contrasts
                if contrast.measure in claim.measures and (claim.kinds is None or contrast.kind in claim.kinds)
            ]
    order = {id(claim): place for place, claim in enumerate(claims)}
    found.sort(key=lambda one: order[id(one.claim)])
    corrected = holm([one.contrast.p for one in found])
    return [_verdict(outcomes, one, p) for one, p in zip(found, corrected, strict=True)], remarks


def _grouped(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Bring claims of the same cells together: one comparison serves them all."""
    grouped: dict[tuple[str, str, str], list[Claim]] = {}
    for claim in claims:
        grouped.setdefault((claim.evaluation, repr(claim.run), repr(claim.baseline)), []).append(claim)
    return list(grouped.values())


def _pair(outcomes: Outcomes, claim: Claim) -> tuple[list[tuple[Cell, Cell]], int]:
    """Pair the cells of both sides that agree in all that the claim leaves open; count the pairs not there."""
    left, right = (matching(outcomes.cells, side) for side in (claim.run, claim.baseline))
    every = [matching(outcomes.folder.cells, side) for side in (claim.run, claim.baseline)]
    pairs = [(cell, right[rest]) for rest, cell in left.items() if rest in right]
    return pairs, sum(rest in every[1] for rest in every[0]) - len(pairs)


def _contrasts(
    outcomes: Outcomes, trial: str, pairs: Sequence[tuple[Cell, Cell]], claims: Sequence[Claim]
) -> Sequence[Contrast]:
    measures = list(dict.fromkeys(measure for claim in claims for measure in claim.measures))
    sides = {
        side: outcomes.values([pair[place] for pair in pairs], trial, measures)
        for place, side in enumerate((_RUN, _BASELINE))
    }
    return compare(sides, baseline=_BASELINE, measures=measures).kinds


def _verdict(outcomes: Outcomes, found: _Found, corrected: float) -> Verdict:
    claim, contrast = found.claim, found.contrast
    verdict = judge(contrast, corrected)
    by_seed = []
    for pair in found.pairs:
        mine, other = (outcomes.results(cell, claim.evaluation).scores for cell in pair)
        by_seed.append(mine[contrast.kind][contrast.measure] - other[contrast.kind][contrast.measure])
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
        sentence=_sentence(claim, contrast, corrected, verdict, found.pairs),
    )


def _sentence(
    claim: Claim, contrast: Contrast, corrected: float, verdict: str, pairs: Sequence[tuple[Cell, Cell]]
) -> str:
    digits = 1 if max(abs(contrast.mean), abs(contrast.baseline)) >= 10 else 4
    run, baseline = cell_name(claim.run), cell_name(claim.baseline)
    where = f"{_KINDS[contrast.kind]} on {claim.evaluation}, by {contrast.measure}"
    if verdict == NOT_SHOWN:
        told = f"Not shown that {run} and {baseline} differ {where}"
    else:
        told = f"{run} is {verdict} than {baseline} {where}"
    seeds = len({repr(cell.values.get("seed")) for cell, _ in pairs})
    many = f"{seeds} seed{'s' * (seeds != 1)}" if seeds == len(pairs) else f"{len(pairs)} cells each"
    low, high = contrast.interval or (None, None)
    bounds = "no interval" if low is None else f"95 % interval {low:+.{digits}f} to {high:+.{digits}f}"
    chance = "< 0.0001" if corrected < 0.0001 else f"= {corrected:.4f}"
    effect = "" if contrast.effect is None else f", d = {contrast.effect:+.2f}"
    return (
        f"{told}: {contrast.mean:.{digits}f} against {contrast.baseline:.{digits}f}, "
        f"{contrast.difference:+.{digits}f} ({bounds}, corrected p {chance}{effect}, {many})."
    )
