"""What a study shows, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.studies.cell import cell_name, versus
from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.claim_answer import ClaimAnswer
from beir_hybrid.studies.expectation import CONTRADICTED, SUPPORTED
from beir_hybrid.studies.verdict import Verdict

_WORDS = (SUPPORTED, CONTRADICTED, "better", "worse", "lower", "higher", NOT_SHOWN)
_KINDS = {"mono": "monolingually", "cross": "cross-lingually", "multi": "multilingually"}
_STATISTICS = {"mean": "", "worst": "in the worst setting ", "spread": "in the spread over settings "}
_LANGUAGES = {
    "all": "",
    "seen": " in languages that both were trained on",
    "unseen": " in languages that neither was trained on",
}


def sides_in_words(claim: Claim) -> str:
    """Write what a claim compares, and where."""
    return f"{claim.evaluation}{_LANGUAGES[claim.languages]}: {versus(claim.run, claim.baseline)}"


def verdict_sentence(verdict: Verdict, of_seeds: bool) -> str:
    """Write a verdict in words.

    Args:
        verdict: The verdict; its sentence is not used.
        of_seeds: Whether its pairs of cells differ in their seeds alone.
    """
    which = f"{_STATISTICS[verdict.statistic]}{_KINDS[verdict.kind]}"
    where = f"{which} on {verdict.evaluation}{_LANGUAGES[verdict.languages]}, by {verdict.measure}"
    low, high = (verdict.written(bound, sign=True) for bound in verdict.interval or (None, None))
    bounds = f"95 % interval over questions {low} to {high}" if verdict.interval else "no interval"
    p = verdict.deciding or 0.0
    chance = f"corrected p {'< 0.0001' if p < 0.0001 else f'= {p:.4f}'}"
    effect = "" if verdict.effect is None else f", d = {verdict.effect:+.2f}"
    details = f"{bounds}, {chance}{effect}, {_agreeing(verdict, of_seeds)}"
    means = f"{verdict.written(verdict.mean)} against {verdict.written(verdict.baseline_mean)}"
    difference = verdict.written(verdict.difference, sign=True)
    return f"{_shown(verdict)} {where}: {means}, {difference} ({details})."


def _shown(verdict: Verdict) -> str:
    """Write what is shown of both sides, after what becomes of the expectation if there is one."""
    run, baseline = cell_name(verdict.run), cell_name(verdict.baseline)
    differs = f"{run} {_verb(verdict.run, verdict.verdict)} {verdict.verdict} than {baseline}"
    if not verdict.outcome:
        return f"Not shown that {run} and {baseline} differ" if verdict.verdict == NOT_SHOWN else differs
    margin = verdict.written(verdict.margin)
    if verdict.outcome == CONTRADICTED:
        return f"Contradicted: {differs}{'' if verdict.margin is None else f', by more than {margin},'}"
    several = verdict.verdict if verdict.verdict in {"better", "worse"} else "better"
    expected = {
        "equal": f"{run} and {baseline} are equal within {margin}",
        "better or equal": f"{run} {_verb(verdict.run, several)} better than {baseline}, or equal within {margin},",
    }.get(verdict.expect, f"{run} {_verb(verdict.run, verdict.expect)} {verdict.expect} than {baseline}")
    if verdict.outcome == NOT_SHOWN:
        return f"Not shown that {expected}"
    return f"Supported: {differs if verdict.verdict == 'better' and verdict.expect != 'equal' else expected}"


def _verb(run: Mapping[str, object], verdict: str) -> str:
    """Return the verb between a run and its verdict: a number of languages is named in the plural."""
    key, value = next(iter(run.items()))
    several = key == "languages" and type(value) is int and value != 1
    if verdict in {"better", "worse"}:
        return "do" if several else "does"
    return "come out" if several else "comes out"


def _agreeing(verdict: Verdict, of_seeds: bool) -> str:
    """Count the seeds in which the difference has the sign of the mean one."""
    pairs = len(verdict.by_seed)
    if pairs == 1:
        return "1 seed" if of_seeds else "1 pair of cells"
    same = sum(one * (verdict.difference or 0.0) > 0 for one in verdict.by_seed)
    return f"in {same} of {pairs} {'seeds' if of_seeds else 'pairs of cells'}"


def answer_claims(claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> list[ClaimAnswer]:
    """Put together the verdicts on each claim, in the order of the study; claims of equal words are one."""
    judged: dict[str, list[Verdict]] = {_title(claim.text, claim): [] for claim in claims}
    for verdict in verdicts:
        judged[_title(verdict.claim, verdict)].append(verdict)
    return [ClaimAnswer.of(title, of_claim) for title, of_claim in judged.items()]


def _title(text: str, sides: Claim | Verdict) -> str:
    return text.rstrip(".") or versus(sides.run, sides.baseline)


def claims_sentence(answers: Sequence[ClaimAnswer]) -> str:
    """Write how each claim fared, a sentence for each."""
    sentences = [f"{one.claim}: {_fared(one)}." for one in answers]
    return " ".join(sentences) or "The study claims nothing, so nothing was compared."


def _fared(answer: ClaimAnswer) -> str:
    if not answer.counts:
        return "not judged"
    total = sum(answer.counts.values())
    counts = {word: answer.counts[word] for word in _WORDS if answer.counts.get(word)}
    if answer.outcome:
        if len(counts) == 1:
            return answer.outcome if total == 1 else f"{answer.outcome} in all {total} comparisons"
        parts = ", ".join(f"{word} in {count}" for word, count in counts.items())
        return f"{answer.outcome} (of {total} comparisons, {parts})"
    if not counts.keys() - {NOT_SHOWN}:
        return f"no difference shown in {total} of {total}"
    names = ["no difference shown" if word == NOT_SHOWN else word for word in counts]
    (word, count), *rest = zip(names, counts.values(), strict=True)
    return ", ".join([f"{word} in {count} of {total}", *(f"{one} in {number}" for one, number in rest)])
