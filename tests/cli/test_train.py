import json

import pytest

from beir_hybrid.cli.train import train

TINY = ("train", "--model", "static:8", "--train-data", "sample", "--languages", "de,en")


def files(folder):
    return {path.name for path in folder.iterdir() if path.is_file()}


def content(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def refuse(refused):
    """A run that is whole but for the words given, which must be refused."""

    def run(*words):
        base = [*TINY[:3], *TINY[5:]] if "--train-data" in words else TINY  # a second one would be a second source
        return refused(*base, "--output", "out", *words)

    return run


def test_run_writes_a_model_its_options_and_its_batches(invoke, tmp_path):
    result = invoke(*TINY, "--output", tmp_path / "out", "--max_steps", "2", "--per_device_train_batch_size", "16")
    assert result.exception is None
    assert "Trained 2 steps in" in result.stdout
    assert "hybrid(alpha=0.5)" in result.stdout
    assert files(tmp_path / "out") == {
        "README.md",
        "batches.json",
        "config_sentence_transformers.json",
        "history.json",
        "model.safetensors",
        "modules.json",
        "run.json",
        "tokenizer.json",
        "training.json",
    }
    run, training = content(tmp_path / "out" / "run.json"), content(tmp_path / "out" / "training.json")
    assert (run["schema"], run["options"]["languages"], run["arguments"]["max_steps"]) == (1, ["de", "en"], 2)
    assert run["arguments"]["weight_decay"] == 0  # the default for static models
    assert (training["schema"], training["steps"]) == (1, 2)
    drawn = content(tmp_path / "out" / "batches.json")["drawn"]
    assert drawn["batches"] == 2
    assert drawn["examples"] == sum(drawn["pairs"].values()) == 32
    assert "## Batches" in (tmp_path / "out" / "README.md").read_text()


def test_trained_folder_loads_with_its_prompts(invoke, tmp_path):
    from sentence_transformers import SentenceTransformer

    words = ("--query-prefix", "Q: ", "--passage-prefix", "P: ", "--max_steps", "1", "--save_strategy", "no")
    assert invoke(*TINY, "--output", tmp_path / "out", *words).exception is None
    model = SentenceTransformer(str(tmp_path / "out"))
    assert (model.prompts["query"], model.prompts["document"]) == ("Q: ", "P: ")
    assert model.encode(["Where is Paris?"]).shape == (1, 8)


def test_config_file_equals_the_flags(invoke, tmp_path):
    by_flags, by_file = tmp_path / "flags", tmp_path / "file"
    flags = ("--strategy", "x-y", "--scale", "10", "--query-prefix", "Q: ", "--max_steps", "2", "--seed", "7")
    assert (
        invoke(*TINY, "--output", by_flags, *flags, "--learning_rate", "0.05", "--save_strategy", "no").exit_code == 0
    )
    (tmp_path / "run.yaml").write_text(
        "model: static:8\ntrain-data: sample\nlanguages: [de, en]\nstrategy: x-y\nscale: 10\nquery_prefix: 'Q: '\n"
        f"max_steps: 2\nseed: 7\nlearning-rate: 0.05\nsave_strategy: 'no'\noutput: {by_file}\n"
    )
    assert invoke("train", "--config", tmp_path / "run.yaml").exit_code == 0
    runs = [json.loads((folder / "run.json").read_text().replace(str(folder), "")) for folder in (by_flags, by_file)]
    assert runs[0] == runs[1]
    assert content(by_flags / "batches.json")["drawn"] == content(by_file / "batches.json")["drawn"]
    assert (by_flags / "model.safetensors").read_bytes() == (by_file / "model.safetensors").read_bytes()


SELECTED = (*TINY, "--max_steps", "4", "--per_device_train_batch_size", "16")


def test_best_checkpoint_is_told(invoke, tmp_path):
    words = ("--eval-data", "sample", "--eval-languages", "de,en", "--select-by", "cross_map", "--eval_steps", "2")
    result = invoke(*SELECTED, "--output", tmp_path / "out", *words)
    assert result.exception is None
    best = content(tmp_path / "out" / "training.json")["selected"]
    assert best["by"] == "cross_map"
    assert f"Best checkpoint: step {best['step']}, cross_map {best['value']:.4f}." in result.stdout
    options = content(tmp_path / "out" / "run.json")["options"]
    assert (options["eval_data"], options["eval_languages"], options["eval_split"]) == ("sample", ["de", "en"], None)


def test_selection_is_spelt_either_way_or_in_a_config_file(invoke, tmp_path):
    folders = [tmp_path / name for name in ("dashes", "underscores", "file")]
    (tmp_path / "run.yaml").write_text("eval-data: sample\neval_languages: [de]\nselect_by: loss\neval_split: test\n")
    for folder, words in zip(
        folders,
        [
            ("--eval-data", "sample", "--eval-languages", "de", "--select-by", "loss", "--eval-split", "test"),
            ("--eval_data", "sample", "--eval_languages", "de", "--select_by", "loss", "--eval_split", "test"),
            ("--config", tmp_path / "run.yaml"),
        ],
        strict=True,
    ):
        assert invoke(*SELECTED, "--output", folder, *words).exception is None
    runs = [json.loads((folder / "run.json").read_text().replace(str(folder), "")) for folder in folders]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0]["options"]["eval_split"] == "test"
    chosen = [content(folder / "training.json")["selected"] for folder in folders]
    assert chosen[0] == chosen[1] == chosen[2]
    assert chosen[0]["by"] == "loss"


def test_flag_goes_before_the_config_file(invoke, tmp_path):
    (tmp_path / "run.yaml").write_text("scale: 10\nmax_steps: 5\nsave_strategy: 'no'\n")
    words = ("--scale", "30", "--max_steps", "1")
    result = invoke(*TINY, "--output", tmp_path / "out", "--config", tmp_path / "run.yaml", *words)
    assert result.exception is None
    run = content(tmp_path / "out" / "run.json")
    assert (run["options"]["scale"], run["arguments"]["max_steps"]) == (30, 1)


def test_flag_of_a_default_goes_before_the_config_file(invoke, tmp_path):
    (tmp_path / "run.yaml").write_text("too_small: repeat\nlanguage_shares: size\nmax_steps: 1\nsave_strategy: 'no'\n")
    words = ("--too_small", "error", "--language-shares", "uniform", "--per_device_train_batch_size", "8")
    result = invoke(*TINY, "--output", tmp_path / "out", "--config", tmp_path / "run.yaml", *words)
    assert result.exception is None
    arguments = content(tmp_path / "out" / "run.json")["arguments"]
    assert (arguments["too_small"], arguments["language_shares"]) == ("error", "uniform")


def test_options_are_spelt_either_way(invoke, tmp_path):
    words = ["train", "--model", "static:8", "--train_data", "sample", "--languages", "de,en", "--query_prefix", "Q: "]
    words += ["--passage_prefix", "P: ", "--max_steps", "1", "--save_strategy", "no", "--output", tmp_path / "out"]
    assert invoke(*words).exception is None
    assert content(tmp_path / "out" / "run.json")["options"]["query_prefix"] == "Q: "


def test_options_of_the_command_are_the_librarys():
    from dataclasses import fields

    from beir_hybrid.training.batch_options import SAMPLING
    from beir_hybrid.training.request import TrainingRequest

    batches = set(SAMPLING)
    assert {option.name for option in train.params} - {"config", "host_arguments", "quiet", "verbose"} - batches == {
        field.name for field in fields(TrainingRequest)
    } - {"arguments"}


def test_overwrite_replaces_an_earlier_run_and_all_it_left(invoke, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text('{"schema": 1, "options": {}, "arguments": {}}')
    (tmp_path / "out" / "old.bin").write_text("old")
    words = ("--output", tmp_path / "out", "--max_steps", "1", "--save_strategy", "no")
    assert invoke(*TINY, *words, "--overwrite").exception is None
    assert "old.bin" not in files(tmp_path / "out")
    assert content(tmp_path / "out" / "training.json")["steps"] == 1


def test_folder_of_another_run_is_refused(refuse, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text('{"schema": 1, "options": {}, "arguments": {}}')
    assert "out holds another run. Choose another folder, resume that run with --resume" in refuse()


@pytest.mark.parametrize("words", [(), ("--overwrite",)], ids=["plain", "overwrite"])
def test_folder_with_other_things_is_refused(refuse, tmp_path, words):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    assert "out holds other things" in refuse(*words)


@pytest.mark.parametrize("words", [(), ("--overwrite",)], ids=["plain", "overwrite"])
def test_output_that_is_a_file_is_refused(refuse, tmp_path, words):
    (tmp_path / "out").write_text("years of work")
    assert "out is a file" in refuse(*words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--languages", "de,xx"], "sample has no language 'xx'", id="language"),
        pytest.param(["--languages", "de"], "cannot fill x-y batches", id="one language for a hybrid"),
        pytest.param(["--train-data", "smaple"], "There is no dataset 'smaple'. Did you mean 'sample'", id="dataset"),
        pytest.param(["--train-data", "own.jsonl"], "There is no file own.jsonl", id="file of pairs"),
        pytest.param(["--strategy", "hybird"], "There is no strategy 'hybird'. Did you mean 'hybrid'", id="strategy"),
        pytest.param(["--strategy", "hybrid(alpha"], "'hybrid(alpha' is neither a name nor", id="strategy's form"),
        pytest.param(["--strategy", "x-y", "--alpha", "0.5"], "has no options, so not 'alpha'", id="alpha of x-y"),
        pytest.param(["--alpha", "1.5"], "alpha is 1.5", id="alpha above 1"),
        pytest.param(["--alpha", "-0.1"], "alpha is -0.1", id="alpha below 0"),
        pytest.param(["--alpha", "nan"], "alpha is nan", id="alpha not a number"),
        pytest.param(["--scale", "0"], "The scale is 0.0", id="scale"),
        pytest.param(
            ["--per_device_train_batch_size", "1000"], "sample holds 264 questions, fewer than a batch", id="batch"
        ),
        pytest.param(["--learning_rat", "1"], "'--learning_rat'. Did you mean --learning_rate?", id="argument"),
        pytest.param(["--strategi=x-y"], "'--strategi'. Did you mean --strategy?", id="misspelt option"),
        pytest.param(["--learning_rate", "fast"], "invalid float value: 'fast'", id="argument's value"),
        pytest.param(["--output_dir", "other"], "Use --output DIR.", id="host's output folder"),
        pytest.param(["--output-dir=other"], "Use --output DIR.", id="host's output folder, dashed"),
        pytest.param(["--model", "."], "The folder . holds no model", id="folder without model"),
        pytest.param(["--model", "./none"], "There is no model folder ./none", id="missing model folder"),
        pytest.param(["--model", "static:wide"], "The dimensions of 'static:wide' are 'wide'", id="dimensions"),
        pytest.param(["--passage-text", "sentence"], "'sample' has no option 'passage_text'", id="option of another"),
        pytest.param(["--select-by", "loss"], "--select-by is given without data", id="selection without data"),
        pytest.param(
            ["--eval-data", "sample", "--select_by", "mutli_map"], "'mutli_map'. Did you mean 'multi_map'?", id="metric"
        ),
        pytest.param(["--eval-data", "sample", "--eval-languages", "xx"], "has no language 'xx'", id="eval language"),
        pytest.param(["--eval-data", "none.jsonl"], "There is no file none.jsonl", id="eval file"),
        pytest.param(
            ["--eval-data", "sample", "--eval_strategy", "steps", "--save_strategy", "epoch"],
            "requires the save and eval strategy to match",
            id="strategies",
        ),
        pytest.param(["--metric_for_best_model", "x"], "Use --select-by NAME.", id="host's metric"),
        pytest.param(["--config", "none.yaml"], "There is no file none.yaml", id="config file"),
    ],
)
def test_bad_request_is_refused(refuse, words, message):
    assert message in refuse(*words)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1\nb: }", "run.yaml is not YAML"), ("- strategy", "is not a mapping"), ("lr: 1", "argument '--lr'")],
    ids=["syntax", "list", "unknown option"],
)
def test_bad_config_file_is_refused(refuse, tmp_path, text, message):
    (tmp_path / "run.yaml").write_text(text)
    assert message in refuse("--config", "run.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "holds neither xquad-r/en.json nor en.json"), ('{"data": [', "en.json is not a LAReQA file")],
    ids=["missing", "truncated"],
)
def test_bad_file_is_refused(refuse, tmp_path, text, message):
    (tmp_path / "data").mkdir()
    if text is not None:
        (tmp_path / "data" / "en.json").write_text(text)
    assert message in refuse("--train-data", "xquad-r", "--languages", "en", "--source", "data")


def test_group_given_twice_is_refused(refuse, tmp_path):
    row = {"group": "1", "language": "en", "question": "1?", "passage": "One."}
    (tmp_path / "own.jsonl").write_text(f"{json.dumps(row)}\n" * 2)
    assert "the group '1' has 'en' twice" in refuse("--train-data", "own.jsonl", "--languages", "en")
