from __future__ import annotations

import json

import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.result_folders import load_runs
from beir_hybrid.evaluation.results import Results


def make(*values):
    """Results of one German and one English setting of two queries, with these values of map."""
    settings = [
        SettingValues(name, "mono", (f"{name}:1", f"{name}:2"), ("1", "2"), {"map": [first, 1.0]})
        for name, first in zip(("de", "en"), values, strict=True)
    ]
    kept = QueryValues(tuple(settings))
    return Results("tiny", "mine", "sentence", ("de", "en"), kept.macro(), kept.means(), values=kept)


def test_runs_are_loaded_under_their_folders_names(tmp_path):
    for name, first in {"a/x": 0.25, "b/x": 0.5, "c": 0.75}.items():
        make(first, 1.0).save(tmp_path / name)
    runs = load_runs([tmp_path / "a" / "x", tmp_path / "b" / "x", tmp_path / "c"])
    assert list(runs) == [str(tmp_path / "a" / "x"), str(tmp_path / "b" / "x"), "c"]
    assert [run.values.means()["de"]["map"] for run in runs.values()] == [0.625, 0.75, 0.875]


def test_a_folder_given_twice_is_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="is given twice"):
        load_runs([tmp_path / "a", tmp_path / "b" / ".." / "a"])


def test_values_of_another_evaluation_are_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path)
    make(0.25, 0.5).values.save(tmp_path)
    with pytest.raises(
        DataFormatError, match=r"results\.json gives map of de as 0\.75, the values of its queries as 0\.625"
    ):
        load_runs([tmp_path])


def test_values_of_other_settings_are_refused(tmp_path):
    results = make(0.5, 0.5)
    results.save(tmp_path)
    QueryValues(results.values.settings[1:]).save(tmp_path)
    with pytest.raises(DataFormatError, match="do not both have the setting de"):
        load_runs([tmp_path])


def test_results_without_values_are_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path)
    (tmp_path / "queries.parquet").unlink()
    with pytest.raises(MissingDataError, match="holds no values of its queries"):
        load_runs([tmp_path])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, "has None as its data"),
        ({"scores": {"mono": {"map": "high"}}}, "has 'high' among its scores"),
        ({"scores": {}}, "other measures in its scores than in its settings"),
        ({"intervals": {"scores": {"mono": {"map": [0.1]}}}}, r"has the interval \[0\.1\]"),
        ({"notes": [1]}, "notes that are no words"),
        ({"translations": ["x"]}, r"has \"\['x'\]\" as its translations"),
        ({"translations": {"rule": "none"}}, "as its translations"),
        ({"translations": {"rule": "none", "linked": 3, "queries": 2}}, "as its translations"),
        ({"translations": {"rule": "none", "linked": True, "queries": 2}}, "as its translations"),
    ],
    ids=["data", "score", "scores", "interval", "notes", "list", "rule alone", "too many", "no number"],
)
def test_results_of_other_content_are_refused(tmp_path, change, message):
    path = make(0.5, 0.5).save(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataFormatError, match=message):
        load_runs([tmp_path])
