import sys

import pytest

import beir_hybrid.lazy


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one public name."""
    folder = tmp_path / "toy_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from beir_hybrid.lazy import attach\n__getattr__, __dir__ = attach(__name__, __file__)\n"
    )
    (folder / "__init__.pyi").write_text(
        "from .nouns import (\n    Ape as Ape,\n    Bee as Bee,\n)\nfrom .verbs import go as go\n\n__all__: list[str]\n"
    )
    (folder / "nouns.py").write_text("class Ape: ...\nclass Bee: ...\nclass Cat: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield __import__("toy_package")
    for name in [name for name in sys.modules if name.startswith("toy_package")]:
        del sys.modules[name]


def test_public_names_are_imported_when_first_used(package):
    assert "toy_package.nouns" not in sys.modules
    assert package.Ape.__module__ == "toy_package.nouns"


def test_all_and_dir_list_the_stub(package):
    assert package.__all__ == ["Ape", "Bee", "go"]
    assert {"Ape", "Bee", "go", "__name__"} <= set(dir(package))


def test_private_names_are_refused_as_by_any_module(package):
    with pytest.raises(AttributeError, match="module 'toy_package' has no attribute 'Cat'"):
        package.Cat  # noqa: B018  # the access is under test


def test_attaching_reads_no_file():
    get, _ = beir_hybrid.lazy.attach("nowhere", "/no/such/__init__.py")
    with pytest.raises(FileNotFoundError):
        get("Ape")
