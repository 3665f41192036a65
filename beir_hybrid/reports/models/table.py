"""Table: rows of values, with how each column is written; no drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from beir_hybrid.evaluation.measures.base import Printed

Value = float | str | None

IN_TITLE = 10
"""Rank of a column that a narrow table can do without, since its title says the same."""


def _plain(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


@dataclass(frozen=True)
class Entry:
    """What stands in a row and a column.

    Attributes:
        value: A number, or a text; None for nothing.
        interval: Where the number lies with 95 %.
        spread: Its standard deviation over seeds.
        marked: Whether it stands out, as the best value does.
        text: How it is written, where it is not as its column says.
        brief: The same where room is short.
    """

    value: Value = None
    interval: tuple[float, float] | None = None
    spread: float | None = None
    marked: bool = False
    text: str = ""
    brief: str = ""


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        title: Its heading; empty for one that only programs see.
        write: How its numbers are written: as those of a measure, or by a function. Texts are what they are.
        key: Its heading for programs; None for the title, empty for one that only people see.
        text: Whether it holds texts, which are set flush left and may be broken over lines.
        group: What stands above the heading; columns of one group stay together on a narrow terminal.
        note: What stands below the heading.
        hint: What the heading means.
        leave_out: Whether it is left out on a narrow terminal: first the columns with the highest number, never at 0.
    """

    title: str
    write: Printed | Callable[[float], str] = _plain
    key: str | None = None
    text: bool = False
    group: str = ""
    note: str = ""
    hint: str = ""
    leave_out: int = 0

    @property
    def name(self) -> str:
        """The heading for programs."""
        return self.title if self.key is None else self.key

    @property
    def heading(self) -> str:
        """The heading with its group, in one line."""
        return f"{self.group} {self.title}".strip()

    def written(self, entry: Entry, brief: bool = False) -> str:
        """Write an entry, in full or where room is short; a dash where a column of numbers has none."""
        if entry.text:
            return (brief and entry.brief) or entry.text
        if isinstance(entry.value, str) or (entry.value is None and self.text):
            return str(entry.value or "")
        return self._number(entry.value, brief)

    def below(self, entry: Entry, brief: bool = False) -> str:
        """Write what stands below an entry: its spread, or else its interval; empty without one."""
        if entry.value is None or entry.value == "":
            return ""
        if entry.spread is not None:
            return f"± {self._number(entry.spread, brief)}"
        return "" if entry.interval is None else "–".join(self._number(bound, brief) for bound in entry.interval)

    def _number(self, value: float | None, brief: bool) -> str:
        if isinstance(self.write, Printed):
            return (self.write.brief if brief else self.write.full)(value)
        return "-" if value is None or math.isnan(value) else self.write(value)


@dataclass(frozen=True)
class Line:
    """A row.

    Attributes:
        entries: One for each column; the first is the row's name.
        place: Place of its colour in the palette; None for none.
        note: What stands below its name.
        source: Where it was published; empty for our own.
        apart: Whether a rule stands above it.
        marked: Whether all of it stands out.
    """

    entries: tuple[Entry, ...]
    place: int | None = None
    note: str = ""
    source: str = ""
    apart: bool = False
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of values.

    Attributes:
        title: What it shows.
        columns: Its columns; those of the rows' names first.
        rows: Its rows.
        notes: What a reader must know, below the table, a line each.
        names: Number of columns that name a row, which every part of a table that is too wide repeats.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Line, ...] = field(default=())
    notes: tuple[str, ...] = ()
    names: int = 1

    def shown(self) -> Table:
        """Return the columns that people see."""
        return self.only([place for place, column in enumerate(self.columns) if column.title or column.text])

    def only(self, places: Sequence[int]) -> Table:
        """Return some of the columns."""
        rows = tuple(replace(row, entries=tuple(row.entries[place] for place in places)) for row in self.rows)
        names = sum(place < self.names for place in places)
        return replace(self, columns=tuple(self.columns[place] for place in places), rows=rows, names=names)

    def texts(self) -> list[list[str]]:
        """Write every entry in full, with what stands below it in brackets."""
        rows = []
        for row in self.rows:
            cells = []
            for column, entry in zip(self.columns, row.entries, strict=True):
                below = column.below(entry)
                cells.append(f"{column.written(entry)} ({below})" if below else column.written(entry))
            if row.source:
                cells[0] += " (published)"
            rows.append(cells)
        return rows

    def bare(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows for programs: bare numbers, with spreads and intervals in columns of their own."""
        headings: list[str] = []
        columns: list[list[Value]] = []
        for place, column in enumerate(self.columns):
            key = column.name
            if not key and not column.text:
                continue
            entries = [row.entries[place] for row in self.rows]
            headings.append(key)
            columns.append([entry.value for entry in entries])
            bounds = [entry.interval or (None, None) for entry in entries]
            more: dict[str, list[Value]] = {
                "deviation": [entry.spread for entry in entries],
                "low": [low for low, _ in bounds],
                "high": [high for _, high in bounds],
            }
            for word, values in more.items():
                if any(value is not None for value in values):
                    headings.append(f"{key} {word}")
                    columns.append(values)
        return headings, [[_bare(column[row]) for column in columns] for row in range(len(self.rows))]

    def table(self) -> Table:
        """Return itself, as each model returns its numbers."""
        return self


def make_table(
    title: str,
    columns: Iterable[Column | str],
    rows: Iterable[Sequence[Any] | Line],
    notes: Iterable[str] = (),
    names: int = 1,
) -> Table:
    """Build a table from rows of values.

    Args:
        title: What the table shows.
        columns: Columns; a text is the heading of a column of texts.
        rows: Rows of entries, numbers, texts or None, as many in each as there are columns.
        notes: Lines below the table.
        names: Number of columns that name a row.
    """
    lines = [row if isinstance(row, Line) else Line(tuple(_entries(row))) for row in rows]
    full = [Column(column, text=True) if isinstance(column, str) else column for column in columns]
    return Table(title, tuple(full), tuple(lines), tuple(notes), names)


def best_of(values: Iterable[float | None], higher_is_better: bool | None) -> float | None:
    """Choose the best value; None if neither direction is better, or if nothing is worse than another."""
    known = [value for value in values if value is not None]
    if higher_is_better is None or not known or min(known) == max(known):
        return None
    return max(known) if higher_is_better else min(known)


def _entries(values: Iterable[Any]) -> Iterator[Entry]:
    for value in values:
        yield value if isinstance(value, Entry) else Entry(value)


def _bare(value: Value) -> str:
    return "" if value is None else value if isinstance(value, str) else f"{value:.10g}"
