import json

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.base_models import static_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "static"
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8).save_pretrained(str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("option", ["--pairs", "--dataset"])
def test_model_is_written_and_scored(invoke, model, tmp_path, option):
    words = ("debias", "--model", model, option, "sample", "--languages", "de,en", "--method", "shift", "--strength")
    result = invoke(*words, "0.6", "--output", tmp_path / "out")
    assert result.exception is None, result.output
    count = 132 if option == "--pairs" else 74
    assert f"shift:0.6, fitted on sample (de {count}, en {count} passages)" in result.output.replace("\n", "")
    result = invoke("evaluate", "--model", tmp_path / "out", "--dataset", "sample.en-de", "--measures", "map")
    assert result.exception is None, result.output


def test_curve_has_a_folder_for_each_strength(invoke, model, tmp_path):
    words = ("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", "--measures", "map")
    result = invoke(*words, "--debias", "shift:0:1:0.5", "--debias", "lir", "--output", tmp_path / "out")
    assert result.exception is None, result.output
    folders = sorted(path.parent.name for path in (tmp_path / "out").glob("*/results.json"))
    assert folders == ["lir", "shift", "shift-0", "shift-0.5"]
    done = json.loads((tmp_path / "out" / "shift-0.5" / "results.json").read_text())["debias"]
    assert (done["method"], done["fitted_on"], done["evaluated"]) == ("shift:0.5", "sample", True)
    result = invoke(*words, "--debias", "shift:0.5", "--output", tmp_path / "out")
    assert result.exception is None, result.output  # a single one lies in the folder itself


def test_debiased_model_is_encoded_indexed_and_mined_from_as_it_is_evaluated(invoke, model, tmp_path):
    place = tmp_path / "debiased"
    given = ("--pairs", "sample", "--languages", "de,en", "--method", "shift:0.6")
    assert invoke("debias", "--model", model, *given, "--output", place).exception is None
    on = ("--dataset", "sample", "--languages", "de,en")
    assert invoke("encode", "--model", place, *on, "--output", tmp_path / "vectors").exception is None
    for name, words in {
        "model": ("--model", place),
        "vectors": ("--vectors", tmp_path / "vectors"),
        "index": ("--model", place, "--index", "Flat"),
    }.items():
        result = invoke("evaluate", *words, *on, "--measures", "map", "--output", tmp_path / name)
        assert result.exception is None, result.output
        scores = json.loads((tmp_path / name / "results.json").read_text())["scores"]
        wanted = json.loads((tmp_path / "model" / "results.json").read_text())["scores"]
        for kind in ("mono", "cross", "multi"):
            assert scores[kind]["map"] == pytest.approx(wanted[kind]["map"])
    result = invoke("mine", "sample", "--model", place, "--output", tmp_path / "mined")
    assert result.exception is None, result.output


def test_interrupted_curve_keeps_and_shows_what_it_has(invoke, model, tmp_path, monkeypatch):
    from beir_hybrid.evaluation import Results

    save = Results.save

    def interrupted(results, folder, *given):
        if folder.name == "shift":
            raise KeyboardInterrupt
        return save(results, folder, *given)

    monkeypatch.setattr(Results, "save", interrupted)
    words = ("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", "--measures", "map")
    result = invoke(*words, "--debias", "shift:0:1:0.5", "--output", tmp_path / "out")
    assert result.exit_code != 0
    assert sorted(path.parent.name for path in (tmp_path / "out").glob("*/results.json")) == ["shift-0", "shift-0.5"]
    assert "shift-0.5/results.json" in result.output.replace("\n", "")


def test_one_method_shows_all_of_an_evaluation(invoke, model):
    words = ("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", "--measures", "map")
    result = invoke(*words, "--debias", "center", "--debias-on", "sample")
    assert result.exception is None, result.output
    assert "debiased by center" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--debias", "lirr"), "There is no method of debiasing 'lirr'"),
        (("--debias-on", "sample"), "--debias-on says what a method is fitted on, and none is given"),
        (("--debias", "shift:0:1:0.5", "--runs", "--output", "out"), "--runs writes one result's"),
        (("--debias", "shift", "--debias-on", "nowhere"), "nowhere"),
        (("--debias", "shift:source=zz"), "no texts in the source language 'zz'"),
    ],
)
def test_evaluation_that_cannot_be_debiased_is_refused(invoke, model, words, problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", *words)
    assert result.exit_code == 2
    assert problem in result.stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "There are no texts to fit on"),
        (("--pairs", "sample", "--dataset", "sample"), "Both --pairs and --dataset are given"),
        (("--pairs", "sample", "--method", "shift:0:1:0.5"), "has several strengths"),
        (("--pairs", "sample", "--strength", "-1"), "--strength is '-1'"),
        (("--pairs", "sample", "--languages", "de,xx"), "'xx'"),
    ],
)
def test_debiasing_that_cannot_be_done_is_refused(refused, model, words, problem):
    given = () if "--method" in words else ("--method", "shift")
    assert problem in refused("debias", "--model", model, *given, "--output", "out", *words)


def test_folder_that_holds_something_is_kept(refused, model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    words = ("debias", "--model", model, "--pairs", "sample", "--method", "center", "--output", "out")
    assert "is not empty" in refused(*words)
