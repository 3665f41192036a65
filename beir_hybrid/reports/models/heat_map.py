"""HeatMap: a matrix of values, to be shaded by them; no drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from beir_hybrid.evaluation.measures.base import Printed
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import MINUS

Matrix = tuple[tuple[float | None, ...], ...]
MEAN = "mean"
"""Name of the row and the column of means."""

_LONGEST = 4  # letters of a cell, the sign aside
_PERCENT = 100.0  # factor of measures that are shares


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
        means: Whether the mean of every row and column is shown as well.
        place: Place of its run's colour; None where it is not about one run.
        beside: Number of columns at the end that are set apart, such as the means.
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
    means: bool = False
    place: int | None = None
    beside: int = 0

    def drawn(self) -> HeatMap:
        """Return the map with the means of its rows and columns as a column and a row, if they are shown."""
        if not self.means:
            return self
        full = [*zip(*self.values, strict=True)]
        below = (*map(_mean, full), _mean([value for row in self.values for value in row]))
        values = (*((*row, _mean(row)) for row in self.values), below)
        names = (*self.rows, MEAN), (*self.columns, MEAN)
        return replace(self, rows=names[0], columns=names[1], values=values, apart=1, beside=1, means=False)

    def written(self, value: float | None, brief: bool = False) -> str:
        """Write a value for its cell, with a sign if it is a difference; a dot where there is none.

        Args:
            value: The value.
            brief: Whether shares are written in percent, as in tables where room is short.
        """
        if value is None:
            return "·"
        if not isinstance(self.write, Printed):
            return self.write(value)
        if self.write.factor == _PERCENT and not brief:
            return _share_text(value, self.diverging)
        decimals = range(self.write.brief_decimals, -1, -1)
        texts = [f"{value * self.write.factor:{'+' * self.diverging}.{places}f}" for places in decimals]
        text = next((text for text in texts if len(text.lstrip("+-")) <= _LONGEST), texts[-1])
        return text.lstrip("+-") if not text.strip("+-0.") else text.replace("-", MINUS)

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


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _share_text(value: float, sign: bool) -> str:
    """Write a share with three decimals, as in full, but without the 0 before the point.

    Examples:
        >>> _share_text(0.6114, False), _share_text(1.0, False), _share_text(-0.0124, True), _share_text(0.0, True)
        ('.611', '1.00', '−.012', '.000')
    """
    text = f"{abs(value):.2f}" if abs(value) >= 0.9995 else f"{abs(value):.3f}".removeprefix("0")
    signs = MINUS if value < 0 else "+" * sign
    return text if not text.strip("0.") else f"{signs}{text}"


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
    kept = [each for each in maps if any(map(_filled, each.values))]
    return [replace(each, low=low, high=high) for each in kept]


def without_empty(maps: Sequence[HeatMap]) -> list[HeatMap]:
    """Leave out what is empty in all of some maps, which have the same rows and columns.

    Where all languages search English, a map is one column then, and not a square.
    """
    trimmed = []
    for each in maps:
        rows = [row for row in range(len(each.rows)) if any(_filled(one.values[row]) for one in maps)]
        columns = [
            column
            for column in range(len(each.columns))
            if any(_filled([row[column] for row in one.values]) for one in maps)
        ]
        names = tuple(each.rows[row] for row in rows), tuple(each.columns[column] for column in columns)
        values = tuple(tuple(each.values[row][column] for column in columns) for row in rows)
        trimmed.append(replace(each, rows=names[0], columns=names[1], values=values))
    return trimmed


def _filled(values: Sequence[float | None]) -> bool:
    return any(value is not None for value in values)
