"""Choices of evaluation data, metric and steps that training cannot follow are refused before anything is made."""

import json

import pytest

from beir_hybrid.errors import ConfigurationError, LanguageError, UnknownNameError
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

SHORT = ("--per_device_train_batch_size", "4", "--max_steps", "6", "--disable_tqdm", "true", "--logging_strategy", "no")


@pytest.fixture
def train_file(tmp_path, pairs):
    path = tmp_path / "tiny.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")
    return str(path)


@pytest.fixture
def options(tmp_path, train_file):
    return lambda **given: TrainingRequest("static:8", train_file, tmp_path / "run", strategy="x-x-mono", **given)


@pytest.mark.parametrize(
    ("given", "words", "error", "message"),
    [
        pytest.param(
            {"select_by": "mulit_map"}, [], ConfigurationError, "'mulit_map'. Did you mean 'multi_map'", id="metric"
        ),
        pytest.param({"select_by": "los"}, [], ConfigurationError, "'los'. Did you mean 'loss'", id="loss"),
        pytest.param({"select_by": "multi_mapp"}, [], UnknownNameError, "'mapp'.*Did you mean 'map'", id="measure"),
        pytest.param({"select_by": "multi_ndcg"}, [], ConfigurationError, "'ndcg' needs a cut-off", id="cut-off"),
        pytest.param(
            {"select_by": "mono_rank_distance"}, [], ConfigurationError, "no metric 'mono_rank_distance'", id="kind"
        ),
        pytest.param(
            {"select_by": "multi_map", "eval_languages": ("en",)},
            [],
            ConfigurationError,
            "'multi_map'",
            id="pool",
        ),
        pytest.param({"eval_languages": ("xx",)}, [], LanguageError, "sample has no language 'xx'", id="language"),
        pytest.param({"eval_data": "smaple"}, [], UnknownNameError, "Did you mean 'sample'", id="data"),
        pytest.param({"eval_split": "none"}, [], ConfigurationError, "sample has no split 'none'", id="split"),
        pytest.param({}, ["--save_strategy", "no"], ConfigurationError, "save and eval strategy to match", id="none"),
        pytest.param(
            {},
            ["--eval_strategy", "steps", "--save_strategy", "epoch"],
            ConfigurationError,
            "save and eval strategy to match",
            id="strategies",
        ),
        pytest.param(
            {}, ["--eval_steps", "2", "--save_steps", "3"], ConfigurationError, "not a round multiple of 2", id="steps"
        ),
        pytest.param(
            {},
            ["--eval_steps", "2", "--save_steps", "4"],
            ConfigurationError,
            "evaluated every 2 steps and saved every 4. Give --eval_steps and",
            id="unsaved-steps",
        ),
        pytest.param(
            {}, ["--load_best_model_at_end", "false"], ConfigurationError, "load_best_model_at_end is off", id="off"
        ),
        pytest.param({}, ["--metric_for_best_model", "x"], ConfigurationError, "Use --select-by NAME", id="hosts"),
    ],
)
def test_bad_request_is_refused_in_one_line_and_leaves_no_folder(options, given, words, error, message):
    asked = options(**{"eval_data": "sample", **given})
    with pytest.raises(error, match=message) as caught:
        train(asked, [*SHORT, *words])
    assert "\n" not in str(caught.value)
    assert not asked.output.exists()


def test_file_of_pairs_has_no_collection_to_search(options, train_file):
    with pytest.raises(ConfigurationError, match=r"tiny\.jsonl is a file of pairs, and multi_map needs a collection"):
        train(options(eval_data=train_file, select_by="multi_map"), SHORT)
