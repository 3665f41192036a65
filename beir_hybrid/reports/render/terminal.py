"""Terminal: tables, heat maps, bars and curves as a terminal shows them, whose numbers are never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from beir_hybrid.evaluation.measures.base import Printed
from beir_hybrid.reports.models.bars import Bars, Dots
from beir_hybrid.reports.models.curve import Chart
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.panels import Panels
from beir_hybrid.reports.models.table import IN_TITLE, Column, Entry, Line, Table, make_table
from beir_hybrid.reports.models.words import Sentence
from beir_hybrid.reports.render.palette import shade

Shown = Table | HeatMap | Bars | Dots | Chart | Panels
"""What can be shown."""

_ENDLESS = 100_000  # letters of a line where output goes to a file
_NARROWEST = 16  # letters; a column of longer texts is narrowed to it before anything else happens
_BAR = 30  # letters of the longest bar


def console() -> Console:
    """Return the console that everything is printed on; where output goes to a file, lines end where texts do."""
    screen = Console()
    return screen if screen.is_terminal else Console(width=_ENDLESS)


def show(*models: Shown, screen: Console | None = None) -> None:
    """Print models.

    In a terminal that is too narrow, names are broken over lines, then columns that can be done without are left out,
    then a table is printed in parts, one below the other. Elsewhere tables are as wide as they are.

    Args:
        models: What to print.
        screen: Where to; the standard output unless given.
    """
    screen = screen or console()
    for number, model in enumerate(models):
        if number:
            screen.print()
        for part in rendered(model, screen.width if screen.is_terminal else None):
            screen.print(part)


def say(*sentences: Sentence, screen: Console) -> None:
    """Print sentences, each on a line of its own; where output goes to a file, no line is broken."""
    for one in sentences:
        screen.print(Text(one.text, style="bold" if one.marked else ""), soft_wrap=not screen.is_terminal)


def rendered(model: Shown, width: int | None = None) -> list[RichTable | Text]:
    """Return a model as what rich prints: its title, tables that are at most so wide, and its notes.

    Args:
        model: A model.
        width: Letters in a line; None for no end.
    """
    if isinstance(model, HeatMap):
        title, notes = f"{model.title}: {model.down} down, {model.across} across", [model.note]
        if isinstance(model.write, Printed) and model.write.factor != 1:
            notes = [f"{model.note}; written × {model.write.factor:g}"]
        tables = _heat_maps(model, width)
    else:
        table = (_bar_table(model) if isinstance(model, Bars) else model.table()).shown()
        title, notes = table.title, list(table.notes)
        tables, left_out = _fitted(table, width)
        if left_out:
            notes.append(f"left out as the terminal is narrow: {', '.join(left_out)}")
    head = [Text(title, style="bold")] if title else []
    return [*head, *tables, *(Text(note, style="dim") for note in notes if note)]


def _fitted(table: Table, width: int | None) -> tuple[list[RichTable], list[str]]:
    """Draw a table in one or several parts; return them and the headings of columns that are left out."""
    if width is None:
        return [_rich_table(table, boxed=True)], []
    for boxed in (True, False):
        if _width(table, boxed) <= width:
            return [_rich_table(table, boxed)], []
    for limit in sorted((column.leave_out for column in table.columns if column.leave_out), reverse=True):
        kept = table.only([place for place, column in enumerate(table.columns) if column.leave_out < limit])
        if _width(kept, boxed=False) <= width:
            return [_rich_table(kept, boxed=False)], [
                column.title for column in table.columns if limit <= column.leave_out < IN_TITLE
            ]
    return [_rich_table(_part(table, part), boxed=False) for part in _parts(table, width)], []


def _parts(table: Table, width: int) -> Iterator[list[int]]:
    """Divide the columns: groups stay together if one fits, as many of them in a part as do."""
    names = list(range(table.names))
    rest = range(table.names, len(table.columns))
    groups = [list(places) for _, places in groupby(rest, key=lambda place: table.columns[place].group or place)]

    def fits(places: Sequence[int]) -> bool:
        return _width(table.only([*names, *places]), False) <= width

    pieces = [piece for group in groups for piece in ([group] if fits(group) else [[place] for place in group])]
    part: list[int] = []
    for piece in pieces:
        if part and not fits([*part, *piece]):
            yield [*names, *part]
            part = []
        part += piece
    yield [*names, *part]


def _part(table: Table, places: Sequence[int]) -> Table:
    """Return some of the columns, without rows that have nothing there."""
    part = table.only(places)
    rows = [row for row in part.rows if any(each.value is not None or each.text for each in row.entries[table.names :])]
    return replace(part, rows=tuple(rows))


def _width(table: Table, boxed: bool) -> int:
    """Return how wide a table must be for its numbers to stand in one line each."""
    widths = []
    for place, column in enumerate(table.columns):
        texts = [*_heading(column).split("\n")]
        for row in table.rows:
            texts += _cell(column, row, place).plain.split("\n")
        natural = max(map(cell_len, texts))
        narrow = column.text and not column.leave_out and not (boxed and place < table.names)
        widths.append(min(natural, _NARROWEST) if narrow else natural)
    return sum(widths) + (3 * len(widths) + 1 if boxed else 2 * len(widths) - 2)


def _rich_table(table: Table, boxed: bool) -> RichTable:
    shown = RichTable(
        box=box.HEAVY_HEAD if boxed else box.SIMPLE_HEAD,
        show_edge=boxed,
        pad_edge=boxed,
        padding=(0, 1) if boxed else (0, 1, 0, 0),
    )
    for column in table.columns:
        shown.add_column(
            Text(_heading(column)),
            justify="left" if column.text else "right",
            no_wrap=not column.text,
            overflow="fold",
        )
    for row in table.rows:
        if row.apart:
            shown.add_section()
        cells = [_cell(column, row, place) for place, column in enumerate(table.columns)]
        shown.add_row(*cells, style="bold" if row.marked else None)
    return shown


def _heading(column: Column) -> str:
    return "\n".join(filter(None, (column.group, column.title, column.note)))


def _cell(column: Column, row: Line, place: int) -> Text:
    entry = row.entries[place]
    cell = Text(column.written(entry, brief=True), style="bold" if entry.marked else "")
    below = column.below(entry, brief=True)
    if place == 0 and (more := "published" if row.source else row.note):
        below = more
    if below:
        cell.append(f"\n{below}", style="not bold dim")
    return cell


def _heat_maps(model: HeatMap, width: int | None) -> list[RichTable]:
    """Shade a heat map, in parts of as many columns as fit."""
    model = model.drawn()
    texts = [[model.written(value, brief=True) for value in row] for row in model.values]
    head = max(map(cell_len, model.rows), default=0)
    cell = max([cell_len(text) for row in texts for text in row] + [cell_len(name) for name in model.columns])
    count = len(model.columns) if width is None else max(1, (width - head) // (cell + 2))
    tables = []
    for start in range(0, len(model.columns), count):
        columns = range(start, min(start + count, len(model.columns)))
        shown = RichTable(box=None, pad_edge=False, padding=(0, 0))
        shown.add_column("")
        for place in columns:
            shown.add_column(Text(f" {model.columns[place]} "), justify="right", min_width=cell + 2, no_wrap=True)
        for row, name in enumerate(model.rows):
            if model.apart and row == len(model.rows) - model.apart:
                shown.add_row()
            shown.add_row(Text(name), *(_shaded(model, row, place, texts[row][place]) for place in columns))
        tables.append(shown)
    return tables


def _shaded(model: HeatMap, row: int, column: int, text: str) -> Text:
    value = model.values[row][column]
    if value is None:
        return Text(f" {text} ")
    look = shade(model.share(value), model.diverging)
    bold = "bold " if (row, column) in model.marked else ""
    return Text(f" {text} ", style=f"{bold}{look.ink} on {look.fill}")


def _bar_table(model: Bars) -> Table:
    rows = [
        Line(
            (
                Entry(bar.name if bar.place is not None else f"{bar.name} (published)"),
                Entry("█" * round(_BAR * model.share(bar.value) / 100)),
                Entry(bar.value, text=bar.text),
            )
        )
        for bar in model.bars
    ]
    return make_table(model.title, [model.name, "", Column("value")], rows, [model.note] if model.note else [])
