"""Expectation: how a claim expects its run to come out, and what becomes of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from beir_hybrid.document import Document
from beir_hybrid.errors import shorten
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.storage.files import is_number

Expectation = Literal["better", "better or equal", "equal", "worse", "higher", "lower"]
EXPECTATIONS: tuple[Expectation, ...] = get_args(Expectation)

SUPPORTED = "supported"
CONTRADICTED = "contradicted"

_WITH_MARGIN = ("equal", "better or equal")
_OPPOSITES = {"better": "worse", "worse": "better", "higher": "lower", "lower": "higher"}


def find_outcome(expect: Expectation, verdict: str, *, within: bool, beyond: bool) -> str:
    """Say what becomes of an expectation.

    Args:
        expect: What was expected.
        verdict: What is shown of the difference: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``.
        within: Whether the difference is shown to be smaller than the margin: to both sides if equality is expected,
            or else to the worse.
        beyond: Whether the interval of the difference lies wholly beyond the margin.

    Returns:
        ``supported``, ``contradicted`` or ``not shown``.

    Examples:
        >>> find_outcome("worse", "worse", within=False, beyond=False)
        'supported'
        >>> find_outcome("better or equal", "worse", within=True, beyond=False)
        'supported'
        >>> find_outcome("equal", "better", within=False, beyond=False)
        'not shown'
    """
    if expect in _OPPOSITES:
        supported, contradicted = verdict == expect, verdict == _OPPOSITES[expect]
    elif expect == "equal":
        supported, contradicted = within, verdict != NOT_SHOWN and beyond
    else:
        supported, contradicted = within or verdict == "better", verdict == "worse" and beyond
    return SUPPORTED if supported else CONTRADICTED if contradicted else NOT_SHOWN


def read_expectation(
    document: Document, place: Sequence[str | int], measures: Sequence[str], statistic: str
) -> tuple[Expectation | None, dict[str, float]]:
    """Read what a claim expects, and by measure the margin that this needs.

    Args:
        document: The study's file.
        place: Where the claim stands in it.
        measures: The claim's measures.
        statistic: The claim's statistic.

    Raises:
        ConfigurationError: If it expects what cannot be tested, or a margin is missing, or is not needed.
    """
    entry = document.mapping(*place)
    if entry.get("expect") is None:
        if entry.get("margin") is not None:
            raise document.error("there is a margin, and nothing is expected.", "Add  expect: equal", *place, "margin")
        return None, {}
    expect: Expectation = document.known(entry["expect"], "expectation", EXPECTATIONS, *place, "expect")
    for measure in measures:
        directed = statistic != "spread" and printed(measure).higher_is_better is not None
        if not directed and expect not in {"equal", "higher", "lower"}:
            what = "A spread" if statistic == "spread" else measure
            raise document.error(
                f"{what} is neither better when higher nor when lower.", "Write  expect: lower", *place, "expect"
            )
        if directed and expect in {"higher", "lower"}:
            fix = f"Write  expect: {'better' if (expect == 'higher') == printed(measure).higher_is_better else 'worse'}"
            raise document.error(f"{measure} has a direction: {printed(measure).direction}.", fix, *place, "expect")
    given = entry.get("margin")
    if expect not in _WITH_MARGIN:
        if given is not None:
            raise document.error(f"{expect} needs no margin.", "Leave it out.", *place, "margin")
        return expect, {}
    if statistic != "mean":
        raise document.error(f"{expect} is tested for the mean alone.", "Leave out the statistic.", *place, "expect")
    return expect, _read_margins(document, place, measures, expect, given)


def _read_margins(
    document: Document, place: Sequence[str | int], measures: Sequence[str], expect: str, given: Any
) -> dict[str, float]:
    margins = given if isinstance(given, Mapping) else dict.fromkeys(measures, given)
    for measure in margins:
        document.known(measure, "measure of the claim", measures, *place, "margin")
    for measure in measures:
        margin = margins.get(measure)
        if not is_number(margin) or margin <= 0:
            example = "0.01" if len(measures) == 1 else f"{{{', '.join(f'{name}: 0.01' for name in measures)}}}"
            problem = f"{expect} needs a margin above 0, and that of {measure} is {shorten(margin)}."
            raise document.error(problem, f"Add  margin: {example}", *place, "margin")
    return {measure: float(margins[measure]) for measure in measures}
