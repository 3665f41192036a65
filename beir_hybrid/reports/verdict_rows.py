"""Verdict: one answer of a study as its file has it, and how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beir_hybrid.errors import DataFormatError
from beir_hybrid.reports.models.table import Column, Entry, Table, make_table
from beir_hybrid.studies.cell import cell_name, is_seed
from beir_hybrid.studies.sentences import decimals

_WORDS = ("claim", "evaluation", "kind", "measure", "verdict", "sentence")
_STATISTICS = {"worst": "worst setting", "spread": "spread over settings"}
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
        by_seed: The difference for each pair of cells alone; none where it is not told.
        of_seeds: Whether these pairs differ in their seed alone.
        statistic: ``mean``, ``worst`` or ``spread`` of the settings.
        languages: ``seen`` or ``unseen`` if only settings of those languages were judged, or else ``all``.
        settings: Number of settings judged; None where it is not told.
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
    of_seeds: bool = True
    statistic: str = "mean"
    languages: str = "all"
    settings: int | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sides(self) -> str:
        """What was held against what, in words; empty where it is not told."""
        return f"{cell_name(self.run)} against {cell_name(self.baseline)}" if self.run and self.baseline else ""

    @property
    def about(self) -> str:
        """Which statistic of which settings it is about, in words; empty for the mean over all."""
        languages = "" if self.languages == "all" else f"{self.languages} languages"
        if languages and self.settings:
            languages += f" ({self.settings} setting{'s' * (self.settings != 1)})"
        words = "" if self.statistic == "mean" else _STATISTICS.get(self.statistic, self.statistic)
        return ", ".join(word for word in (words, languages) if word)

    @property
    def above(self) -> int:
        """Number of the pairs of cells whose difference is above 0."""
        return sum(value > 0 for value in self.by_seed)

    @property
    def disagreement(self) -> str:
        """How many seeds, or pairs of cells, say more and how many less; empty where they agree."""
        below = sum(value < 0 for value in self.by_seed)
        if not (self.above and below):
            return ""
        return f"{'seeds' if self.of_seeds else 'cells'} disagree: {self.above} above 0, {below} below"

    @property
    def digits(self) -> int:
        """Decimals that its numbers are written with."""
        differences = [value for value in (self.difference, *(self.interval or ())) if value is not None]
        return decimals([self.mean or 0.0, self.baseline_mean or 0.0], differences)

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
        varied = _varied(content)
        for entry in content.get("verdicts") or ():
            interval = entry.get("interval")
            fields: dict[str, Any] = {name: str(entry.get(name) or "") for name in _WORDS}
            fields |= {name: _number(entry.get(name)) for name in _NUMBERS}
            fields["interval"] = None if interval is None else (_finite(interval[0]), _finite(interval[1]))
            fields["by_seed"] = tuple(map(_finite, entry.get("by_seed") or ()))
            fields |= {name: dict(entry.get(name) or {}) for name in ("run", "baseline")}
            fields["of_seeds"] = varied <= fields["run"].keys() & fields["baseline"].keys()
            fields["statistic"] = str(entry.get("statistic") or "mean")
            fields["settings"] = int(entry["settings"]) if entry.get("settings") else None
            fields["languages"] = str(entry.get("languages") or "all")
            verdicts.append(Verdict(**fields))
    except (AttributeError, TypeError, ValueError, LookupError, OverflowError) as error:
        raise DataFormatError(f"{path} has a verdict that cannot be read: {error}.", "Run the study again.") from error
    return tuple(verdicts)


def _varied(content: Mapping[str, Any]) -> set[str]:
    """Give the names of what varies in a study's grid besides seeds."""
    grid = (content.get("study") or {}).get("grid") or {}
    several = {key.replace("-", "_") for key, values in grid.items() if isinstance(values, list) and len(values) > 1}
    return {name for name in several if not is_seed(name)}


def strips_of(verdicts: Sequence[Verdict]) -> dict[str, list[Strip]]:
    """Put verdicts on axes, by claim; differences of one measure and statistic have the same axis everywhere."""
    extents: dict[tuple[str, str], float] = {}
    for verdict in verdicts:
        known = [abs(value) for value in (verdict.difference, *(verdict.interval or ()), *verdict.by_seed) if value]
        axis = (verdict.measure, verdict.statistic)
        extents[axis] = max([extents.get(axis, 0.0), *known])
    found: dict[str, list[Strip]] = {}
    for verdict in verdicts:
        extent = extents[verdict.measure, verdict.statistic] or 1.0
        low, high = verdict.interval or (None, None)
        dot, start, end = (_place(value, extent) for value in (verdict.difference, low, high))
        several = verdict.by_seed if len(verdict.by_seed) > 1 else ()  # of one, it is the difference itself
        seeds = tuple(round(50 + 47 * value / extent, 2) for value in several)
        found.setdefault(verdict.claim, []).append(Strip(verdict, dot, start, end, seeds))
    return found


def verdict_table(verdicts: Sequence[Verdict], title: str) -> Table:
    """Show the verdicts as text, and as bare numbers."""
    rows = []
    for one in verdicts:
        low, high = one.interval or (None, None)
        texts = (one.claim, one.sides, one.evaluation, one.kind, one.measure, one.statistic, one.languages)
        numbers = [
            Entry(value, text=one.written(value, place > 1))
            for place, value in enumerate((one.mean, one.baseline_mean, one.difference, low, high))
        ]
        counts = [one.above, len(one.by_seed)] if one.by_seed else [None, None]
        agree = f"{one.above} of {len(one.by_seed)}" if one.by_seed else "-"
        effect = Entry(one.effect, text="-" if one.effect is None else f"{one.effect:+.2f}")
        rows.append((*texts, *numbers, agree, *counts, one.p, Entry(one.holm, text=one.chance), effect, one.verdict))
    heads = ("claim", "sides", "evaluation", "kind", "measure", "statistic", "languages")
    values = map(Column, ("run", "baseline", "difference", "low", "high"))
    counted = (Column("above 0", key=""), Column("", key="above 0"), Column("", key="pairs of cells"))
    return make_table(
        title, [*heads, *values, *counted, Column("", key="p"), Column("Holm"), Column("d"), "verdict"], rows, names=2
    )


def _place(value: float | None, extent: float) -> float | None:
    return None if value is None else round(50 + 47 * value / extent, 2)  # with a margin for the mark


def _finite(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError(f"{value!r} is no number")
    return number


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(float(value)) else float(value)
