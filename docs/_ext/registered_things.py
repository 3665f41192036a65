"""The directives ``registered``, a table of all that this package registers in a group, and ``entry-point-groups``."""

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
        return [
            table_of(
                (registry.noun, "options", "what it is"), self._rows([(name, registry.get(name)) for name in ours])
            )
        ]

    def _rows(self, things: list[tuple[str, Any]]) -> Iterator[list[Any]]:
        for name, thing in things:
            text = getattr(thing, "description", None) if not isinstance(thing, type) else None
            text = text if isinstance(text, str) else (inspect.getdoc(thing) or "").partition("\n\n")[0]
            said = self.parse_inline(" ".join(text.split()))[0]
            yield [nodes.literal("", name), _options(thing), said]


class EntryPointGroups(SphinxDirective):
    """List the groups in which anybody may register things, and what is registered in each."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        rows = [[nodes.literal("", each.group), nodes.Text(each.noun), nodes.Text(each.form)] for each in REGISTRIES]
        return [table_of(("group", "registers a", "which is"), rows)]


def _options(thing: Any) -> list[nodes.Node]:
    """Return the arguments that a thing takes, each with its default, as they are written after its name."""
    taken = inspect.signature(thing).parameters.values() if isinstance(thing, type) else ()
    words = [each.name if each.default is each.empty else f"{each.name}={each.default!r}" for each in taken]
    return [node for word in words for node in (nodes.literal("", word), nodes.Text(" "))][:-1]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("registered", Registered)
    app.add_directive("entry-point-groups", EntryPointGroups)
    return {"parallel_read_safe": True}
