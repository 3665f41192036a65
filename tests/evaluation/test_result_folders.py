from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.result_folders import load_runs, read_results
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
    with pytest.raises(DataFormatError, match="do not both have de in settings"):
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
        ({"scores": {}}, "do not both have mono in scores"),
        ({"scores": {"mono": {"ndcg@10": 0.75}}}, "do not both have map of mono in scores"),
        ({"intervals": {"scores": {"mono": {"map": [0.1]}}}}, r"has the interval \[0\.1\]"),
        ({"intervals": {"scores": {"mono": {"map": [0.9, 0.1]}}}}, "has an interval from 0.9 to 0.1"),
        ({"intervals": {"scores": {"mono": {"map": [0.99, 0.999]}}}}, "map of mono as .* interval from 0.99 to 0.999"),
        ({"notes": [1]}, "notes that are no words"),
        ({"translations": ["x"]}, r"has \['x'\] as its translations"),
        ({"translations": {"rule": "none"}}, "as its translations"),
        ({"translations": {"rule": "none", "linked": 3, "queries": 2}}, "as its translations"),
        ({"translations": {"rule": "none", "linked": True, "queries": 2}}, "as its translations"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(value),
)
def test_results_of_other_content_are_refused(tmp_path, change, message):
    path = make(0.5, 0.5).save(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataFormatError, match=message):
        load_runs([tmp_path])


def edit(folder, change):
    """Change a file of results by hand."""
    path = folder / "results.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


EDITS = {
    "a score": (lambda content: content["scores"]["mono"].update(map=0.999), "gives map of mono as 0.999, .* as 0.75"),
    "a setting": (lambda content: content["settings"]["de"].update(map=0.999), "gives map of de as 0.999, .* as 0.75"),
    "queries": (lambda content: content["settings"]["de"].update(queries=200), "gives queries of de as 200, .* as 2"),
    "a micro mean": (lambda content: content["micro"]["mono"].update(map=0.8), "gives map of mono as 0.8, .* as 0.75"),
    "undefined": (lambda content: content.update(undefined={}), "do not both have de in undefined"),
    "a measure": (lambda content: content["settings"]["de"].update(mrr=0.5), "do not both have mrr of de in settings"),
}


@pytest.mark.parametrize("read", [read_results, lambda folder: load_runs([folder])], ids=["report", "compare"])
@pytest.mark.parametrize("edited", EDITS)
@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_results_changed_by_hand_are_refused(tmp_path, read, edited, form):
    whole = make(0.5, 0.5)
    settings = [
        replace(each, values={**each.values, "rank_distance": np.array([np.nan, 3.0])})
        for each in whole.values.settings
    ]
    values = QueryValues(tuple(settings))
    derived = {"scores": values.macro(), "settings": values.means(), "micro": values.micro()}
    replace(whole, **derived, undefined=values.undefined(), values=values).save(tmp_path, form)
    read(tmp_path)
    change, message = EDITS[edited]
    edit(tmp_path, change)
    with pytest.raises(DataFormatError, match=message) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_measure_that_no_query_has_a_value_of_is_no_contradiction(tmp_path):
    values = QueryValues(
        (SettingValues("de", "mono", ("de:1",), ("1",), {"map": np.array([0.5]), "peer@1": np.array([np.nan])}),)
    )
    found = Results(
        "tiny", "mine", "sentence", ("de",), values.macro(), values.means(), undefined=values.undefined(), values=values
    )
    found.save(tmp_path)
    assert read_results(tmp_path) == found


def test_scores_without_the_queries_values_must_be_the_means_of_the_settings(tmp_path):
    replace(make(0.5, 0.25), values=None).save(tmp_path)  # as during training
    assert read_results(tmp_path).scores == {"mono": {"map": 0.6875}}
    edit(tmp_path, lambda content: content["scores"]["mono"].update(map=0.999))
    with pytest.raises(DataFormatError, match=r"gives map of mono as 0\.999, its settings as 0\.6875"):
        read_results(tmp_path)


def test_numbers_written_with_fewer_digits_are_taken(tmp_path):
    make(1 / 3, 1 / 7).save(tmp_path)

    def shorter(content):
        content["scores"]["mono"]["map"] = float(f"{content['scores']['mono']['map']:.8f}")

    edit(tmp_path, shorter)
    read_results(tmp_path)


def test_a_folder_that_is_not_there_is_told_with_advice_that_works(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_runs([tmp_path / "nothere"])
    assert str(caught.value) == (
        f"There is no folder {tmp_path / 'nothere'}. Give one that beir-hybrid evaluate --output wrote."
    )


def test_a_folder_of_folders_names_one_of_them(tmp_path):
    make(0.5, 0.5).save(tmp_path / "a")
    with pytest.raises(MissingDataError) as caught:
        load_runs([tmp_path])
    assert str(caught.value) == f"{tmp_path} holds no results.json. Give {tmp_path / 'a'}, which does."
