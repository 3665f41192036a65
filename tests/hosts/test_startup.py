import logging
import os
import sys

import pytest

from beir_hybrid.hosts.startup import CHILDREN_VARIABLE, HOSTS_VARIABLE, activate_hosts, begin, without_folder

ZOO = """
class Ape:
    @staticmethod
    def activate():
        calls.append("ape")

def activate():
    calls.append("zoo")

calls = []
"""


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A package with a host, ``zoo``, another, ``zoo:Ape``, and one that is broken, ``zoo.snakes``."""
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "__init__.py").write_text(ZOO)
    (tmp_path / "zoo" / "snakes.py").write_text("raise OSError('they\\nbite')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: sys.modules["zoo"].calls if "zoo" in sys.modules else []
    for name in ("zoo", "zoo.snakes"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("hosts", "called"),
    [("", []), ("first=zoo", ["zoo"]), ("first=zoo:Ape,second=zoo", ["ape", "zoo"])],
    ids=["none", "module", "attribute and module"],
)
def test_every_host_is_activated_in_order(zoo, hosts, called):
    activate_hosts(hosts)
    assert zoo() == called


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("zoo.snakes", "OSError: they bite"),
        ("zoo.bears", "ModuleNotFoundError: No module named 'zoo.bears'"),
        ("zoo:Bear", "AttributeError: module 'zoo' has no attribute 'Bear'"),
        ("", "ValueError: Empty module name"),
    ],
    ids=["raises", "no module", "no attribute", "no target"],
)
def test_broken_host_is_one_logged_line_and_the_next_is_activated(zoo, caplog, target, reason):
    with caplog.at_level(logging.WARNING):
        activate_hosts(f"first={target},second=zoo")
    assert [record.getMessage() for record in caplog.records] == [
        f"beir-hybrid: the host 'first' is left out: {reason}"
    ]
    assert zoo() == ["zoo"]


def test_begin_activates_and_leaves_the_environment_as_it_was_before_us(zoo, monkeypatch):
    monkeypatch.setenv(HOSTS_VARIABLE, "first=zoo")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/ours", "/a", "", "/b"]))
    begin("/ours")
    assert zoo() == ["zoo"]
    assert HOSTS_VARIABLE not in os.environ
    assert os.environ["PYTHONPATH"] == os.pathsep.join(["/a", "", "/b"])


def test_begin_leaves_no_empty_search_path_behind(zoo, monkeypatch):
    monkeypatch.setenv(HOSTS_VARIABLE, "first=zoo")
    monkeypatch.setenv("PYTHONPATH", "/ours")
    begin("/ours")
    assert "PYTHONPATH" not in os.environ


def test_begin_leaves_the_environment_alone_where_children_shall_be_reached(zoo, monkeypatch):
    monkeypatch.setenv(HOSTS_VARIABLE, "first=zoo")
    monkeypatch.setenv(CHILDREN_VARIABLE, "1")
    monkeypatch.setenv("PYTHONPATH", "/ours")
    begin("/ours")
    assert zoo() == ["zoo"]
    assert os.environ["PYTHONPATH"] == "/ours"
    assert os.environ[HOSTS_VARIABLE] == "first=zoo"


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("/x", ""), ("/x:/a", "/a"), ("/a:/x:/x/y:/x", "/a:/x/y"), ("/a:", "/a:")],
    ids=["empty", "alone", "first", "several", "empty entries stay"],
)
def test_folder_is_taken_out_of_a_path(before, after):
    assert without_folder("/x", before.replace(":", os.pathsep)) == after.replace(":", os.pathsep)
