"""Sentences: what a study shows, in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Contrast
from beir_hybrid.studies.cell import Cell, cell_name, is_seed
from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.statistic import higher_is_better

if TYPE_CHECKING:
    from beir_hybrid.studies.verdicts import Verdict


_KINDS = {"mono": "monolingually", "cross": "cross-lingually", "multi": "multilingually"}
_STATISTICS = {"mean": "", "worst": "in the worst setting ", "spread": "in the spread over settings "}
_LANGUAGES = {
    "all": "",
    "seen": " in languages that both were trained on",
    "unseen": " in languages that neither was trained on",
}


def sides_in_words(claim: Claim) -> str:
    """Say what is held against what, and where."""
    which = _LANGUAGES[claim.languages]
    return f"{claim.evaluation}{which}: {cell_name(claim.run)} against {cell_name(claim.baseline)}"


def decimals(means: Sequence[float], differences: Sequence[float]) -> int:
    """Choose with how many decimals means are written, and differences with at least two digits that tell something.

    Args:
        means: Below 10 they are shares, with four decimals; others have one.
        differences: The difference and its bounds, as far as they are known.

    Returns:
        At most 6.

    Examples:
        >>> decimals([0.5, 0.25], [0.25, 0.0012]), decimals([12.0, 12.03], [-0.03, -0.06, -0.012])
        (4, 3)
    """
    usual = 1 if max(map(abs, means), default=0.0) >= 10 else 4
    return min(6, max([usual, *(1 - math.floor(math.log10(abs(value))) for value in differences if value)]))


def verdict_sentence(
    claim: Claim,
    contrast: Contrast,
    corrected: float,
    verdict: str,
    pairs: Sequence[tuple[Cell, Cell]],
    by_seed: Sequence[float],
) -> str:
    """Say what one comparison shows.

    Args:
        claim: What asked for it.
        contrast: What was found.
        corrected: The p-value after Holm's correction.
        verdict: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``.
        pairs: The cells of both sides.
        by_seed: The difference of each pair.
    """
    digits = decimals([contrast.mean, contrast.baseline], [contrast.difference, *(contrast.interval or ())])
    run, baseline = cell_name(claim.run), cell_name(claim.baseline)
    which = f"{_STATISTICS[claim.statistic]}{_KINDS[contrast.kind]}"
    where = f"{which} on {claim.evaluation}{_LANGUAGES[claim.languages]}, by {contrast.measure}"
    if verdict == NOT_SHOWN:
        told = f"Not shown that {run} and {baseline} differ {where}"
    else:
        told = f"{run} {_verb(claim.run, verdict)} {verdict} than {baseline} {where}"
    low, high = contrast.interval or (None, None)
    bounds = "no interval" if low is None else f"95 % interval over questions {low:+.{digits}f} to {high:+.{digits}f}"
    chance = "< 0.0001" if corrected < 0.0001 else f"= {corrected:.4f}"
    effect = "" if contrast.effect is None else f", d = {contrast.effect:+.2f}"
    return (
        f"{told}: {contrast.mean:.{digits}f} against {contrast.baseline:.{digits}f}, "
        f"{contrast.difference:+.{digits}f} ({bounds}, corrected p {chance}{effect}, "
        f"{_agreeing(contrast.difference, pairs, by_seed)})."
    )


def _verb(run: Mapping[str, object], verdict: str) -> str:
    """Give the verb between a run and its verdict: a number of languages is named in the plural."""
    key, value = next(iter(run.items()))
    several = key == "languages" and type(value) is int and value != 1
    if verdict in {"better", "worse"}:
        return "do" if several else "does"
    return "come out" if several else "comes out"


def _agreeing(difference: float, pairs: Sequence[tuple[Cell, Cell]], by_seed: Sequence[float]) -> str:
    """Say in how many seeds the difference has the sign of the mean one."""
    seeds = len({repr([value for key, value in cell.values.items() if is_seed(key)]) for cell, _ in pairs})
    unit = "seed" if seeds == len(pairs) else "pairs of cells"
    if len(pairs) == 1:
        return f"1 {unit}"
    same = sum(one * difference > 0 for one in by_seed)
    return f"in {same} of {len(pairs)} {unit}{'s' * (unit == 'seed')}"


def claims_sentence(claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> str:
    """Say how each claim fared, a sentence for each, in the order of the study."""
    by_claim: dict[str, list[Verdict]] = {_title(claim.text, claim.run, claim.baseline): [] for claim in claims}
    for verdict in verdicts:
        by_claim[_title(verdict.claim, verdict.run, verdict.baseline)].append(verdict)
    told = [f"{title}: {_fared(found)}." for title, found in by_claim.items()]
    return " ".join(told) or "The study claims nothing, so nothing was compared."


def _title(text: str, run: Mapping[str, object], baseline: Mapping[str, object]) -> str:
    return text.rstrip(".") or f"{cell_name(run)} against {cell_name(baseline)}"


def _fared(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "not judged"
    counts = Counter(verdict.verdict for verdict in verdicts)
    judged = [one for one in verdicts if one.statistic != "spread" and higher_is_better(one.measure) is not None]
    first = "better" if judged else "lower"
    parts = [(word, counts[word]) for word in ("better", "worse", "lower", "higher") if counts[word] or word == first]
    parts.sort(key=lambda part: part[0] != first)
    if counts[NOT_SHOWN]:
        parts.append(("no difference shown", counts[NOT_SHOWN]))
    (word, count), *rest = parts
    return ", ".join([f"{word} in {count} of {len(verdicts)}", *(f"{one} in {number}" for one, number in rest)])
