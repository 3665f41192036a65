import sys

import pytest

from beir_hybrid.registry import entry_points
from beir_hybrid.registry.entry_points import distribution_of, groups, points_of, unreadable

GROUP = "beir_hybrid.tests"


@pytest.fixture
def readings(monkeypatch):
    """How often the distributions have been looked through."""
    counted = []
    look = entry_points.distributions

    def counting():
        counted.append(1)
        return look()

    monkeypatch.setattr(entry_points, "distributions", counting)
    monkeypatch.setattr(entry_points, "_installed", None)
    return counted


def lay_out(site, name, text, version="1.0"):
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(text)


def names():
    return [point.name for point in points_of(GROUP)]


def test_entry_points_are_read_once(readings, plug_in):
    plug_in("zoo", GROUP, {"dog": "zoo_dogs:DOG"})
    for _ in range(3):
        assert names() == ["dog"]
        assert GROUP in groups()
        assert unreadable() == ()
    assert len(readings) == 1


def test_changed_path_is_noticed(readings, tmp_path, monkeypatch):
    assert names() == []
    lay_out(tmp_path / "site", "zoo", f"[{GROUP}]\ndog = zoo_dogs:DOG\n")
    assert names() == []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
        assert names() == ["dog"]
    assert names() == []


def test_installation_into_a_folder_of_the_path_is_noticed(readings, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    lay_out(tmp_path, "zoo", f"[{GROUP}]\ndog = zoo_dogs:DOG\n")
    assert names() == ["dog"]
    lay_out(tmp_path, "kennel", f"[{GROUP}]\nhound = kennel:HOUND\n")
    assert sorted(names()) == ["dog", "hound"]


def test_first_of_a_name_on_the_path_is_the_one(tmp_path, monkeypatch):
    lay_out(tmp_path / "new", "my-zoo", f"[{GROUP}]\ndog = new:DOG\n", "2.0")
    lay_out(tmp_path / "old", "My_Zoo", f"[{GROUP}]\ndog = old:DOG\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "new"), str(tmp_path / "old")])
    assert [(point.value, distribution_of(point)) for point in points_of(GROUP)] == [("new:DOG", "my-zoo 2.0")]


def test_distributions_without_metadata_are_nameless_and_all_read(tmp_path, monkeypatch):
    for animal in ("cat", "dog"):
        lay_out(tmp_path, animal, f"[{GROUP}]\n{animal} = {animal}s:IT\n")
        (tmp_path / f"{animal}-1.0.dist-info" / "METADATA").unlink()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sorted((point.name, distribution_of(point)) for point in points_of(GROUP)) == [("cat", ""), ("dog", "")]


def test_malformed_file_of_somebody_else_is_none_of_our_business(tmp_path, monkeypatch):
    lay_out(tmp_path, "strange", "[console_scripts]\nnonsense\n")
    lay_out(tmp_path, "zoo", f"[{GROUP}]\ndog = zoo_dogs:DOG\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert names() == ["dog"]
    assert unreadable() == ()


def test_malformed_file_that_names_us_is_told_and_the_rest_is_read(tmp_path, monkeypatch):
    lay_out(tmp_path, "strange", f"[{GROUP}]\nnonsense\n")
    lay_out(tmp_path, "zoo", f"[{GROUP}]\ndog = zoo_dogs:DOG\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert names() == ["dog"]
    [found] = unreadable()
    assert found.distribution == "strange 1.0"
    assert found.reason.startswith("Its entry_points.txt cannot be read: ")


def test_path_of_no_folder_is_passed_over(plug_in, monkeypatch, tmp_path):
    plug_in("zoo", GROUP, {"dog": "zoo_dogs:DOG"})
    monkeypatch.setattr(sys, "path", [str(tmp_path / "gone"), *sys.path])
    assert names() == ["dog"]


def test_a_working_folder_that_is_gone_hides_nothing(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.syspath_prepend("")
    gone.rmdir()
    assert any(point.name == "hybrid" for point in points_of("beir_hybrid.strategies"))
