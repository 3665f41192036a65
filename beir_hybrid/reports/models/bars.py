"""Bars and Dots: values side by side on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beir_hybrid.reports.groups import Block
from beir_hybrid.reports.models.curve import ticks
from beir_hybrid.reports.published import Published
from beir_hybrid.reports.render.text import TextTable
from beir_hybrid.reports.tables import number


@dataclass(frozen=True)
class Bar:
    """A bar.

    Attributes:
        name: What it stands for.
        value: Its length, from 0.
        text: Its value as it is written.
        interval: Where the value may lie; None if that is not known.
        place: Place of its colour; None for a published value.
    """

    name: str
    value: float
    text: str
    interval: tuple[float, float] | None
    place: int | None


@dataclass(frozen=True)
class Bars:
    """Bars on one axis from 0."""

    title: str
    note: str
    bars: tuple[Bar, ...]

    @property
    def high(self) -> float:
        """End of the axis."""
        highest = max([bar.value for bar in self.bars] + [bar.interval[1] for bar in self.bars if bar.interval])
        return highest if highest > 0 else 1.0

    def share(self, value: float) -> float:
        """Give a value's place on the axis in percent."""
        return round(100 * max(value, 0.0) / self.high, 2)

    def text_table(self) -> TextTable:
        """Give the values in full."""
        rows = tuple(
            (bar.name, f"{bar.value:.6g}", *(f"{bound:.6g}" for bound in bar.interval))
            if bar.interval
            else (bar.name, f"{bar.value:.6g}", "", "")
            for bar in self.bars
        )
        return TextTable(self.title, ("run", "value", "low", "high"), rows)


@dataclass(frozen=True)
class DotRow:
    """A row of dots: its name, the place and value of each dot, and the value that they are held against."""

    name: str
    dots: tuple[tuple[int, float], ...]
    against: float | None


@dataclass(frozen=True)
class Dots:
    """Rows of dots on one axis from 0."""

    title: str
    note: str
    names: tuple[tuple[int, str], ...]
    rows: tuple[DotRow, ...]

    @property
    def ticks(self) -> list[float]:
        """The axis's numbers, from 0 to its end."""
        known = [value for row in self.rows for _, value in row.dots] + [row.against or 0.0 for row in self.rows]
        return ticks(0.0, max(known), most=5) if max(known) > 0 else [0.0, 1.0]

    def name(self, place: int) -> str:
        """Give the name that dots of a place's colour stand for."""
        return dict(self.names)[place]

    def share(self, value: float) -> float:
        """Give a value's place on the axis in percent."""
        return round(100 * value / self.ticks[-1], 2)

    def text_table(self) -> TextTable:
        """Give the values in full."""
        rows = []
        for row in self.rows:
            values = dict(row.dots)
            cells = [f"{values[place]:.6g}" if place in values else "" for place, _ in self.names]
            rows.append((row.name, *cells, "" if row.against is None else f"{row.against:.6g}"))
        return TextTable(self.title, ("language", *(name for _, name in self.names), "pool"), tuple(rows))


def score_bars(block: Block, measure: str, words: str, published: Sequence[Published] = ()) -> Bars | None:
    """Show a multilingual measure as bars; None if no group has it.

    Args:
        block: What is compared.
        measure: Name of a measure of 0 and more.
        words: What it is, and which way is better.
        published: Results to stand beside.
    """
    bars = []
    for group in block.groups:
        score = block.score(group, "multi", measure)
        if score is not None:
            interval = score.interval
            if score.spread is not None:
                interval = (max(score.mean - score.spread, 0.0), score.mean + score.spread)
            bars.append(Bar(group.name, score.mean, number(measure, score.mean), interval, group.place))
    if not bars:
        return None
    for one in published:
        value = one.scores.get("multi", {}).get(measure)
        if value is not None:
            bars.append(Bar(one.name, value, number(measure, value), None, None))
    return Bars(f"{block.title}: {measure}", words, tuple(bars))


def share_dots(block: Block, family: str) -> Dots | None:
    """Show which languages are on top, held against their share of the pool; None without values.

    Args:
        block: What is compared.
        family: Such as ``language_share@10``.
    """
    base, at, cutoff = family.partition("@")
    passages = block.first.passages
    total = sum(passages.values())
    rows = []
    for code in passages or block.first.languages:
        found = [(group.place, block.score(group, "multi", f"{base}[{code}]{at}{cutoff}")) for group in block.groups]
        dots = tuple((place, score.mean) for place, score in found if score is not None)
        if dots:
            rows.append(DotRow(code, dots, passages[code] / total if total else None))
    names = tuple((group.place, group.name) for group in block.groups)
    note = f"share of the first {cutoff} passages that are in a language, mean over query languages"
    return Dots(f"{block.title}: {family}", note, names, tuple(rows)) if rows else None
