import importlib
import sys

import pytest

from beir_hybrid.hosts.kit.failing_imports import stand_by


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the module ``zoo.cage``, which is imported anew in each test."""
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def text(code):
        (tmp_path / "zoo" / "cage.py").write_text(code)
        importlib.invalidate_caches()

    finders = list(sys.meta_path)
    yield text
    for name in ("zoo", "zoo.cage"):
        sys.modules.pop(name, None)
    assert sys.meta_path == finders


@pytest.fixture
def mended():
    undo = stand_by("zoo.cage", lambda error: error.name == "bamboo", lambda module: vars(module).update(bars=0))
    yield undo
    undo()


def test_known_failure_is_filled_in_and_taken_back(write, mended):
    write("height = 3\nimport bamboo\n")
    cage = importlib.import_module("zoo.cage")
    assert (cage.height, cage.bars) == (3, 0)
    mended()
    assert not hasattr(sys.modules["zoo"], "cage")
    with pytest.raises(ModuleNotFoundError, match="bamboo"):
        importlib.import_module("zoo.cage")


@pytest.mark.parametrize("code", ["import no_such_steel", "1 / 0"])
def test_other_failures_are_raised(write, mended, code):
    write(code)
    with pytest.raises((ImportError, ZeroDivisionError)):
        importlib.import_module("zoo.cage")
    assert "zoo.cage" not in sys.modules


def test_module_that_can_be_imported_is_left_as_it_is(write, mended):
    write("bars = 7")
    cage = importlib.import_module("zoo.cage")
    mended()
    assert cage.bars == 7
    assert sys.modules["zoo.cage"] is cage
