from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import SCHEMA, Results, check_results, environment, load_results, read_results
from beir_hybrid.settings import Setting

VALUES = QueryValues(
    (
        SettingValues("de", "mono", ("de:1", "de:2"), ("1", "2"), {"map": np.array([0.5, 0.0])}),
        SettingValues("de-zh", "cross", ("de:1", "de:2"), ("1", "2"), {"map": np.array([0.25, 0.0])}),
        SettingValues("de-all", "multi", ("de:1", "de:2"), ("1", "2"), {"map": np.array([0.2, np.nan])}),
    )
)
RESULTS = Results(
    dataset="tiny",
    model="my/model",
    passage_text="sentence",
    languages=("de", "zh"),
    scores={"mono": {"map": 0.25}, "cross": {"map": 0.125}, "multi": {"map": 0.1, "rank_distance": 3.5}},
    settings={
        "de": {"queries": 2, "map": 0.25},
        "de-zh": {"queries": 2, "map": 0.125},
        "de-all": {"queries": 2, "map": 0.1, "rank_distance": 3.5},
    },
    micro={"mono": {"map": 0.2}, "cross": {"map": 0.1}, "multi": {"map": 0.05, "rank_distance": 3.25}},
    intervals={"scores": {"mono": {"map": [0.1, 0.3]}}, "settings": {"de": {"map": [0.1, 0.3]}}},
    undefined={"de-all": {"map": 1}},
    ties={"mono": 0.0, "cross": 1 / 3},
    passages={"de": 5, "zh": 7},
    data={"queries": "0" * 32, "passages": "1" * 32, "qrels": "f" * 32},
    translations={"rule": "equal ids", "linked": 2, "queries": 4},
    notes=("größer", "说明"),
    quick=True,
    debias={"method": "center", "fitted_on": "mlqa-r"},
    profile={"depth": 10, "own": 0.5, "finds": {"de": 0.25}},
    environment={"device": "cpu", "seconds": {"encode": 0.5}},
)


def test_results_are_the_same_after_a_round_trip(tmp_path):
    RESULTS.save(tmp_path)
    assert Results.load(tmp_path) == RESULTS
    # so that a field that is added is looked at here
    assert all(getattr(RESULTS, field.name) for field in fields(Results) if field.name != "values")


@pytest.mark.parametrize("per_query", ["parquet", "jsonl"])
def test_values_of_queries_stand_in_a_file_of_their_own(tmp_path, per_query):
    path = replace(RESULTS, values=VALUES).save(tmp_path, per_query)
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"queries.{per_query}", "results.json"]
    assert "values" not in json.loads(path.read_text("utf-8"))
    loaded = Results.load(tmp_path)
    assert loaded == RESULTS
    assert loaded.values is None
    for found, expected in zip(QueryValues.load(tmp_path).settings, VALUES.settings, strict=True):
        assert (found.name, found.kind, found.queries) == (expected.name, expected.kind, expected.queries)
        np.testing.assert_array_equal(found.values["map"], expected.values["map"])


def test_values_do_not_make_results_differ():
    assert replace(RESULTS, values=VALUES) == RESULTS
    assert "values" not in repr(replace(RESULTS, values=VALUES))


def test_a_file_from_before_the_later_fields_loads(tmp_path):
    path = RESULTS.save(tmp_path)
    content = json.loads(path.read_text("utf-8"))
    for name in ("micro", "intervals", "undefined", "ties", "passages", "data", "notes"):
        del content[name]
    path.write_text(json.dumps(content), "utf-8")
    assert Results.load(tmp_path) == replace(
        RESULTS, micro={}, intervals={}, undefined={}, ties={}, passages={}, data={}, notes=()
    )


def test_settings_are_read_from_their_names():
    found = replace(RESULTS, settings={**RESULTS.settings, "odd one": {"queries": 1}}).parsed_settings()
    assert found == {
        "de": Setting("de", ("de",)),
        "de-zh": Setting("de", ("zh",)),
        "de-all": Setting("de", ("de", "zh"), pool=True),
    }


def test_floats_keep_every_digit(tmp_path):
    third = Results("d", "m", "text", ("en",), {"mono": {"map": 1 / 3}}, {"en": {"queries": 1, "map": 1 / 3}})
    third.save(tmp_path)
    assert Results.load(tmp_path).scores["mono"]["map"] == 1 / 3


def test_the_file_has_the_documented_fields(tmp_path):
    content = json.loads(RESULTS.save(tmp_path).read_text("utf-8"))
    assert list(content) == [
        *("schema", "dataset", "model", "passage_text", "languages", "scores", "settings", "micro", "intervals"),
        *(
            "undefined",
            "ties",
            "passages",
            "data",
            "translations",
            "notes",
            "environment",
            "quick",
            "debias",
            "profile",
        ),
    ]
    assert content["schema"] == SCHEMA == 1
    assert content["languages"] == ["de", "zh"]
    assert content["settings"]["de-all"] == {"queries": 2, "map": 0.1, "rank_distance": 3.5}


def test_missing_folders_are_made_and_nothing_else_is_left(tmp_path):
    path = RESULTS.save(tmp_path / "runs" / "one")
    assert path == tmp_path / "runs" / "one" / "results.json"
    assert list(path.parent.iterdir()) == [path]


def test_results_that_cannot_be_written_leave_the_old_file(tmp_path):
    RESULTS.save(tmp_path)
    with pytest.raises(TypeError):
        Results("d", "m", "text", ("en",), {}, {}, environment={"device": object()}).save(tmp_path)
    assert Results.load(tmp_path) == RESULTS
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match=r"holds no results\.json\. Give one that beir-hybrid evaluate"):
        Results.load(tmp_path)


@pytest.mark.parametrize("share", [0, 0.5, 0.99], ids=["empty", "half", "almost-whole"])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = RESULTS.save(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataFormatError, match=r"results\.json cannot be read"):
        Results.load(tmp_path)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"schema": ' + "9" * 5000 + "}"], ids=["depth", "digits"])
def test_a_file_that_python_cannot_read_is_refused(tmp_path, text):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(DataFormatError, match=r"results\.json cannot be read"):
        Results.load(tmp_path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "results.json").write_bytes('{"dataset": "größer"}'.encode("latin-1"))
    with pytest.raises(DataFormatError, match=r"results\.json cannot be read"):
        Results.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: {**content, "schema": 2},
        lambda content: content.pop("schema") and content,
        lambda content: [content],
    ],
    ids=["newer", "none", "list"],
)
def test_another_schema_is_refused(tmp_path, change):
    path = RESULTS.save(tmp_path)
    path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")
    with pytest.raises(DataFormatError, match=r"is not (of schema version 1|a JSON object)\."):
        Results.load(tmp_path)


@pytest.mark.parametrize("field", ["dataset", "languages", "scores", "settings"])
def test_a_file_without_a_field_is_refused(tmp_path, field):
    path = RESULTS.save(tmp_path)
    content = json.loads(path.read_text("utf-8"))
    del content[field]
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DataFormatError, match=f"lacks or adds a field: .*{field}"):
        Results.load(tmp_path)


def test_a_file_with_an_unknown_field_is_refused(tmp_path):
    path = RESULTS.save(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"colour": "red"}), "utf-8")
    with pytest.raises(DataFormatError, match=r"lacks or adds a field: .*colour"):
        Results.load(tmp_path)


def test_an_output_folder_with_results_is_refused_unless_overwritten(tmp_path):
    RESULTS.save(tmp_path)
    with pytest.raises(OutputError, match="holds other results"):
        check_results(tmp_path, overwrite=False)
    check_results(tmp_path, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_that_is_a_file_is_refused(tmp_path, overwrite):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a file"):
        check_results(tmp_path / "file", overwrite)


def test_a_new_or_an_unrelated_output_folder_is_accepted(tmp_path):
    (tmp_path / "model.safetensors").touch()
    check_results(tmp_path, overwrite=False)
    check_results(tmp_path / "new", overwrite=False)
    check_results(None, overwrite=False)
    assert not (tmp_path / "new").exists()


def test_the_environment_names_versions_device_and_times():
    found = environment("cpu", {"rank": 1.5})
    assert set(found) - {"commit"} == {"versions", "device", "seconds"}
    assert (found["device"], found["seconds"]) == ("cpu", {"rank": 1.5})
    packages = {"python", "beir-hybrid", "torch", "transformers", "sentence-transformers", "numpy"}
    assert set(found["versions"]) == packages
    assert "unknown" not in found["versions"].values()


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
    runs = load_results([tmp_path / "a" / "x", tmp_path / "b" / "x", tmp_path / "c"])
    assert list(runs) == [str(tmp_path / "a" / "x"), str(tmp_path / "b" / "x"), "c"]
    assert [run.values.means()["de"]["map"] for run in runs.values()] == [0.625, 0.75, 0.875]


def test_a_folder_given_twice_is_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path / "a")
    with pytest.raises(ConfigurationError, match="is given twice"):
        load_results([tmp_path / "a", tmp_path / "b" / ".." / "a"])


def test_values_of_another_evaluation_are_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path)
    make(0.25, 0.5).values.save(tmp_path)
    with pytest.raises(
        DataFormatError, match=r"results\.json gives map of de as 0\.75, the values of its queries as 0\.625"
    ):
        load_results([tmp_path])


def test_values_of_other_settings_are_refused(tmp_path):
    results = make(0.5, 0.5)
    results.save(tmp_path)
    QueryValues(results.values.settings[1:]).save(tmp_path)
    with pytest.raises(DataFormatError, match="do not both have map of de in settings"):
        load_results([tmp_path])


def test_results_without_values_are_refused(tmp_path):
    make(0.5, 0.5).save(tmp_path)
    (tmp_path / "queries.parquet").unlink()
    with pytest.raises(MissingDataError, match="holds no values of its queries"):
        load_results([tmp_path])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, "has None in its data"),
        ({"scores": {"mono": {"map": "high"}}}, "has 'high' in its scores"),
        ({"scores": {}}, "do not both have map of mono in scores"),
        ({"scores": {"mono": {"ndcg@10": 0.75}}}, "do not both have map of mono in scores"),
        ({"ties": {"mono": "few"}}, "has 'few' in its ties"),
        ({"undefined": {"de": {"map": 0.5}}}, "has 0.5 in its undefined"),
        ({"intervals": {"scores": {"mono": {"map": [0.1]}}}}, r"with the interval \[0\.1\]"),
        ({"intervals": {"scores": {"mono": {"map": [0.9, 0.1]}}}}, r"with the interval \[0\.9, 0\.1\]"),
        ({"intervals": {"scores": {"mono": {"map": [0.99, 0.999]}}}}, r"map of mono as .* interval \[0\.99, 0\.999\]"),
        ({"notes": [1]}, "has 1 in its notes"),
        ({"translations": ["x"]}, r"has \['x'\] in its translations"),
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
        load_results([tmp_path])


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
    "undefined": (lambda content: content.update(undefined={}), "do not both have rank_distance of de in undefined"),
    "a measure": (lambda content: content["settings"]["de"].update(mrr=0.5), "do not both have mrr of de in settings"),
}


@pytest.mark.parametrize("read", [read_results, lambda folder: load_results([folder])], ids=["report", "compare"])
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
        load_results([tmp_path / "nothere"])
    assert str(caught.value) == (
        f"There is no folder {tmp_path / 'nothere'}. Give one that beir-hybrid evaluate --output wrote."
    )


def test_a_folder_of_folders_names_one_of_them(tmp_path):
    make(0.5, 0.5).save(tmp_path / "a")
    with pytest.raises(MissingDataError) as caught:
        load_results([tmp_path])
    assert str(caught.value) == f"{tmp_path} holds no results.json. Give {tmp_path / 'a'}, which does."


@pytest.mark.parametrize("folders", ["runs", 3, [3], [["runs"]]])
def test_folders_that_are_no_list_of_paths_are_refused(folders):
    with pytest.raises(ConfigurationError, match=r"The folders are .* Give a list of paths\."):
        load_results(folders)


def test_folders_may_be_texts(make_results_of, tmp_path):
    make_results_of().save(tmp_path / "a")
    with pytest.raises(MissingDataError, match="queries"):
        load_results([str(tmp_path / "a")])
