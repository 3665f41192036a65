"""Who may import whom, as docs/concepts/architecture.md draws it, and other things that hold for all modules."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "beir_hybrid"

GROUND = {
    "arrays",
    "attention",
    "errors",
    "grades",
    "hashing",
    "languages",
    "lazy",
    "memory",
    "passage",
    "prompts",
    "texts",
    "translations",
    "verbosity",
}
"""Modules that everybody may import; they import one another alone."""

LAYERS = {
    "storage": {},
    "registry": {},
    "document": {},
    "settings": {},
    "models": {"storage"},
    "workers": {"registry"},
    "collection": {"settings", "storage"},
    "pairs": {"storage"},
    "batching": {"pairs", "registry"},
    "datasets": {"collection", "pairs", "registry"},
    "formats": {"datasets"},
    "debiasing": {"evaluation", "formats"},
    "evaluation": {"collection", "models", "workers"},
    "mining": {"evaluation", "formats"},
    "profiling": {"debiasing"},
    "translating": {"evaluation", "formats"},
    "training": {"batching", "document", "evaluation", "formats"},
    "studies": {"debiasing", "training"},
    "quickstart": {"training"},
    "plugins": {"batching", "evaluation"},
    "reports": {"mining", "studies", "translating"},
    "hosts": {"reports"},
    "cli": {"hosts", "plugins", "profiling", "quickstart"},
    "testing": {"cli"},
    "__main__": {"cli"},
}
"""What each folder or module at the top may import, with what those may import."""

ONLY_NUMPY = ("batching.plan", "batching.mixture", "batching.strategies", "evaluation.search", "evaluation.measures")
DEVICE = {f"evaluation.search.device{part}" for part in ("", "_arithmetic", "_block", "_product")}
"""A GPU's product, which needs torch, but only once it is asked for: these may import it inside functions."""

HEAVY = {"accelerate", "beir", "datasets", "sentence_transformers", "torch", "transformers"}


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "at_start" not in path.parts}

PLACES = [path for path in PACKAGE.parent.rglob("*") if path.is_dir() or path.suffix == ".py"]


@cache
def tree_of(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(statements):
    """Yield the full names of the modules that statements import."""
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module is not None:
            for alias in statement.names:
                inner = f"{statement.module}.{alias.name}"
                yield inner if inner.removeprefix("beir_hybrid.") in MODULES else statement.module


def ours(names):
    """Return those of the modules that are this package's, without its name."""
    return {name.removeprefix("beir_hybrid").removeprefix(".") for name in names if name.split(".")[0] == "beir_hybrid"}


def layer(name):
    return name.split(".")[0]


def allowed(name):
    below = set(LAYERS.get(name, ()))
    return below | set(chain.from_iterable(allowed(each) for each in below))


def test_layers_are_those_of_the_package():
    assert {layer(name) for name in MODULES if name} == {*LAYERS, *GROUND}


@pytest.mark.parametrize("name", sorted({*LAYERS, *GROUND}))
def test_imports_keep_to_the_layers(name):
    permitted = {"", name, *GROUND, *(allowed(name) if name in LAYERS else ())}
    wrong = [
        f"{module} -> {target}"
        for module in MODULES
        if layer(module) == name
        for target in ours(imported(ast.walk(tree_of(module))))
        if layer(target) not in permitted
    ]
    assert not wrong


def test_architecture_names_every_place():
    page = (PACKAGE.parent / "docs/concepts/architecture.md").read_text(encoding="utf-8")
    assert not {name for name in {*LAYERS, *GROUND} - {"__main__"} if not re.search(rf"\b{name}\b", page)}
    places = re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", page)
    assert not {place for place in places if not any(path.as_posix().endswith(place.rstrip("/")) for path in PLACES)}


def test_no_modules_import_one_another():
    graph = {name: ours(imported(tree_of(name).body)) & set(MODULES) - {name, ""} for name in MODULES if name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("name", ONLY_NUMPY)
def test_what_needs_numpy_alone_imports_no_host(name):
    inside = [module for module in MODULES if module == name or module.startswith(f"{name}.")]
    assert inside
    wrong = {
        f"{module} -> {target}"
        for module in inside
        for target in imported(ast.walk(tree_of(module)))
        if target.split(".")[0] in HEAVY - ({"torch"} if module in DEVICE else set())
    }
    assert not wrong
    lines = "".join(f"import beir_hybrid.{module}\n" for module in inside)
    code = f"{lines}import sys\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_no_class_name_occurs_twice():
    places = {}
    for name in MODULES:
        for node in ast.walk(tree_of(name)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name)
    assert not {kind: names for kind, names in places.items() if len(names) > 1}


def test_no_file_is_long():
    lines = Counter({name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()})
    assert not {name: count for name, count in lines.items() if count > 350}
