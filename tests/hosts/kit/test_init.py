"""The kit: its names, what it costs to import, and the host that its documentation shows."""

import importlib
import subprocess
import sys
import textwrap
from types import ModuleType

import pytest

import beir_hybrid.hosts.kit as kit
from beir_hybrid.hosts.kit.host import Host


def test_every_name_is_there_and_what_it_is_called():
    assert {getattr(kit, name).__name__ for name in kit.__all__} == set(kit.__all__) <= set(dir(kit))
    assert kit.Host is Host


def test_unknown_names_are_refused_as_by_any_module():
    with pytest.raises(AttributeError, match="has no attribute 'unpatch'"):
        kit.unpatch  # noqa: B018


def test_all_of_it_imports_next_to_nothing():
    """Hosts of plug-ins import what they want of it at every start of an interpreter; Host is for type checkers."""
    names = ", ".join(sorted({*kit.__all__} - {"Host"}))
    code = (
        f"import sys, beir_hybrid.hosts; before = set(sys.modules); from beir_hybrid.hosts.kit import {names};"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('beir_hybrid.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("before", [True, False], ids=["imported before", "imported after"])
def test_host_of_the_documentation_is_one(tmp_path, monkeypatch, before):
    _, _, rest = kit.__doc__.partition("``beir_hybrid.hosts``::\n")
    host = ModuleType("documented")
    exec(textwrap.dedent(rest[: rest.index("\nIts parts:")]), vars(host))
    assert isinstance(host, Host)
    (tmp_path / "toolkit").mkdir()
    code = "class Searcher:\n    def search(self, query):\n        return f'found {query}'\n"
    (tmp_path / "toolkit" / "search.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    if before:
        importlib.import_module("toolkit.search")
    host.activate()
    try:
        assert host.is_active()
        searcher = importlib.import_module("toolkit.search").Searcher()
        assert searcher.search("APES") == "found apes"
        host.deactivate()
        assert not host.is_active()
        assert searcher.search("APES") == "found APES"
    finally:
        host.deactivate()
        for name in ("toolkit", "toolkit.search"):
            sys.modules.pop(name, None)
