"""The directive ``public-names``: documents all that a package lists in its ``__init__.pyi``.

A name that several packages list is documented once, under the shortest of their names; the others refer to it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

import beir_hybrid

ROOT = Path(beir_hybrid.__file__).parent


@cache
def names_of(package: str) -> dict[str, str]:
    """Return the public names of a package, sorted, with the full name of the module that defines each."""
    stub = ROOT.parent.joinpath(*package.split("."), "__init__.pyi")
    modules = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return dict(sorted((alias.name, f"{package}.{node.module}") for node in modules for alias in node.names))


@cache
def homes() -> dict[tuple[str, str], str]:
    """Return the package that documents each name, by defining module and name."""
    packages = [".".join(stub.parent.relative_to(ROOT.parent).parts) for stub in ROOT.rglob("__init__.pyi")]
    chosen: dict[tuple[str, str], str] = {}
    for package in sorted(packages, key=lambda package: (package.count("."), package)):
        for name in names_of(package):
            chosen.setdefault(_identity(package, name), package)
    return chosen


def _identity(package: str, name: str) -> tuple[str, str]:
    module = names_of(package)[name]
    thing = getattr(import_module(package), name)
    return getattr(thing, "__module__", None) or module, getattr(thing, "__qualname__", name)


class PublicNames(SphinxDirective):
    """Document the public names of the package that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the documentation of each name."""
        package = self.arguments[0]
        source = ROOT.parent.joinpath(*package.split("."), "__init__.pyi")
        self.env.note_dependency(str(source))
        lines = StringList([line for name in names_of(package) for line in _documentation(package, name)], str(source))
        holder = nodes.container()
        self.state.nested_parse(lines, 0, holder)
        return holder.children


def _documentation(package: str, name: str) -> Iterator[str]:
    home = homes()[_identity(package, name)]
    if home != package:
        yield from (f"``{package}.{name}``", f"    :py:obj:`{home}.{name}`", "")
        return
    thing = getattr(import_module(package), name)
    kind = "exception" if inspect.isclass(thing) and issubclass(thing, Exception) else ""
    kind = kind or ("class" if inspect.isclass(thing) else "function" if inspect.isroutine(thing) else "")
    if kind:
        yield f".. auto{kind}:: {package}.{name}"
        yield from ("   :members:", "") if kind == "class" else ("",)
        return
    module = names_of(package)[name]
    told = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name), [])
    yield from (f".. py:data:: {name}", f"   :module: {package}", f"   :canonical: {module}.{name}", "")
    yield from (f"   {line}" for line in told)
    yield ""


def _returns_without_type(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Take the text of a section Returns as it is: napoleon reads a type before its first colon, and ours has none."""
    for title, field in {"Returns:": ":returns:", "Yields:": ":yields:"}.items():
        if title in lines:
            first = lines.index(title) + 1
            lines[first - 1 : first + 1] = ["", f"{field} {lines[first].strip()}"]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("public-names", PublicNames)
    for field in PyObject.doc_field_types:
        field.label = "Attributes" if field.name == "variable" else field.label
    app.connect("autodoc-process-docstring", _returns_without_type, priority=100)  # before napoleon
    return {"parallel_read_safe": True}
