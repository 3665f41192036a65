import json

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.base_models import static_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An untrained model's folder."""
    folder = tmp_path_factory.mktemp("models") / "static"
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4).save_pretrained(str(folder))
    return folder


@pytest.fixture
def words(model):
    return ("evaluate", "--model", model, "--dataset", "sample", "--languages", "de,en", "--device", "cpu")


@pytest.fixture
def refuse(refused, words):
    return lambda *more: refused(*words, "--output", "out", *more)


def results(folder):
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_every_setting_is_scored_and_written(invoke, words, model, tmp_path):
    result = invoke(*words, "--output", tmp_path / "out")
    assert result.exception is None
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]
    found = results(tmp_path / "out")
    assert (found["schema"], found["dataset"], found["model"]) == (1, "sample", str(model))
    assert (found["passage_text"], found["languages"]) == ("sentence", ["de", "en"])
    assert set(found["settings"]) == {"de", "en", "de-en", "en-de", "de-all", "en-all"}
    assert {setting["queries"] for setting in found["settings"].values()} == {74}
    assert {kind: set(scores) for kind, scores in found["scores"].items()} == {
        "mono": {"map", "recall@1", "ndcg@10"},
        "cross": {"map", "recall@1", "ndcg@10"},
        "multi": {"map", "recall@10", "ndcg@10", "rank_distance"},
    }
    # the table shows what the file holds
    assert f"{found['scores']['cross']['map']:.4f}" in result.stdout


def test_measures_and_split_are_those_asked_for(invoke, words, tmp_path):
    assert invoke(*words, "--output", tmp_path, "--measures", "recall@5,map", "--split", "train").exception is None
    found = results(tmp_path)
    assert {tuple(scores) for scores in found["scores"].values()} == {("recall@5", "map")}
    assert found["settings"]["de"]["queries"] == 146


def test_nothing_is_written_without_an_output_folder(invoke, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke(*words).exception is None
    assert list(tmp_path.iterdir()) == []


def test_overwrite_replaces_the_results_alone(invoke, words, tmp_path):
    (tmp_path / "results.json").write_text("old")
    (tmp_path / "modules.json").write_text("model")
    assert invoke(*words, "--output", tmp_path, "--overwrite").exception is None
    assert results(tmp_path)["dataset"] == "sample"
    assert (tmp_path / "modules.json").read_text() == "model"


def test_trained_folder_is_evaluated(invoke, tmp_path):
    training = ("--train-data", "sample", "--languages", "de,en", "--output", tmp_path / "run", "--max_steps", "2")
    assert invoke("train", "--model", "static:8", *training).exception is None
    result = invoke(
        *("evaluate", "--model", tmp_path / "run", "--dataset", "sample", "--languages", "de,en"),
        *("--output", tmp_path / "run"),  # beside the model
    )
    assert result.exception is None
    assert results(tmp_path / "run")["model"] == str(tmp_path / "run")


def test_folder_with_other_results_is_refused(refuse, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text("{}")
    assert "out holds other results. Choose another folder, or give --overwrite." in refuse()


def test_output_that_is_a_file_is_refused(refuse, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert "out is a file" in refuse("--overwrite")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param(["--dataset", "smaple"], "There is no dataset 'smaple'. Did you mean 'sample'", id="dataset"),
        pytest.param(["--languages", "en,xx"], "sample has no language 'xx'", id="language"),
        pytest.param(["--languages", ","], "No language was chosen from sample", id="no language"),
        pytest.param(["--measures", "mapp"], "There is no measure 'mapp'. Did you mean 'map'", id="measure"),
        pytest.param(["--measures", "ndcg@ten"], "The cut-off of 'ndcg@ten' is 'ten'", id="cut-off"),
        pytest.param(["--measures", "map@10"], "'map@10' takes no cut-off", id="cut-off of map"),
        pytest.param(["--measures", "recall"], "'recall' needs a cut-off", id="recall without cut-off"),
        pytest.param(["--model", "."], "The folder . holds no model", id="folder without model"),
        pytest.param(["--model", "./none"], "There is no model folder ./none", id="missing model folder"),
        pytest.param(["--split", "dev"], "The sample has no split 'dev'", id="split"),
        pytest.param(["--source", "."], "The sample has no source '.'", id="source of the sample"),
        pytest.param(
            ["--dataset", "xquad-r", "--source", "none"], "The data folder none does not exist", id="data folder"
        ),
        pytest.param(
            ["--dataset", "xquad-r", "--split", "test"], "'xquad-r' has no option 'split'", id="split of xquad-r"
        ),
    ],
)
def test_bad_request_is_refused(refuse, more, message):
    assert message in refuse(*more)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "holds neither mlqa-r/en.json nor en.json"), ('{"data": [', "en.json is no LAReQA file")],
    ids=["missing", "truncated"],
)
def test_bad_file_is_refused(refuse, tmp_path, text, message):
    (tmp_path / "mlqa-r").mkdir()
    if text is not None:
        (tmp_path / "mlqa-r" / "en.json").write_text(text)
    assert message in refuse("--dataset", "mlqa-r", "--languages", "en", "--source", ".")


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--batch-size", "0"], "0 is not in the range"), (["--passage-text", "x"], "'x' is not one of")],
    ids=["batch size", "passage text"],
)
def test_value_outside_an_options_range_is_a_usage_error(invoke, words, more, message):
    result = invoke(*words, *more)
    assert result.exit_code == 2
    assert message in result.stderr
