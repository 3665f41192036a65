"""Panels: the same rows on several axes side by side, each value with its interval; no drawing."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.reports.models.curve import ticks
from beir_hybrid.reports.models.table import Column, Entry, Table, make_table

_MARGIN = 5.0  # percent of the axis on either side, for marks at its ends


@dataclass(frozen=True)
class Spot:
    """A value on an axis.

    Attributes:
        value: The value.
        text: How it is written.
        interval: Where it may lie; None if that is not known.
        singles: Values that it is the mean of, such as those of single seeds.
        hollow: Whether it is drawn hollow, as what is not shown is.
    """

    value: float
    text: str
    interval: tuple[float, float] | None = None
    singles: tuple[float, ...] = ()
    hollow: bool = False


@dataclass(frozen=True)
class Panel:
    """One axis.

    Attributes:
        title: What its values are of.
        note: What is measured, and which way is better.
        spots: A value for each row of the panels; None where there is none.
        signed: Whether the values are differences, around 0.
    """

    title: str
    note: str
    spots: tuple[Spot | None, ...]
    signed: bool = False

    @property
    def ticks(self) -> list[float]:
        """The axis's numbers, from one end to the other; it begins at 0 unless that would leave half of it empty."""
        known = [spot for spot in self.spots if spot is not None]
        values = [value for spot in known for value in (spot.value, *spot.singles, *(spot.interval or ()))]
        low, high = min(values, default=0.0), max(values, default=1.0)
        if self.signed:
            extent = max(abs(low), abs(high)) or 1.0
            positive = ticks(0.0, extent, most=3)
            return [*(-tick for tick in reversed(positive[1:])), *positive]
        return ticks(0.0 if 0 <= low < high / 2 or low == high else low, high or 1.0, most=5)

    def share(self, value: float) -> float:
        """Return a value's place on the axis in percent."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(_MARGIN + (100 - 2 * _MARGIN) * (value - low) / ((high - low) or 1.0), 2)


@dataclass(frozen=True)
class Panels:
    """The same rows on several axes.

    Attributes:
        title: What they show.
        note: What a reader must know.
        rows: Name of each row, and the place of its colour; None for none.
        panels: The axes.
        name: What the names are.
    """

    title: str
    note: str
    rows: tuple[tuple[str, int | None], ...]
    panels: tuple[Panel, ...]
    name: str = "run"

    def table(self) -> Table:
        """Return the values in full."""
        columns = [Column(f"{panel.title}, {panel.note}" if panel.note else panel.title) for panel in self.panels]
        rows = []
        for place, (name, _) in enumerate(self.rows):
            spots = [panel.spots[place] for panel in self.panels]
            entries = [Entry() if spot is None else Entry(spot.value, spot.interval, text=spot.text) for spot in spots]
            rows.append((name, *entries))
        return make_table(self.title, [self.name, *columns], rows, [self.note] if self.note else [])
