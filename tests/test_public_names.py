"""The public names: those that a folder lists in ``__init__.pyi``, and nothing else."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import beir_hybrid

ROOT = Path(__file__).resolve().parent.parent
STUBS = sorted((ROOT / "beir_hybrid").rglob("__init__.pyi"))
PINNED = Path(__file__).with_name("public_names.txt")
IMPORT = re.compile(r"^[> .]*from (beir_hybrid(?:\.[\w.]+)?) import (\([^)]*\)|.*)$", re.MULTILINE)


def package_of(stub):
    return ".".join(stub.parent.relative_to(ROOT).parts)


def listed(stub):
    """Return the names that a stub exports: those that it imports as themselves."""
    statements = ast.parse(stub.read_text(encoding="utf-8")).body
    aliases = [alias for statement in statements if isinstance(statement, ast.ImportFrom) for alias in statement.names]
    assert all(alias.asname == alias.name for alias in aliases)
    return sorted(alias.name for alias in aliases)


PUBLIC = {package_of(stub): listed(stub) for stub in STUBS}


def users():
    """Yield what users read and copy: README, pages, examples and plug-ins but for their tests."""
    yield ROOT / "README.md"
    for folder in ("docs", "examples", "plugins"):
        for path in sorted((ROOT / folder).rglob("*")):
            kinds = {".md", ".ipynb"} if folder == "docs" else {".md", ".py", ".ipynb"}
            if path.suffix in kinds and "tests" not in path.parts:
                yield path


def test_public_names_are_pinned():
    found = [f"{package}: {name}" for package, names in PUBLIC.items() for name in names]
    assert sorted(found) == PINNED.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names_are_there(package):
    module = import_module(package)
    assert module.__all__ == PUBLIC[package]
    assert set(module.__all__) <= set(dir(module))
    assert not [name for name in module.__all__ if isinstance(getattr(module, name), ModuleType)]


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'evalute'"):
        beir_hybrid.evalute  # noqa: B018  the access itself is under test


@pytest.mark.parametrize(
    "statement",
    ["import beir_hybrid", "from beir_hybrid.cli.main import main", "from beir_hybrid.datasets import load_dataset"],
)
def test_import_is_lazy(statement):
    # a process of its own: this one has imported everything already
    code = f"{statement}; import sys; print(sorted({{'torch', 'sentence_transformers', 'beir'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_modules_list_no_names_of_their_own():
    for path in (ROOT / "beir_hybrid").rglob("*.py"):
        if path.name != "__init__.py":
            assert not re.search(r"^__all__", path.read_text(encoding="utf-8"), re.MULTILINE), path


@pytest.mark.parametrize("path", users(), ids=lambda path: str(path.relative_to(ROOT)))
def test_users_import_public_names_alone(path):
    text = path.read_text(encoding="utf-8")
    private = [
        f"{package}: {name}"
        for package, names in IMPORT.findall(text)
        for name in re.findall(r"\w+", re.sub(r"#.*| as \w+", "", names))
        if name not in PUBLIC.get(package, ())
    ]
    private += re.findall(r"^[> .]*import (beir_hybrid\.[\w.]+)", text, re.MULTILINE)
    assert not private
