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
    options = ("--languages", "de,en", "--device", "cpu", "--no-cache")
    return ("evaluate", "--model", model, "--dataset", "sample", *options)


@pytest.fixture
def refuse(refused, words):
    return lambda *more: refused(*words, "--output", "out", *more)


def test_folder_with_other_results_is_refused(refuse, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text("{}")
    assert "out holds other results. Choose another folder, or give --overwrite." in refuse()


def test_runs_without_a_folder_are_refused(refused, words):
    assert "--runs writes into the output folder, and none is given. Give --output DIR." in refused(*words, "--runs")


@pytest.mark.parametrize(
    "option", ["--index=Flat", "--dtype=float16", "--device=cpu", "--runs", "--depth=9", "--batch-size=9", "--no-cache"]
)
def test_options_of_models_are_refused_with_a_run(refused, option):
    words = ("evaluate", "--run", "mine.trec", "--dataset", "sample", "--output", "out", option)
    assert f"{option.partition('=')[0]} is for models" in refused(*words)


def test_nothing_to_evaluate_is_refused(refused):
    message = "Neither a model nor vectors nor a run is given. Give --model NAME, --vectors DIR or --run FILE."
    assert message in refused("evaluate", "--dataset", "sample")


def test_output_that_is_a_file_is_refused(refuse, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert "out is a file" in refuse("--overwrite")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param(["--dataset", "smaple"], "There is no dataset 'smaple'. Did you mean 'sample'", id="dataset"),
        pytest.param(["--languages", "en,xx"], "sample has no language 'xx'", id="language"),
        pytest.param(["--languages", ","], "--languages is ',', which names nothing.", id="no language"),
        pytest.param(["--measures", "mapp"], "There is no measure 'mapp'. Did you mean 'map'", id="measure"),
        pytest.param(["--measures", "ndcg@ten"], "The cut-off of 'ndcg@ten' is 'ten'", id="cut-off"),
        pytest.param(["--measures", "one_target_map@10"], "takes no cut-off. Write one_target_map.", id="no cut-off"),
        pytest.param(["--measures", "recall"], "'recall' needs a cut-off", id="recall without cut-off"),
        pytest.param(["--settings", "en-fr"], "sample has no setting 'en-fr'. Did you mean", id="setting"),
        pytest.param(["--dataset", "sample.en-fr"], "sample has no setting 'en-fr'", id="setting of the dataset"),
        pytest.param(["--device", "cpu,nowhere"], "There is no device 'nowhere' here", id="second device"),
        pytest.param(["--dtype", "float64"], "There is no dtype 'float64'", id="dtype"),
        pytest.param(["--index", "Flet"], "Faiss cannot use the index 'Flet'", id="index"),
        pytest.param(["--index", "Flat", "--runs"], "--runs writes what exact search finds", id="runs of an index"),
        pytest.param(["--search-device", "nowhere"], "There is no device 'nowhere'", id="search device"),
        pytest.param(["--index", "Flat", "--search-device", "cpu"], "--search-device is for exact", id="index on cpu"),
        pytest.param(
            ["--index", "Flat", "--search-precision", "tf32"], "--search-precision is for exact", id="index in tf32"
        ),
        pytest.param(["--run", "a.trec"], "--model and --run are given", id="model and run"),
        pytest.param(["--judged-only"], "'sample' has no option 'judged_only'", id="judged only"),
        pytest.param(["--sample-passages", "0"], "--sample-passages is '0'", id="no passages"),
        pytest.param(["--sample-passages", "many"], "Give a whole number from 1 on", id="passages as text"),
        pytest.param(["--model", "."], "The folder . holds no model", id="folder without model"),
        pytest.param(["--model", "./none"], "There is no model folder ./none", id="missing model folder"),
        pytest.param(["--split", "none"], "The sample has no split 'none'", id="split"),
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
    [(None, "holds neither mlqa-r/en.json nor en.json"), ('{"data": [', "en.json is not a LAReQA file")],
    ids=["missing", "truncated"],
)
def test_bad_file_is_refused(refuse, tmp_path, text, message):
    (tmp_path / "mlqa-r").mkdir()
    if text is not None:
        (tmp_path / "mlqa-r" / "en.json").write_text(text)
    assert message in refuse("--dataset", "mlqa-r", "--languages", "en", "--source", ".")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--batch-size", "0"], "0 is not in the range"),
        (["--depth", "0"], "0 is not in the range"),
        (["--passage-text", "x"], "'x' is not one of"),
        (["--per-query", "csv"], "'csv' is not one of 'parquet', 'jsonl'"),
    ],
    ids=["batch size", "depth", "passage text", "per query"],
)
def test_value_outside_an_options_range_is_a_usage_error(invoke, words, more, message):
    result = invoke(*words, *more)
    assert result.exit_code == 2
    assert message in result.stderr
