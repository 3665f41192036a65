from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues

NAN = float("nan")


def setting(name, kind, groups, **measures):
    language = name.partition("-")[0]
    queries = tuple(f"{language}:{group}" for group in groups)
    return SettingValues(name, kind, queries, tuple(groups), {key: np.array(found) for key, found in measures.items()})


VALUES = QueryValues(
    (
        setting("de-en", "cross", "abc", map=[0.5, NAN, 1.0], peer=[NAN, NAN, NAN]),
        setting("en-de", "cross", "c", map=[0.25]),
        setting("en-all", "multi", "ab", map=[1 / 3, 0.0], rank_distance=[4.0, NAN]),
        setting("en", "mono", "ab", map=[1.0, 0.5]),
    )
)


def rows(values):
    return [
        (each.name, each.kind, each.queries, each.groups, {name: found.tolist() for name, found in each.values.items()})
        for each in values.settings
    ]


def test_means_leave_out_undefined_values_and_measures_without_any():
    assert VALUES.means() == {
        "de-en": {"queries": 3, "map": 0.75},
        "en-de": {"queries": 1, "map": 0.25},
        "en-all": {"queries": 2, "map": pytest.approx(1 / 6), "rank_distance": 4.0},
        "en": {"queries": 2, "map": 0.75},
    }


def test_macro_means_count_every_setting_once():
    assert VALUES.macro() == {
        "mono": {"map": 0.75},
        "cross": {"map": 0.5},
        "multi": {"map": pytest.approx(1 / 6), "rank_distance": 4.0},
    }


def test_micro_means_count_every_query_once():
    assert VALUES.micro()["cross"] == {"map": pytest.approx((0.5 + 1.0 + 0.25) / 3)}


def test_kinds_come_in_the_order_of_the_tables():
    assert list(VALUES.macro()) == list(VALUES.micro()) == ["mono", "cross", "multi"]


def test_undefined_values_are_counted():
    assert VALUES.undefined() == {"de-en": {"map": 1, "peer": 3}, "en-all": {"rank_distance": 1}}


def test_kinds_with_unequal_settings_are_named():
    assert VALUES.uneven() == {"cross": (1, 3)}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_values_are_the_same_after_a_round_trip(tmp_path, form):
    odd = setting("zh", "mono", ["ä|\n\"'", "", "漢"], **{"ndcg@10": [1e-300, 1 / 3, NAN]})
    values = QueryValues((*VALUES.settings, odd))
    assert values.save(tmp_path / "new", form) == tmp_path / "new" / f"queries.{form}"
    found = QueryValues.load(tmp_path / "new")
    assert repr(rows(found)) == repr(rows(values))  # NaN is not equal to itself, but written alike
    assert all(values.dtype == np.float64 for each in found.settings for values in each.values.values())


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_no_settings_are_no_settings_after_a_round_trip(tmp_path, form):
    QueryValues(()).save(tmp_path, form)
    assert QueryValues.load(tmp_path).settings == ()


def test_parquet_tells_not_measured_from_undefined(tmp_path):
    table = pq.read_table(VALUES.save(tmp_path))
    assert table.column_names == ["setting", "kind", "query", "group", "map", "peer", "rank_distance"]
    assert table.num_rows == 8
    assert table.column("rank_distance").null_count == 6
    assert str(table.column("rank_distance").to_pylist()) == "[None, None, None, None, 4.0, nan, None, None]"


def test_jsonl_leaves_out_what_is_not_measured_and_has_no_nan(tmp_path):
    lines = VALUES.save(tmp_path, "jsonl").read_text("utf-8").splitlines()
    assert "NaN" not in "".join(lines)
    assert json.loads(lines[3]) == {"setting": "en-de", "kind": "cross", "query": "en:c", "group": "c", "map": 0.25}
    assert json.loads(lines[5])["rank_distance"] is None


@pytest.mark.parametrize(("first", "second"), [("parquet", "jsonl"), ("jsonl", "parquet")])
def test_only_the_newer_format_is_left(tmp_path, first, second):
    VALUES.save(tmp_path, first)
    VALUES.save(tmp_path, second)
    assert [path.name for path in tmp_path.iterdir()] == [f"queries.{second}"]


def test_the_newer_file_is_read_where_a_killed_run_left_both(tmp_path):
    import os

    old = VALUES.save(tmp_path, "parquet").read_bytes()
    QueryValues(VALUES.settings[:1]).save(tmp_path, "jsonl")
    (tmp_path / "queries.parquet").write_bytes(old)
    os.utime(tmp_path / "queries.parquet", (1, 1))
    assert [each.name for each in QueryValues.load(tmp_path).settings] == ["de-en"]


def test_a_folder_without_values_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match="holds no values of its queries"):
        QueryValues.load(tmp_path)


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(tmp_path, share):
    path = VALUES.save(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataFormatError, match=r"queries\.parquet is no whole Parquet file"):
        QueryValues.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda table: table.drop_columns(["group"]), "has the column group of type None", id="no group"),
        pytest.param(
            lambda table: table.set_column(4, "map", pa.array(["x"] * 8)),
            "has the column map of type string",
            id="text",
        ),
        pytest.param(
            lambda table: table.set_column(2, "query", pa.nulls(8, pa.string())), "rows without a setting", id="null"
        ),
        pytest.param(
            lambda table: table.set_column(4, "map", pa.array([0.5, None] * 4)), "lacks map for some", id="half"
        ),
        pytest.param(lambda table: pa.concat_tables([table, table]), "de-en has a query twice", id="twice"),
        pytest.param(
            lambda table: table.set_column(1, "kind", pa.array(["cross", "mono"] * 4)), "several kinds", id="two kinds"
        ),
        pytest.param(
            lambda table: table.set_column(1, "kind", pa.array(["bi"] * 8)), "is of kind 'bi'", id="unknown kind"
        ),
    ],
)
def test_parquet_files_of_other_content_are_refused(tmp_path, change, message):
    path = VALUES.save(tmp_path)
    pq.write_table(change(pq.read_table(path)), path)
    with pytest.raises(DataFormatError, match=message):
        QueryValues.load(tmp_path)


ROW = '{"setting": "en", "kind": "mono", "query": "en:1", "group": "1", "map": 0.5}\n'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ROW[:40], r"queries\.jsonl, line 2 is no JSON"),
        ("\n", "line 2 is no JSON"),
        ("[1]\n", "line 2 lacks one of setting, kind, query, group"),
        (ROW.replace('"1"', "1"), "line 2 lacks one of"),
        (ROW.replace("0.5", '"x"'), "line 2 has the map 'x'"),
        (ROW.replace("0.5", "true"), "line 2 has the map True"),
        (ROW.replace("0.5", "1" + "0" * 400), "line 2 has the map 1000"),
        (ROW, "en has a query twice"),
        (ROW.replace("en:1", "en:2").replace(', "map": 0.5', ""), "lacks map for some queries of en"),
    ],
    ids=[
        "cut off",
        "blank",
        "list",
        "number for text",
        "text for number",
        "truth",
        "too large",
        "twice",
        "measure missing",
    ],
)
def test_damaged_jsonl_is_refused_with_its_line(tmp_path, line, message):
    (tmp_path / "queries.jsonl").write_text(ROW + line)
    with pytest.raises(DataFormatError, match=message):
        QueryValues.load(tmp_path)


def test_jsonl_rows_of_a_setting_may_lie_apart(tmp_path):
    other = ROW.replace('"en"', '"de"')
    (tmp_path / "queries.jsonl").write_text(ROW + other + ROW.replace("en:1", "en:2"))
    assert [(each.name, each.queries) for each in QueryValues.load(tmp_path).settings] == [
        ("en", ("en:1", "en:2")),
        ("de", ("en:1",)),
    ]


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no format 'csv'\. Formats: parquet, jsonl"):
        VALUES.save(tmp_path, "csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: setting("en", "both", "a", map=[1.0]), "of kind 'both'"),
        (lambda: setting("en", "mono", "ab", map=[1.0]), "2 queries and 1 of map"),
        (lambda: setting("en", "mono", "aa", map=[1.0, 1.0]), "has a query twice"),
        (lambda: SettingValues("en", "mono", ("a",), (), {}), "1 queries and 0 of groups"),
        (lambda: QueryValues(VALUES.settings * 2), "de-en is given twice"),
    ],
    ids=["kind", "length", "query twice", "groups", "setting twice"],
)
def test_values_that_do_not_fit_together_are_refused(build, message):
    with pytest.raises(ConfigurationError, match=message):
        build()
