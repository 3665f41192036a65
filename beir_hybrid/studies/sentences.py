"""What a study shows, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.studies.cell import cell_name, versus
from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.verdict import Verdict

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
    run, baseline = cell_name(verdict.run), cell_name(verdict.baseline)
    which = f"{_STATISTICS[verdict.statistic]}{_KINDS[verdict.kind]}"
    where = f"{which} on {verdict.evaluation}{_LANGUAGES[verdict.languages]}, by {verdict.measure}"
    if verdict.verdict == NOT_SHOWN:
        shown = f"Not shown that {run} and {baseline} differ {where}"
    else:
        shown = f"{run} {_verb(verdict.run, verdict.verdict)} {verdict.verdict} than {baseline} {where}"
    low, high = (verdict.written(bound, sign=True) for bound in verdict.interval or (None, None))
    bounds = f"95 % interval over questions {low} to {high}" if verdict.interval else "no interval"
    chance = f"corrected p {'< 0.0001' if (verdict.holm or 0.0) < 0.0001 else f'= {verdict.holm:.4f}'}"
    effect = "" if verdict.effect is None else f", d = {verdict.effect:+.2f}"
    details = f"{bounds}, {chance}{effect}, {_agreeing(verdict, of_seeds)}"
    means = f"{verdict.written(verdict.mean)} against {verdict.written(verdict.baseline_mean)}"
    return f"{shown}: {means}, {verdict.written(verdict.difference, sign=True)} ({details})."


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


def claims_sentence(claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> str:
    """Write how each claim fared, a sentence for each, in the order of the study."""
    by_claim: dict[str, list[Verdict]] = {_title(claim.text, claim): [] for claim in claims}
    for verdict in verdicts:
        by_claim[_title(verdict.claim, verdict)].append(verdict)
    sentences = [f"{title}: {_fared(judged)}." for title, judged in by_claim.items()]
    return " ".join(sentences) or "The study claims nothing, so nothing was compared."


def _title(text: str, sides: Claim | Verdict) -> str:
    return text.rstrip(".") or versus(sides.run, sides.baseline)


def _fared(verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return "not judged"
    counts = Counter(verdict.verdict for verdict in verdicts)
    directed = any(one.statistic != "spread" and printed(one.measure).direction for one in verdicts)
    first = "better" if directed else "lower"
    parts = [(word, counts[word]) for word in ("better", "worse", "lower", "higher") if counts[word] or word == first]
    parts.sort(key=lambda part: part[0] != first)
    if counts[NOT_SHOWN]:
        parts.append(("no difference shown", counts[NOT_SHOWN]))
    (word, count), *rest = parts
    return ", ".join([f"{word} in {count} of {len(verdicts)}", *(f"{one} in {number}" for one, number in rest)])
