"""What debiasing buys and what it costs: recall in other languages against recall in the question's own."""

from __future__ import annotations

from collections.abc import Mapping

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.groups import Block, Group
from beir_hybrid.reports.models.curve import Chart, Curve
from beir_hybrid.storage.files import is_number

_KINDS = {"mono": "monolingual ", "cross": "cross-lingual "}
_OWN, _OTHERS = "same_language_recall@", "tlr@"


def trade_off_charts(block: Block) -> list[Chart]:
    """Connect evaluations of a model that are debiased with a method in several strengths.

    The horizontal axis is recall in the question's language in the pool of all (``same_language_recall@k``), or else
    the monolingual mAP, the vertical one recall in other languages (``tlr@k``), or else the cross-lingual mAP. An
    evaluation of the model as it is, is every curve's strength 0.

    Args:
        block: What is compared.

    Returns:
        One chart; none where nothing is debiased, or the measures are not there.
    """
    axes = _axes(block)
    scores = {group.name: [block.score(group, *axis) for axis in axes] for group in block.groups}
    lines: dict[tuple[str, str], list[tuple[float, Group]]] = {}
    plain: list[tuple[float, Group]] = []
    for group in block.groups:
        done = block.results[group.name][0].debias
        if all(scores[group.name]) and len(axes) == 2:
            line, strength = _line(block.results[group.name][0], done)
            (lines.setdefault(line, []) if done else plain).append((strength, group))
    several = len({block.results[group.name][0].model for each in lines.values() for _, group in each}) > 1
    curves = []
    for place, (line, members) in enumerate(lines.items()):
        base = [one for one in plain if block.results[one[1].name][0].model == line[0]]
        known = sorted([*base, *members], key=lambda member: member[0])
        points = [(scores[group.name][0], scores[group.name][1]) for _, group in known]
        drawn = tuple((own.mean, others.mean) for own, others in points if own and others)
        name = ", ".join(line) if several else line[1]
        curves.append(Curve(name, drawn, place, labels=tuple(f"{strength:g}" for strength, _ in known)))
    if not curves:
        return []
    words = [f"{_KINDS.get(kind, '')}{printed(measure).title}" for kind, measure in axes]
    return [Chart("Debiasing, by strength", words[0], words[1], tuple(curves), by_run=False)]


def _axes(block: Block) -> list[tuple[str, str]]:
    multi = block.measures("multi")
    own, others = ([name for name in multi if name.startswith(start)] for start in (_OWN, _OTHERS))
    if own and others:
        return [("multi", own[0]), ("multi", others[0])]
    return [(kind, "map") for kind in ("mono", "cross") if "map" in block.measures(kind)]


def _line(results: Results, done: Mapping[str, object]) -> tuple[tuple[str, str], float]:
    """Return the model and method of the curve that an evaluation belongs to, and its strength."""
    if not done:
        return (results.model, ""), 0.0
    *method, last = str(done["method"]).split(":")
    number = _number(last)
    named = ":".join(method if number is not None else [*method, last])
    return (results.model, f"{named} on {done['fitted_on']}"), 1.0 if number is None else number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if is_number(number) else None
