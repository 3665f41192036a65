"""HeatMap: a matrix of values, to be shaded by them; no drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from beir_hybrid.evaluation.measures.base import Printed
from beir_hybrid.reports.models.table import Column, Table, make_table

Matrix = tuple[tuple[float | None, ...], ...]
_LONGEST = 4  # letters of a cell, the sign aside


@dataclass(frozen=True)
class HeatMap:
    """A matrix of values.

    Attributes:
        title: What it shows, in a few words.
        note: Unit and reading.
        rows: Names of the rows.
        columns: Names of the columns.
        values: A row of values for each row; None where there is none.
        write: How values are written: as those of a measure, or by a function.
        low: The value with the lightest shade; of differences, below 0 by as much as ``high`` is above.
        high: The value with the strongest shade.
        diverging: Whether the values are differences.
        across: What the columns are.
        down: What the rows are.
        apart: Number of rows at the end that are set apart, such as the pool's.
        marked: The places (row, column) of values that stand out.
    """

    title: str
    note: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Matrix
    write: Printed | Callable[[float], str]
    low: float = 0.0
    high: float = 1.0
    diverging: bool = False
    across: str = "passage language"
    down: str = "query language"
    apart: int = 0
    marked: frozenset[tuple[int, int]] = frozenset()

    def written(self, value: float | None) -> str:
        """Write a value for its cell, with a sign if it is a difference; a dot where there is none."""
        if value is None:
            return "·"
        if not isinstance(self.write, Printed):
            return self.write(value)
        decimals = range(self.write.brief_decimals, -1, -1)
        texts = [f"{value * self.write.factor:{'+' * self.diverging}.{places}f}" for places in decimals]
        text = next((text for text in texts if len(text.lstrip("+-")) <= _LONGEST), texts[-1])
        return text.lstrip("+-") if not text.strip("+-0.") else text.replace("-", "\N{MINUS SIGN}")

    def full(self, value: float) -> str:
        """Write a value in full."""
        return f"{value:{'+' * self.diverging}.4g}"

    def share(self, value: float) -> float:
        """Return a value's place on the scale: from 0 to 1, or of differences from -1 to 1."""
        if self.diverging:
            return value / self.high if self.high else 0.0
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0

    def table(self) -> Table:
        """Return the values in full."""
        corner = Column("", key=f"{self.down} \\ {self.across}", text=True)
        rows = [(name, *row) for name, row in zip(self.rows, self.values, strict=True)]
        return make_table(self.title, [corner, *map(Column, self.columns)], rows)


def matrix_of(
    pairs: Mapping[tuple[str, str], float | None], rows: Sequence[str], columns: Sequence[str] | None = None
) -> Matrix:
    """Arrange values by row and column, with None where there is none.

    Args:
        pairs: Values by row and column.
        rows: Names of the rows.
        columns: Names of the columns; those of the rows unless given.
    """
    return tuple(tuple(pairs.get((row, column)) for column in columns or rows) for row in rows)


def on_one_scale(maps: Sequence[HeatMap]) -> list[HeatMap]:
    """Put maps on the scale of their common values, without rows that are set apart; drop maps without a value."""
    known = [value for each in maps for row in each.values[: len(each.rows) - each.apart] for value in row]
    numbers = [value for value in known if value is not None]
    if not numbers:
        return []
    low, high = min(numbers), max(numbers)
    extent = max(abs(low), abs(high)) or 1.0
    low, high = (-extent, extent) if maps[0].diverging else (low, high)
    kept = [each for each in maps if any(value is not None for row in each.values for value in row)]
    return [replace(each, low=low, high=high) for each in kept]
