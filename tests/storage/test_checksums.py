from hashlib import blake2b

import pytest

from beir_hybrid.storage.checksums import combine, damage, digest_row, record


def checksum(*rows):
    return combine(digest_row(*row) for row in rows)


def test_order_does_not_matter():
    assert checksum(("1", "a"), ("2", "b")) == checksum(("2", "b"), ("1", "a"))


def test_fields_are_told_apart():
    assert len({checksum(("ab", "")), checksum(("a", "b")), checksum(("", "ab")), checksum(("a",), ("b",))}) == 4


def test_repeated_row_counts():
    assert checksum(("1", "a"), ("1", "a")) != checksum(("1", "a"))


def test_sums_over_parts_add_up():
    parts = [int(checksum(("1", "a"), ("2", "b")), 16), int(checksum(("3", "c")), 16)]
    assert combine(parts) == checksum(("1", "a"), ("2", "b"), ("3", "c"))


def test_checksum_is_the_same_on_every_machine():
    written_out = blake2b(b"4:0:4|en:1One.", digest_size=16).hexdigest()
    assert checksum(("en:1", "", "One.")) == written_out == "8df1949a3334bbdb94e993f56c1c5d24"


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
