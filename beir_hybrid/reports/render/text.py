"""Text: the numbers of a table, heat map, bars or curves as CSV, Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from beir_hybrid.reports.models.table import Table
from beir_hybrid.storage.files import csv_text

_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$"}
_TEX |= {letter: f"\\{letter}" for letter in "&%$#_{}"}
_TEX |= {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", "−": "$-$"}
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class Model(Protocol):
    """What has numbers: each of :mod:`beir_hybrid.reports.models`."""

    def table(self) -> Table:
        """Return its numbers as a table."""
        ...


def csv_table(model: Model) -> str:
    """Write headings and rows as bare numbers, without title and notes."""
    headings, rows = model.table().bare()
    return csv_text([headings, *rows])


def markdown_table(model: Model) -> str:
    """Write a model under a heading of second rank, without a newline at the end."""
    table = model.table().shown()
    headings = [markdown_text(column.heading) for column in table.columns]
    marks = ["---" if column.text else "---:" for column in table.columns]
    lines = [headings, marks, *_rows(table, markdown_text, "**{}**")]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "".join(f"\n\n{markdown_text(note)}" for note in table.notes)
    return f"## {markdown_text(table.title)}\n\n{body}{notes}"


def latex_table(model: Model) -> str:
    """Write a model for the package booktabs, its title as a comment, without a newline at the end."""
    table = model.table().shown()
    columns = "".join("l" if column.text else "r" for column in table.columns)
    begin = f"% {one_line(table.title)}\n\\begin{{tabular}}{{{columns}}}"
    head = _tex_row([_tex(column.heading) for column in table.columns])
    body = [_tex_row(row) for row in _rows(table, _tex, r"\textbf{{{}}}")]
    notes = [f"\\multicolumn{{{len(columns)}}}{{l}}{{\\footnotesize {_tex(note)}}} \\\\" for note in table.notes]
    return "\n".join([begin, r"\toprule", head, r"\midrule", *body, r"\bottomrule", *notes, r"\end{tabular}"])


def markdown_text(text: str) -> str:
    r"""Write text so that Markdown shows it unchanged in a table's cell: one line, no tags, no bars.

    Examples:
        >>> markdown_text("a|b <script> p < 0.05")
        'a\\|b &lt;script> p < 0.05'
    """
    return _TAG.sub("&lt;", one_line(text)).replace("|", "\\|")


def one_line(text: str) -> str:
    """Replace line breaks by blanks, which would end a comment or a row."""
    return " ".join(text.splitlines())


def _rows(table: Table, escape: Callable[[str], str], bold: str) -> list[list[str]]:
    """Write the entries, those that stand out in bold."""
    return [
        [
            bold.format(escape(text)) if text and (entry.marked or row.marked) else escape(text)
            for text, entry in zip(texts, row.entries, strict=True)
        ]
        for row, texts in zip(table.rows, table.texts(), strict=True)
    ]


def _tex(cell: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in one_line(cell))


def _tex_row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
