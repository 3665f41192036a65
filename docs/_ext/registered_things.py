"""The directive ``registered``: a table of all that this package registers in a group."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from documented_options import table_of
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from beir_hybrid.registry.groups import REGISTRIES
from beir_hybrid.registry.origin import is_ours


class Registered(SphinxDirective):
    """List what is registered under the group that the argument names, such as ``strategies``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        registry = {each.group.rpartition(".")[2]: each for each in REGISTRIES}[self.arguments[0]]
        ours = [each.name for each in registry.registrations() if is_ours(each.target)]
        return [table_of((registry.noun, "what it is"), self._rows([(name, registry.get(name)) for name in ours]))]

    def _rows(self, things: list[tuple[str, Any]]) -> Iterator[list[Any]]:
        for name, thing in things:
            text = getattr(thing, "description", None) if not isinstance(thing, type) else None
            text = text if isinstance(text, str) else (inspect.getdoc(thing) or "").partition("\n\n")[0]
            yield [nodes.literal("", _written(name, thing)), self.parse_inline(" ".join(text.split()))[0]]


def _written(name: str, thing: Any) -> str:
    """Return a name with the arguments that it takes, as it is written on the command line."""
    if not isinstance(thing, type):
        return name
    taken = [
        each.name if each.default is each.empty else f"{each.name}={each.default!r}"
        for each in inspect.signature(thing).parameters.values()
    ]
    return f"{name}({', '.join(taken)})" if taken else name


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("registered", Registered)
    return {"parallel_read_safe": True}
