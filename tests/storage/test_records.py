import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.storage.records import read_record, write_record


@dataclass(frozen=True)
class Inner:
    name: str
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Outer:
    title: str
    count: int
    inner: tuple[Inner, ...]
    one: Inner
    means: Mapping[str, float | None] = field(default_factory=dict)
    share: float | None = None
    kept: bool = False
    other: Any = None
    words: tuple[str, ...] = ()


WHOLE = Outer("t", 2, (Inner("a", (0.5, 1.0)), Inner("b")), Inner("c"), {"x": 1.0, "y": None}, 0.25, True, [1], ("w",))


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "a.json"
    write_record(path, WHOLE)
    assert json.loads(path.read_text())["schema"] == 1
    assert read_record(path, Outer, "Fix it.") == WHOLE


def read(tmp_path, **fields):
    content = {"schema": 1, "title": "t", "count": 2, "inner": [], "one": {"name": "c"}}
    (tmp_path / "a.json").write_text(json.dumps({**content, **fields}))
    return read_record(tmp_path / "a.json", Outer, "Fix it.")


def test_fields_with_a_default_may_be_missing_or_null_and_others_are_ignored(tmp_path):
    assert read(tmp_path) == read(tmp_path, words=None, more=3) == Outer("t", 2, (), Inner("c"))


def test_a_number_that_is_not_finite_is_none_where_that_is_allowed(tmp_path):
    assert read(tmp_path, share=float("nan"), means={"x": float("inf")}).means == {"x": None}
    assert read(tmp_path, share=3).share == 3.0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": 3}, "title is 3, not a text"),
        ({"title": None}, "title is None, not a text"),
        ({"count": 2.5}, "count is 2.5, not a whole number"),
        ({"count": True}, "count is True, not a whole number"),
        ({"count": 10**400}, "count is 1000000000"),
        ({"kept": 1}, "kept is 1, not true or false"),
        ({"inner": {}}, "inner is {}, not a list"),
        ({"inner": [{"name": "a"}, 3]}, "inner[1] is 3, not a mapping"),
        ({"inner": [{}]}, "a.json has no inner[0].name"),
        ({"one": {"name": "c", "bounds": [1.0]}}, "one.bounds is [1.0], not a list of 2"),
        ({"one": {"name": "c", "bounds": [1.0, float("inf")]}}, "one.bounds[1] is inf, not a number"),
        ({"means": {"x": "y"}}, "means.x is 'y', not a number"),
        ({"means": []}, "means is [], not a mapping"),
        ({"share": 10**400}, "share is 1000000000"),
        ({"words": ["w", 3]}, "words[1] is 3, not a text"),
        ({"schema": 2}, "is not of schema version 1"),
    ],
    ids=str,
)
def test_what_is_damaged_is_refused_by_file_and_key(tmp_path, fields, told):
    with pytest.raises(DataFormatError) as caught:
        read(tmp_path, **fields)
    assert told in str(caught.value)
    assert str(tmp_path / "a.json") in str(caught.value)
    assert str(caught.value).endswith("Fix it.")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match=r"There is no file .*a\.json\. Fix it\."):
        read_record(tmp_path / "a.json", Outer, "Fix it.")
