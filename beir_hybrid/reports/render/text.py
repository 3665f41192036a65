"""Text: the numbers of a table, heat map, bars or curves as CSV, Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from beir_hybrid.reports.models.table import Table
from beir_hybrid.storage.files import csv_text

_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$"}
_TEX |= {letter: f"\\{letter}" for letter in "&%$#_{}"}
_TEX |= {"↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", "−": "$-$", "–": "--"}
_MINUS_SIGN = re.compile(r"(?<![\w}\)\]-])-(?=\.?\d)")
_PAGE = 120  # letters of a row across both columns of a page, set small
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
    """Write a model for the package booktabs: a float with its title as caption, a label, and its notes below.

    Columns that can be done without are left out, and named, where the table would be wider than a page of two columns.
    Without a newline at the end.
    """
    whole = model.table().shown()
    table = _fitted(whole)
    columns = "".join("l" if column.text else "r" for column in table.columns)
    label = re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-") or "results"
    begin = [r"\begin{table*}[t]", r"\centering", rf"\caption{{{_tex(table.title)}}}", rf"\label{{tab:{label}}}"]
    begin += [r"\small", rf"\begin{{tabular}}{{{columns}}}", r"\toprule"]
    head = _tex_row([_tex(column.heading) for column in table.columns])
    body = [_tex_row(row) for row in _rows(table, _tex, r"\textbf{{{}}}")]
    missing = [column.heading for column in whole.columns if column not in table.columns]
    words = [*table.notes, *([f"Left out for want of room: {', '.join(missing)}."] if missing else [])]
    notes = [f"\\multicolumn{{{len(columns)}}}{{l}}{{\\footnotesize {_tex(note)}}} \\\\" for note in words]
    end = [r"\bottomrule", *notes, r"\end{tabular}", r"\end{table*}"]
    return "\n".join([*begin, head, r"\midrule", *body, *end])


def _fitted(table: Table) -> Table:
    """Leave out columns until a row has no more letters than a page, or none is left that can be done without."""
    for limit in sorted({column.leave_out for column in table.columns if column.leave_out}, reverse=True):
        texts = [[column.heading for column in table.columns], *table.texts()]
        if sum(max(map(len, column)) + 2 for column in zip(*texts, strict=True)) <= _PAGE:
            break
        table = table.only([place for place, column in enumerate(table.columns) if column.leave_out < limit])
    return table


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
    r"""Escape a text; hyphens before numbers are minus signs.

    Examples:
        >>> print(_tex("-0.03 [-0.1, 0.2]"), _tex("x-y_1"), _tex("0.1–0.2"))
        $-$0.03 [$-$0.1, 0.2] x-y\_1 0.1--0.2
    """
    return _MINUS_SIGN.sub("$-$", "".join(_TEX.get(letter, letter) for letter in one_line(cell)))


def _tex_row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
