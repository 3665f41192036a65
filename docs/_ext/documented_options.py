"""The directive ``options-of``: a table of a dataclass's fields, from their help or from its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from importlib import import_module
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_ENTRY = re.compile(r"^    (\w+)(?: \([^)]*\))?: (.*(?:\n(?:     .*)?)*)", re.MULTILINE)


def told_of(kind: type) -> dict[str, str]:
    """Return what a class's docstring says of each argument or attribute, on one line."""
    text = inspect.getdoc(kind) or ""
    sections = re.findall(r"^(?:Args|Attributes):\n((?:    .*\n|\n)*)", f"{text}\n", re.MULTILINE)
    return {name: " ".join(said.split()) for section in sections for name, said in _ENTRY.findall(section)}


def table_of(titles: Sequence[str], rows: Iterable[Sequence[nodes.Node | Sequence[nodes.Node]]]) -> nodes.table:
    """Return a table of cells that are made already."""
    group = nodes.tgroup(cols=len(titles))
    group += [nodes.colspec(colwidth=1) for _ in titles]
    head, body = nodes.thead(), nodes.tbody()
    head += _row([nodes.Text(title)] for title in titles)
    body += [_row(row) for row in rows]
    group += [head, body]
    table = nodes.table(classes=["listing", "colwidths-auto"])
    table += group
    return table


def _row(cells: Iterable[Any]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        paragraph = nodes.paragraph()
        paragraph += cell
        entry = nodes.entry()
        entry += paragraph
        row += entry
    return row


class OptionsOf(SphinxDirective):
    """List the fields of the dataclass that the argument names as ``module:Class``."""

    required_arguments = 1
    option_spec = {"except": directives.unchanged, "only": directives.unchanged}  # noqa: RUF012  # as docutils has it

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        module, _, name = self.arguments[0].partition(":")
        kind = getattr(import_module(module), name)
        return [table_of(("key", "default", "meaning"), self._rows(kind))]

    def _rows(self, kind: type) -> Iterator[list[Any]]:
        told: dict[str, str] = {}
        for each in reversed(kind.__mro__):
            told |= told_of(each)
        only = self.options.get("only", "").split()
        for field in fields(kind):
            if field.name in self.options.get("except", "").split() or (only and field.name not in only):
                continue
            yield [
                nodes.literal("", field.name),
                _default_of(field),
                [nodes.literal("", _type_of(field)), nodes.Text(" "), *self._meaning(field, told)],
            ]

    def _meaning(self, field: Field[Any], told: dict[str, str]) -> list[nodes.Node]:
        if "help" in field.metadata:
            return [nodes.Text(field.metadata["help"])]
        return self.parse_inline(told[field.name], lineno=self.lineno)[0]


def _type_of(field: Field[Any]) -> str:
    kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    return str(field.metadata.get("metavar") or kind)


def _default_of(field: Field[Any]) -> nodes.Node:
    if field.metadata.get("required") or (field.default is MISSING and field.default_factory is MISSING):
        return nodes.Text("required")
    default = field.default_factory() if callable(field.default_factory) else field.default
    return nodes.Text("") if default is None else nodes.literal("", str(default))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("options-of", OptionsOf)
    return {"parallel_read_safe": True}
