"""Verdict: one answer of a study as its file has it, and how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.reports.text_tables import TextTable
from beir_hybrid.studies.cell import cell_name

__all__ = ["Strip", "Verdict", "read_verdicts", "strips_of", "verdict_table"]

_WORDS = ("claim", "evaluation", "kind", "measure", "verdict", "sentence")
_NUMBERS = ("mean", "baseline_mean", "difference", "p", "holm", "effect")


@dataclass(frozen=True)
class Verdict:
    """One answer of a study.

    Attributes:
        claim: What was claimed.
        evaluation: Name of the evaluation it was asked of.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        verdict: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``.
        sentence: The answer in words.
        mean: Mean of what was judged; None where it is not told, as the next five.
        baseline_mean: Mean of what it was held against.
        difference: The first less the second.
        p: p-value.
        holm: The p-value after Holm's correction.
        effect: Effect size.
        interval: 95 % interval of the difference; None where there is none.
        by_seed: The difference for each seed alone; none where it is not told.
        run: Grid values of what was judged.
        baseline: Grid values of what it was held against.
    """

    claim: str
    evaluation: str
    kind: str
    measure: str
    verdict: str
    sentence: str
    mean: float | None
    baseline_mean: float | None
    difference: float | None
    p: float | None
    holm: float | None
    effect: float | None
    interval: tuple[float, float] | None = None
    by_seed: tuple[float, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sides(self) -> str:
        """What was held against what, in words; empty where it is not told."""
        return f"{cell_name(self.run)} against {cell_name(self.baseline)}" if self.run and self.baseline else ""

    @property
    def digits(self) -> int:
        """Decimals that its numbers are written with."""
        return 1 if max(abs(self.mean or 0.0), abs(self.baseline_mean or 0.0)) >= 10 else 4

    def written(self, value: float | None, sign: bool = False) -> str:
        """Write one of its means or differences."""
        return "-" if value is None else f"{value:{'+' * sign}.{self.digits}f}"

    @property
    def chance(self) -> str:
        """The corrected p-value as it is written."""
        if self.holm is None:
            return "-"
        return "<0.0001" if self.holm < 0.0001 else f"{self.holm:.4f}"


@dataclass(frozen=True)
class Strip:
    """A difference on an axis around 0, in percent of its width; what is not known is None.

    Attributes:
        verdict: Whose it is.
        dot: The difference.
        low: Lower end of the interval.
        high: Upper end.
        seeds: The differences for each seed.
    """

    verdict: Verdict
    dot: float | None
    low: float | None
    high: float | None
    seeds: tuple[float, ...]


def read_verdicts(content: Mapping[str, Any], path: Path) -> tuple[Verdict, ...]:
    """Read the verdicts of a study; none if it has not ended.

    Args:
        content: Content of ``study.json``.
        path: Where it was read from, for the message.

    Raises:
        DataFormatError: If one is not as it should be.
    """
    verdicts = []
    try:
        for entry in content.get("verdicts") or ():
            interval = entry.get("interval")
            fields: dict[str, Any] = {name: str(entry.get(name) or "") for name in _WORDS}
            fields |= {name: _number(entry.get(name)) for name in _NUMBERS}
            fields["interval"] = None if interval is None else (float(interval[0]), float(interval[1]))
            fields["by_seed"] = tuple(map(float, entry.get("by_seed") or ()))
            fields |= {name: dict(entry.get(name) or {}) for name in ("run", "baseline")}
            verdicts.append(Verdict(**fields))
    except (AttributeError, TypeError, ValueError, IndexError) as error:
        raise DataFormatError(f"{path} has a verdict that cannot be read: {error}.", "Run the study again.") from error
    return tuple(verdicts)


def strips_of(verdicts: Sequence[Verdict]) -> dict[str, list[Strip]]:
    """Put verdicts on axes, by claim; differences of one measure have the same axis everywhere."""
    extents: dict[str, float] = {}
    for verdict in verdicts:
        known = [abs(value) for value in (verdict.difference, *(verdict.interval or ()), *verdict.by_seed) if value]
        extents[verdict.measure] = max([extents.get(verdict.measure, 0.0), *known])
    found: dict[str, list[Strip]] = {}
    for verdict in verdicts:
        extent = extents[verdict.measure] or 1.0
        low, high = verdict.interval or (None, None)
        dot, start, end = (_place(value, extent) for value in (verdict.difference, low, high))
        seeds = tuple(round(50 + 47 * value / extent, 2) for value in verdict.by_seed)
        found.setdefault(verdict.claim, []).append(Strip(verdict, dot, start, end, seeds))
    return found


def verdict_table(verdicts: Sequence[Verdict], title: str) -> TextTable:
    """Give the verdicts as text."""
    headings = (
        "claim",
        "sides",
        "evaluation",
        "kind",
        "measure",
        "run",
        "baseline",
        "difference",
        "low",
        "high",
        "Holm",
        "d",
    )
    rows = []
    for one in verdicts:
        low, high = one.interval or (None, None)
        numbers = (one.mean, one.baseline_mean, one.difference, low, high)
        effect = "-" if one.effect is None else f"{one.effect:+.2f}"
        written = [one.written(value, place > 1) for place, value in enumerate(numbers)]
        rows.append(
            (one.claim, one.sides, one.evaluation, one.kind, one.measure, *written, one.chance, effect, one.verdict)
        )
    return TextTable(title, (*headings, "verdict"), tuple(rows), left=frozenset({0, 1, 2, 3, 4, len(headings)}))


def _place(value: float | None, extent: float) -> float | None:
    return None if value is None else round(50 + 47 * value / extent, 2)  # with a margin for the mark


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(float(value)) else float(value)
