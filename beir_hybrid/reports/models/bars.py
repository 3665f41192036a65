"""Bars and Dots: values side by side on one axis from 0; no drawing."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.reports.models.curve import ticks
from beir_hybrid.reports.models.table import Column, Entry, Table, make_table


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
    interval: tuple[float, float] | None = None
    place: int | None = 0


@dataclass(frozen=True)
class Bars:
    """Bars.

    Attributes:
        title: What they show.
        note: Unit and direction.
        bars: The bars.
        name: What the names are.
    """

    title: str
    note: str
    bars: tuple[Bar, ...]
    name: str = "run"

    @property
    def ticks(self) -> list[float]:
        """The axis's numbers, from 0 to its end."""
        highest = max([bar.value for bar in self.bars] + [bar.interval[1] for bar in self.bars if bar.interval])
        return ticks(0.0, highest if highest > 0 else 1.0, most=5)

    def share(self, value: float) -> float:
        """Return a value's place on the axis in percent."""
        return round(100 * max(value, 0.0) / self.ticks[-1], 2)

    def table(self) -> Table:
        """Return the values in full."""
        rows = [(bar.name, Entry(bar.value, bar.interval)) for bar in self.bars]
        return make_table(self.title, [self.name, Column("value", key="value")], rows)


@dataclass(frozen=True)
class DotRow:
    """A row of dots: its name, the place and value of each dot, and the value that they are held against."""

    name: str
    dots: tuple[tuple[int, float], ...]
    against: float | None


@dataclass(frozen=True)
class Dots:
    """Rows of dots.

    Attributes:
        title: What they show.
        note: Unit and reading.
        names: By place of a dot's colour, what it stands for.
        rows: The rows.
    """

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
        """Return the name that dots of a place's colour stand for."""
        return dict(self.names)[place]

    def share(self, value: float) -> float:
        """Return a value's place on the axis in percent."""
        return round(100 * value / self.ticks[-1], 2)

    def table(self) -> Table:
        """Return the values in full."""
        rows = [(row.name, *(dict(row.dots).get(place) for place, _ in self.names), row.against) for row in self.rows]
        return make_table(self.title, ["language", *(Column(name) for _, name in self.names), Column("pool")], rows)
