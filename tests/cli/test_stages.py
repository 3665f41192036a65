import json

import pytest

TEXT = """\
model: static:8
languages: [de, en]
per_device_train_batch_size: 8
max_steps: 2
stages:
  - {name: warm, train_data: sample, strategy: x-x-mono}
  - {train_data: [sample], strategy: x-y, max_steps: 3, source_temperature: 2}
"""


@pytest.fixture
def stages(tmp_path):
    path = tmp_path / "stages.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_stages_are_trained_told_and_resumed_by_the_same_words(invoke, stages, tmp_path):
    words = ("train", "--config", stages, "--output", tmp_path / "out", "--learning_rate", "0.05")
    result = invoke(*words, "--resume")
    assert result.exception is None, result.output
    assert "Stage 1 of 2, warm, trained 2 steps" in result.output
    assert "Trained 3 steps" in result.output
    assert (tmp_path / "out" / "modules.json").is_file()
    run = json.loads((tmp_path / "out" / "2-x-y" / "run.json").read_text(encoding="utf-8"))
    assert run["options"]["languages"] == ["de", "en"]
    assert run["arguments"]["learning_rate"] == 0.05
    again = invoke(*words, "--resume")
    assert again.exit_code == 0
    assert "Nothing is left to resume" in again.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--strategy", "x-x"), "--strategy is for one training, and the file has several stages."),
        (("--query-length", "9"), "--query-length is for one training"),
        (("--max_step", "9"), "Stage 1, warm: Unknown training argument"),
        (("--resume", "--overwrite"), "Choose one"),
    ],
    ids=["option", "changes", "argument", "flags"],
)
def test_words_that_mean_one_training_are_refused(refused, stages, words, message):
    assert message in refused("train", "--config", stages, "--output", "out", *words)


def test_plan_shows_every_stage_with_its_own_numbers(invoke, stages, tmp_path):
    result = invoke("plan", "--config", stages, "--output", tmp_path / "plan.json")
    assert result.exception is None, result.output
    assert "Stage 1 of 2, warm" in result.output
    assert "3 steps of 8 x 1 examples" in result.output
    first, second = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))["stages"]
    assert (first["stage"], first["strategy"], first["batches"]) == ("warm", "x-x-mono", 2)
    assert (second["strategy"], second["sampling"]["temperature"]) == ("x-y", 2)


def test_plan_of_one_trainings_file_is_that_of_its_flags(invoke, tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text(TEXT.partition("stages")[0] + "train_data: sample\nstrategy: x-y\nlearning_rate: 0.1\n")
    flags = ("--train-data", "sample", "--languages", "de,en", "--batch-size", "8", "--steps", "2", "--strategy", "x-y")
    assert invoke("plan", "--config", path, "--output", tmp_path / "a.json").exception is None
    assert invoke("plan", *flags, "--output", tmp_path / "b.json").exception is None
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_picture_of_stages_is_refused(refused, stages):
    assert "--plot draws one training" in refused("plan", "--config", stages, "--plot", "plan.png")
