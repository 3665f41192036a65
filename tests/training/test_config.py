from pathlib import Path

import pytest
import yaml

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.training.arguments import parse_arguments
from beir_hybrid.training.config import read_config
from beir_hybrid.training.request import HOST_DEFAULTS, TrainingRequest
from beir_hybrid.training.words import read_words, write_words

# ten aliases of ten aliases, nine times over
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9))


@pytest.fixture
def parse(tmp_path):
    def checked(*words, defaults=HOST_DEFAULTS):
        return parse_arguments(read_words(words), tmp_path / "checkpoints", defaults)

    return checked


@pytest.fixture
def config(tmp_path):
    def read(text):
        path = tmp_path / "run.yaml"
        path.write_text(text, encoding="utf-8")
        read_file = read_config(path)
        return read_file.options, read_file.arguments

    return read


def test_config_divides_options_and_host_words(config):
    options, arguments = config(
        "model: static\ntrain-data: sample\nquery_prefix: 'Q: '\nalpha: 0.3\nmax_steps: 5\nlearning-rate: 0.001\n"
    )
    assert options == {"model": "static", "train_data": ["sample"], "query_prefix": "Q: ", "alpha": 0.3}
    assert arguments == {"max_steps": 5, "learning_rate": 0.001}


@pytest.mark.parametrize("written", ["2e-5", "2.0e-5", "0.00002"])
def test_small_numbers_reach_the_host_however_written(config, parse, written):
    _, arguments = config(f"learning_rate: {written}\n")  # YAML 1.1 takes 2e-5 for a text
    assert parse(*write_words(arguments)).learning_rate == 2e-5


@pytest.mark.parametrize(("written", "expected"), [("true", True), ("false", False), ("yes", True), ("off", False)])
def test_truth_values_reach_the_host(config, parse, written, expected):
    _, arguments = config(f"use_cpu: true\nbf16: {written}\n")
    assert parse(*write_words(arguments)).bf16 is expected


def test_lists_and_mappings_reach_the_host(config, parse):
    _, arguments = config("label_names: [a, b]\naccelerator_config: {even_batches: false}\n")
    host = parse(*write_words(arguments))
    assert host.label_names == ["a", "b"]
    assert host.accelerator_config.even_batches is False


@pytest.mark.parametrize("written", ["[de, en]", "de,en", "\n  - de\n  - en"], ids=["list", "text", "lines"])
def test_languages_are_joined_as_on_the_command_line(config, written):
    assert config(f"languages: {written}\n")[0] == {"languages": "de,en"}


def test_options_of_the_evaluation_are_ours(config):
    written = "eval-data: xquad-r\neval_languages: [en, de]\neval-split: dev\nselect-by: multi_map\neval_steps: 5\n"
    options, arguments = config(written)
    assert options == {
        "eval_data": "xquad-r",
        "eval_languages": "en,de",
        "eval_split": "dev",
        "select_by": "multi_map",
    }
    assert arguments == {"eval_steps": 5}


def test_truth_values_of_our_options_are_kept(config):
    assert config("overwrite: true\n") == ({"overwrite": True}, {})


def test_host_arguments_without_a_value_are_left_out(config):
    assert config("max_steps:\nseed: 1\n") == ({}, {"max_steps": None, "seed": 1})


def test_empty_config_gives_nothing(config):
    assert config("# nothing yet\n") == ({}, {})


def test_saved_options_are_read_again(config):
    options = TrainingRequest("static", ["sample"], Path("out"), strategy="hybrid(alpha=0.3)", scale=15.0)
    assert config(yaml.safe_dump(options.options()))[0] == options.options()


def test_command_lines_commas_are_read_in_a_config_too(config):
    options, arguments = config("source_weights: 1,2\nlanguage_pairs: en-de,en-en\n")
    assert options == {}
    assert write_words(arguments) == ["--source_weights", "1", "2", "--language_pairs", "en-de", "en-en"]


def test_missing_data_in_a_config_are_left_to_the_command(config):
    assert config("train_data:\n") == ({}, {})


@pytest.mark.parametrize("text", ["resume: 3\n", "overwrite: yes please\n"])
def test_truth_values_that_are_none_are_refused(config, text):
    with pytest.raises(ConfigurationError, match="Write true or false"):
        config(text)


@pytest.mark.parametrize("text", ["- a\n- b\n", "text\n", "7\n"], ids=["list", "text", "number"])
def test_config_that_is_no_mapping_is_refused(config, text):
    with pytest.raises(ConfigurationError, match=r"is not a mapping\..*strategy: hybrid"):
        config(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(BOMB, "expands to more than 100,000 values", id="aliases"),
        pytest.param("seed: 1\nseed: 2\n", "line 2: the key 'seed' is given twice", id="twice"),
        pytest.param(
            "a: 1\neval-data: x\neval_data: y\n", "line 3: eval_data is given twice", id="twice-spelt-otherwise"
        ),
        pytest.param("a: 1\nscale: {a: 1}\n", "line 2: scale is {'a': 1}. Write one value", id="mapping"),
        pytest.param("languages: [[de], en]\n", "line 1: languages is [['de'], 'en']. Write one", id="list-of-lists"),
        pytest.param("run_name: 2024-01-02\n", "line 1: 2024-01-02 is not a plain value. Put it in quotes.", id="date"),
    ],
)
def test_config_of_other_than_plain_options_is_refused_in_one_line(config, text, told):
    with pytest.raises(ConfigurationError) as caught:
        config(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_config_without_options_is_empty(config, text):
    assert config(text) == ({}, {})


def test_config_that_is_no_yaml_is_refused_in_one_line(config):
    with pytest.raises(ConfigurationError, match="is not YAML") as caught:
        config("a: [1, 2\nb: }\n")
    assert "\n" not in str(caught.value)


def test_config_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_bytes(b"model: \xff\xfe\n")
    with pytest.raises(ConfigurationError, match="is not YAML"):
        read_config(path)


def test_missing_config_is_named(tmp_path):
    with pytest.raises(MissingDataError, match=r"no file .*absent\.yaml"):
        read_config(tmp_path / "absent.yaml")
