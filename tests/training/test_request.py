import json
from dataclasses import replace
from pathlib import Path

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.arguments import arguments_as_json, parse_arguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.request import HOST_DEFAULTS, STATIC_DEFAULTS, TrainingRequest
from beir_hybrid.training.words import read_words


@pytest.fixture
def parse(tmp_path):
    def checked(*words, defaults=HOST_DEFAULTS):
        return parse_arguments(read_words(words), tmp_path / "checkpoints", defaults)

    return checked


@pytest.mark.parametrize("scale", [0, -1.0, float("nan")])
def test_scale_that_is_not_above_zero_is_refused(scale):
    with pytest.raises(ConfigurationError, match=r"scale is .* above 0"):
        TrainingRequest("static", "sample", Path("out"), scale=scale)


def test_evaluation_data_select_by_the_loss_unless_asked_otherwise():
    options = TrainingRequest("static", "sample", Path("out"), eval_data="sample")
    assert options.options()["select_by"] == options.select_by == "loss"
    asked = TrainingRequest("static", "sample", Path("out"), eval_data="sample", select_by="multi_map")
    assert asked.select_by == "multi_map"
    assert TrainingRequest("static", "sample", Path("out")).select_by is None


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"select_by": "loss"}, "--select-by"),
        ({"eval_languages": ("en",)}, "--eval-languages"),
        ({"eval_split": "dev"}, "--eval-split"),
    ],
)
def test_choices_of_evaluation_need_its_data(given, option):
    with pytest.raises(ConfigurationError, match=f"{option} is given without data .* Add --eval-data NAME"):
        TrainingRequest("static", "sample", Path("out"), **given)


def test_request_is_read_from_its_run(tmp_path, parse):
    asked = TrainingRequest("static:8", ("a", "b"), tmp_path, languages=("de", "en"), columns=("group=id",), alpha=0.3)
    asked = replace(asked, source=Path("data"))
    used = arguments_as_json(parse("--seed", "3", "--max_steps=7", defaults=asked.defaults))
    run = {"schema": 1, "options": asked.options(), "arguments": used}
    again = TrainingRequest.from_run(json.loads(json.dumps(run)))
    assert again == replace(asked, output=Path("model"), arguments={"seed": 3, "max_steps": 7})


def test_options_become_json():
    options = TrainingRequest("static", "sample", Path("out"), languages=("de", "en"), alpha=0.3)
    content = json.loads(json.dumps(options.options()))
    assert content["output"] == "out"
    assert content["languages"] == ["de", "en"]
    assert (content["alpha"], content["strategy"], content["source"]) == (0.3, "hybrid", None)


def test_host_arguments_are_parsed(parse, tmp_path):
    host = parse("--learning_rate", "2e-5", "--max_steps=7", "--seed", "3", "--lr_scheduler_type", "cosine")
    assert (host.learning_rate, host.max_steps, host.seed) == (2e-5, 7, 3)
    assert host.lr_scheduler_type == "cosine"
    assert host.output_dir == str(tmp_path / "checkpoints")


def test_dashes_are_taken_for_underscores(parse):
    assert parse("--learning-rate", "2e-5").learning_rate == 2e-5


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["--bf16"], True), (["--bf16", "true"], True), (["--bf16", "False"], False), ([], False)],
    ids=["bare", "true", "False", "absent"],
)
def test_flags_take_a_value_or_none(parse, words, expected):
    assert parse("--use_cpu", *words).bf16 is expected  # without --use_cpu the host wants a GPU for bf16


def test_structured_values_are_parsed(parse):
    host = parse("--accelerator_config", '{"even_batches": false}', "--label_names", "a", "b")
    assert host.accelerator_config.even_batches is False
    assert host.label_names == ["a", "b"]


def test_paper_values_are_the_defaults(parse):
    host = parse()
    assert {name: getattr(host, name) for name in HOST_DEFAULTS} == {**HOST_DEFAULTS, "report_to": []}


def test_static_defaults_need_larger_steps(parse):
    host = parse(defaults={**HOST_DEFAULTS, **STATIC_DEFAULTS})
    assert {name: getattr(host, name) for name in STATIC_DEFAULTS} == STATIC_DEFAULTS
    assert host.learning_rate > HOST_DEFAULTS["learning_rate"]


def test_given_values_go_before_defaults(parse):
    assert parse("--learning_rate", "1e-3", defaults=STATIC_DEFAULTS).learning_rate == 1e-3


@pytest.mark.parametrize(
    ("word", "name", "closest"),
    [
        ("--learnin_rate", "--learnin_rate", "--learning_rate"),
        ("--max-stesp=3", "--max_stesp", "--max_steps"),
        ("--num_epochs", "--num_epochs", "--num_train_epochs"),
        ("--alhpa", "--alhpa", "--alpha"),
    ],
)
def test_unknown_argument_names_the_closest(parse, word, name, closest):
    with pytest.raises(ConfigurationError, match=f"Unknown training argument '{name}'. Did you mean {closest}?"):
        parse(word)


def test_argument_unlike_any_other_points_to_the_help(parse):
    with pytest.raises(ConfigurationError, match=r"Unknown training argument '--zzz'\. See beir-hybrid train --help"):
        parse("--zzz", "1")


def test_arguments_are_not_abbreviated(parse):
    with pytest.raises(ConfigurationError, match="Unknown training argument '--learning'"):
        parse("--learning", "1")


@pytest.mark.parametrize(
    "words",
    [
        ["--learning_rate", "fast"],
        ["--learning_rate"],
        ["--max_steps", "2.5"],
        ["--bf16", "maybe"],
        ["--save_strategy", "sometimes"],
        ["--load_best_model_at_end"],  # the host wants an evaluation for it
    ],
    ids=" ".join,
)
def test_value_that_does_not_fit_is_named_in_one_line(parse, words):
    with pytest.raises(ConfigurationError) as caught:
        parse(*words)
    message = str(caught.value)
    assert words[0] in message
    assert message.count("Training arguments:") == 1
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("metric_for_best_model", "Use --select-by NAME"),
        ("greater_is_better", "metric of --select-by has its direction"),
    ],
)
def test_the_hosts_way_to_select_is_refused(parse, name, fix):
    with pytest.raises(ConfigurationError, match=f"--{name} is decided by our own options. .*{fix}"):
        parse(f"--{name}", "true")


@pytest.mark.parametrize("words", [["--output_dir", "x"], ["--output-dir=x"], ["--output_dir=x"]], ids=" ".join)
def test_output_folder_of_the_host_is_refused(parse, words):
    with pytest.raises(ConfigurationError, match="Use --output DIR"):
        parse(*words)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"languages": [["de"]]}, r"languages is \[\['de'\]\]\. Give a list of texts\."),
        ({"languages": [False]}, r"languages is \[False\]"),  # what YAML makes of no
        ({"train_data": ["sample", 3]}, r"train_data is \['sample', 3\]"),
        ({"model": 3}, r"model is 3\. Give a text\."),
        ({"model": None}, r"model is None\. Give a text\."),
        ({"source": 3}, r"source is 3\. Give a path\."),
        ({"arguments": 3}, r"arguments is 3\. Give a mapping, or a list of words\."),
    ],
)
def test_options_of_other_types_are_refused_in_one_line(given, told):
    with pytest.raises(ConfigurationError, match=told):
        TrainingRequest(**{"model": "static", "train_data": "sample", "output": Path("out"), **given})


def test_options_may_be_lists_and_paths_texts():
    request = TrainingRequest("static", ["a", "b"], "out", languages=["de", "en"], source="data", eval_languages=None)
    assert request == TrainingRequest("static", ("a", "b"), Path("out"), languages="de,en", source=Path("data"))


def test_saved_static_model_has_the_defaults_of_static_ones(tmp_path, pairs):
    static_model(pairs, 4).save(str(tmp_path / "static"))
    assert TrainingRequest(tmp_path / "static", "sample").defaults == {**HOST_DEFAULTS, **STATIC_DEFAULTS}
    assert TrainingRequest(tmp_path / "none", "sample").defaults == HOST_DEFAULTS
