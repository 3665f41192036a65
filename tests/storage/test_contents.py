import pytest

from beir_hybrid.storage.contents import damage, record


def test_files_are_as_they_were_recorded_or_the_first_that_is_not_is_named(tmp_path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    recorded = record(tmp_path, ["a", "b"])
    assert damage(tmp_path, recorded) == ""
    (tmp_path / "b").write_text("tow")
    assert damage(tmp_path, recorded) == "b has another checksum"
    (tmp_path / "b").write_text("tw")
    assert damage(tmp_path, recorded) == "b has 2 bytes, not 3"
    (tmp_path / "a").unlink()
    assert damage(tmp_path, recorded) == "a is missing"


@pytest.mark.parametrize("recorded", [None, {}, [], "a", {"a": None}, {"a": 3}, {"a": {}}], ids=repr)
def test_what_is_no_record_is_damage(tmp_path, recorded):
    (tmp_path / "a").write_text("one")
    assert damage(tmp_path, recorded)


@pytest.mark.parametrize("name", ["x" * 5_000, "a\0b", "\ud800"], ids=["long", "null", "half a pair"])
def test_names_that_no_file_can_have_are_missing(tmp_path, name):
    assert damage(tmp_path, {name: {"bytes": 1, "checksum": ""}}).endswith("is missing")
