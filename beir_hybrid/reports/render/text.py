"""TextTable: a table of text, and how it is written as CSV, Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beir_hybrid.storage.files import csv_text

_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$"}
_TEX |= {letter: f"\\{letter}" for letter in "&%$#_{}"}
_TEX |= {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", "−": "$-$"}
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    Attributes:
        title: What it shows.
        headings: One for each column.
        rows: Cells, as many in each row as there are headings.
        left: The columns, counted from 0, that are set flush left; the others are numbers, set flush right.
        bold: The places (row, column) of cells that stand out; an empty cell never does.
        note: What a reader must know, below the table; empty for nothing.
        plain: The same as bare numbers, for programs; None if its cells are that already.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: frozenset[int] = frozenset({0})
    bold: frozenset[tuple[int, int]] = frozenset()
    note: str = ""
    plain: TextTable | None = None


def plain_number(value: float | None) -> str:
    """Write a bare number; nothing where there is none."""
    return "" if value is None else f"{value:.6g}"


def csv_table(table: TextTable) -> str:
    """Write the headings and the rows as bare numbers, without the title and the note."""
    table = table.plain or table
    return csv_text([table.headings, *table.rows])


def markdown_table(table: TextTable) -> str:
    """Write the table under a heading of second rank, without a newline at the end."""
    marks = ["---" if place in table.left else "---:" for place in range(len(table.headings))]
    lines = [[markdown_text(cell) for cell in table.headings], marks]
    for row, cells in enumerate(table.rows):
        written = [markdown_text(cell) for cell in cells]
        lines.append([f"**{cell}**" if cell and (row, at) in table.bold else cell for at, cell in enumerate(written)])
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    note = f"\n\n{markdown_text(table.note)}" if table.note else ""
    return f"## {markdown_text(table.title)}\n\n{body}{note}"


def latex_table(table: TextTable) -> str:
    """Write the table for the package booktabs, its title as a comment, without a newline at the end."""
    columns = "".join("l" if place in table.left else "r" for place in range(len(table.headings)))
    body = []
    for row, cells in enumerate(table.rows):
        written = [_tex(cell) for cell in cells]
        marked = [
            f"\\textbf{{{cell}}}" if cell and (row, at) in table.bold else cell for at, cell in enumerate(written)
        ]
        body.append(_tex_row(marked))
    begin = f"% {one_line(table.title)}\n\\begin{{tabular}}{{{columns}}}"
    head = _tex_row([_tex(heading) for heading in table.headings])
    note = [f"\\multicolumn{{{len(columns)}}}{{l}}{{\\footnotesize {_tex(table.note)}}} \\\\"] if table.note else []
    return "\n".join([begin, r"\toprule", head, r"\midrule", *body, r"\bottomrule", *note, r"\end{tabular}"])


def markdown_text(text: str) -> str:
    r"""Write text so that Markdown shows it as it is in a table's cell: one line, no tags, no bars.

    Examples:
        >>> markdown_text("a|b <script> p < 0.05")
        'a\\|b &lt;script> p < 0.05'
    """
    return _TAG.sub("&lt;", one_line(text)).replace("|", "\\|")


def one_line(text: str) -> str:
    """Replace line breaks by blanks, which would end a comment or a row."""
    return " ".join(text.splitlines())


def _tex(cell: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in one_line(cell))


def _tex_row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
