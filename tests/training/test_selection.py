import json
import logging
import os
import shutil
import subprocess
import sys

import pytest
import torch
from sentence_transformers import SentenceTransformer

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation import evaluator as evaluator_module
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.selection import load_selection
from beir_hybrid.training.train import train

SHORT = ("--per_device_train_batch_size", "4", "--max_steps", "6", "--disable_tqdm", "true", "--logging_strategy", "no")
STEPS = (*SHORT, "--eval_steps", "2", "--learning_rate", "0.5")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def train_file(tmp_path, pairs):
    return write(tmp_path / "tiny.jsonl", pairs.table.to_pylist())


@pytest.fixture
def wrong_file(tmp_path, pairs):
    """The same questions, each with another one's answer: the better a model learns, the higher its loss on them."""
    rows = pairs.table.to_pylist()
    return write(
        tmp_path / "wrong.jsonl",
        [{**row, "passage": f"{row['language']} passage {(int(row['group'][1:]) + 1) % 12}"} for row in rows],
    )


@pytest.fixture
def options(tmp_path, train_file):
    def make(output="run", **given):
        # so small a scale makes the loss follow what is learnt from the first step on
        given = {"strategy": "x-x-mono", "scale": 1.0, **given}
        return TrainingRequest("static:8", train_file, tmp_path / output, **given)

    return make


@pytest.fixture
def scripted(monkeypatch):
    """Makes the evaluations of this test find some values of one multilingual measure, one after the other."""

    def install(measure, *values):
        left = list(values)

        def run(*args, **options):
            results = evaluate(*args, **options)
            results.scores["multi"][measure] = left.pop(0)
            return results

        monkeypatch.setattr(evaluator_module, "evaluate", run)

    return install


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def evaluations(folder, key):
    """The values of a metric by step, as the last checkpoint's state has them."""
    last = max((folder / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    return {row["step"]: row[key] for row in read(last / "trainer_state.json")["log_history"] if key in row}


def test_model_with_the_lowest_loss_is_saved(options, wrong_file):
    trained = train(options(eval_data=wrong_file), STEPS)
    losses = evaluations(trained.folder, "eval_loss")
    assert set(losses) == {2, 4, 6}
    assert losses[2] < losses[4] < losses[6]
    assert (trained.selected.by, trained.selected.step, trained.selected.value) == ("loss", 2, losses[2])
    assert trained.steps == 6
    assert weights(trained.folder) == weights(trained.folder / "checkpoints" / "checkpoint-2")
    assert weights(trained.folder) != weights(trained.folder / "checkpoints" / "checkpoint-6")
    kept = SentenceTransformer(str(trained.folder)).state_dict()
    assert all(torch.equal(tensor, kept[name]) for name, tensor in trained.model.state_dict().items())


def test_best_checkpoint_is_read_without_pickles(options, wrong_file, monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("a pickle is read")

    monkeypatch.setattr(torch, "load", refuse)
    assert train(options(eval_data=wrong_file), STEPS).selected.step == 2


def test_selected_step_is_told_in_summary_request_and_card(options, wrong_file):
    folder = train(options(eval_data=wrong_file), STEPS).folder
    value = evaluations(folder, "eval_loss")[2]
    assert read(folder / "training.json")["selected"] == {"by": "loss", "value": value, "step": 2}
    asked = read(folder / "run.json")["options"]
    assert (asked["eval_data"], asked["select_by"], asked["eval_languages"]) == (wrong_file, "loss", None)
    assert f"- **Selected:** step 2 of 6, loss {value:.4f} on wrong (en)\n" in (folder / "README.md").read_text()


def test_without_evaluation_data_the_last_model_is_kept(options):
    trained = train(options(), [*SHORT, "--save_steps", "2"])
    assert trained.selected is None
    assert "selected" not in read(trained.folder / "training.json")
    assert weights(trained.folder) == weights(trained.folder / "checkpoints" / "checkpoint-6")


@pytest.mark.parametrize(
    ("select_by", "measure", "values"),
    [
        pytest.param("multi_map", "map", [0.2, 0.6, 0.4], id="highest"),
        pytest.param("multi_rank_distance", "rank_distance", [9.0, 3.0, 5.0], id="lowest"),
        pytest.param("multi_ndcg@3", "ndcg@3", [0.2, 0.6, 0.4], id="not-among-the-defaults"),
    ],
)
def test_model_with_the_best_metric_is_saved(options, scripted, select_by, measure, values):
    scripted(measure, *values)
    asked = options(eval_data="sample", eval_languages=("de", "en"), select_by=select_by)
    trained = train(asked, STEPS)
    assert (trained.selected.by, trained.selected.step, trained.selected.value) == (select_by, 4, values[1])
    assert weights(trained.folder) == weights(trained.folder / "checkpoints" / "checkpoint-4")
    assert evaluations(trained.folder, f"eval_{select_by}") == dict(zip([2, 4, 6], values, strict=True))
    card = (trained.folder / "README.md").read_text()
    assert f"- **Selected:** step 4 of 6, {select_by} {values[1]:.4f} on sample (de, en)\n" in card
    assert f"| **{select_by}** | **{values[1]}" in " ".join(card.split())  # the metrics of the model that is saved


def test_every_epoch_is_evaluated_and_saved_unless_asked_otherwise(options, wrong_file):
    words = ("--per_device_train_batch_size", "4", "--num_train_epochs", "2", "--disable_tqdm", "true")
    folder = train(options(eval_data=wrong_file), words).folder
    assert {path.name for path in (folder / "checkpoints").iterdir()} == {"checkpoint-8", "checkpoint-16"}
    assert set(evaluations(folder, "eval_loss")) == {8, 16}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("epoch", "epoch")),
        (["--eval_strategy", "steps", "--eval-steps=3"], ("steps", "steps", 3, 3)),
        (["--save_steps", "3"], ("steps", "steps", 3, 3)),
        (["--save-strategy=epoch"], ("epoch", "epoch")),
        (["--save_strategy", "best", "--eval_strategy", "steps", "--eval_steps", "3"], ("steps", "best", 3)),
        (["--save_strategy", "best"], ("epoch", "best")),
    ],
    ids=["nothing", "evaluation", "saving", "saving-by-epoch", "best-by-steps", "best"],
)
def test_evaluation_and_saving_follow_each_other(options, wrong_file, words, expected):
    asked = options(eval_data=wrong_file)
    host = read(train(asked, [*SHORT, *words]).folder / "run.json")["arguments"]
    strategies = (host["eval_strategy"], host["save_strategy"])
    assert (*strategies, *([host["eval_steps"], host["save_steps"]][: len(expected) - 2])) == expected
    assert (host["metric_for_best_model"], host["greater_is_better"]) == ("eval_loss", False)
    assert host["per_device_eval_batch_size"] == 4


def test_checkpoints_are_saved_only_when_they_are_the_best(options, wrong_file):
    folder = train(
        options(eval_data=wrong_file), [*STEPS, "--eval_strategy", "steps", "--save_strategy", "best"]
    ).folder
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert read(folder / "training.json")["selected"]["step"] == 2


def test_best_checkpoint_outlives_the_limit_on_checkpoints(options, wrong_file):
    folder = train(options(eval_data=wrong_file), [*STEPS, "--save_total_limit", "1"]).folder
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert weights(folder) == weights(folder / "checkpoints" / "checkpoint-2")


def anchors(selection):
    return selection.dataset["anchor"][:]


def test_loss_is_over_questions_and_passages_of_english(options, train_file):
    selection = load_selection(options(eval_data=train_file), 32)
    assert selection.data == "tiny (en)"
    assert anchors(selection) == [f"en question {number}" for number in range(12)]
    assert selection.dataset["positive"][:] == [f"en passage {number}" for number in range(12)]


def test_loss_is_over_other_languages_one_after_the_other(options, train_file):
    selection = load_selection(options(eval_data=train_file, eval_languages=("es", "de")), 32)
    expected = [f"de question {n}" for n in range(12) if n != 10] + [f"es question {n}" for n in range(11)]
    assert anchors(selection) == expected


def test_questions_with_the_same_passage_lie_apart(options, tmp_path):
    rows = [
        {"group": f"{n}", "language": language, "question": f"{language} {n}?", "passage": f"{language} {n // 3}."}
        for n in range(12)
        for language in ("en", "de")
    ]
    chosen = options(eval_data=write(tmp_path / "other.jsonl", rows), eval_languages=("en", "de"))
    passages = load_selection(chosen, 32).dataset["positive"][:]
    assert passages == [f"{language} {n}." for language in ("de", "en") for _ in range(3) for n in range(4)]


def test_data_without_english_are_taken_whole(options, pairs, tmp_path):
    other = write(tmp_path / "other.jsonl", pairs.select(["de", "es"]).table.to_pylist())
    assert load_selection(options(eval_data=other), 32).data == "other (de, es)"


def test_arrow_file_decides_as_lines_do(options, train_file, tmp_path, pairs):
    pairs.save(tmp_path / "tiny.arrow")
    arrow = load_selection(options(eval_data=str(tmp_path / "tiny.arrow")), 32)
    assert anchors(arrow) == anchors(load_selection(options(eval_data=train_file), 32))


def test_evaluation_batches_are_in_order_with_the_prefixes(options, train_file, collated, caplog):
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        train(options(eval_data=train_file), STEPS)
    plain = [[f"en question {n}" for n in range(start, start + 4)] for start in (0, 4, 8)]
    batches = [[row["anchor"] for row in batch] for batch in collated]
    assert [batch for batch in batches if batch in plain] == plain * 3
    assert "evaluation dataset" not in caplog.text


def test_split_and_passage_text_reach_the_dataset(options, monkeypatch):
    from beir_hybrid.training import selection

    asked = {}
    monkeypatch.setattr(selection, "load_dataset", lambda *args, **given: asked.update(given) or load_dataset(args[0]))
    load_selection(
        options(eval_data="sample", eval_split="dev", passage_text="sentence+context", select_by="multi_map"), 32
    )
    assert asked == {"split": "dev", "passage_text": "sentence+context"}


def test_training_batches_are_the_same_with_and_without_evaluation(options, wrong_file, collated):
    train(options("without"), [*SHORT, "--learning_rate", "0.5"])
    plain = list(collated)
    collated.clear()
    folder = train(options("with", eval_data=wrong_file), STEPS).folder
    assert [batch for batch in collated if not wrong(batch)] == plain
    assert read(folder / "batches.json")["drawn"] == read(options("without").output / "batches.json")["drawn"]
    assert weights(folder / "checkpoints" / "checkpoint-6") == weights(options("without").output)


def wrong(batch):
    """Tell whether a batch's questions have others' answers, which those of the training never have."""
    return all(row["anchor"].split()[-1] != row["positive"].split()[-1] for row in batch)


def interrupt(folder, *gone):
    """Leave of a finished run what a killed one leaves."""
    for entry in folder.iterdir():
        if entry.name not in {"run.json", "checkpoints"}:
            entry.unlink()
    for step in gone:
        shutil.rmtree(folder / "checkpoints" / f"checkpoint-{step}")


def test_resumed_run_selects_as_a_whole_one_does(options, wrong_file):
    whole = train(options("whole", eval_data=wrong_file), STEPS).folder
    cut = train(options("cut", eval_data=wrong_file), STEPS).folder
    interrupt(cut, 6)
    trained = train(options("cut", eval_data=wrong_file, resume=True), STEPS)
    assert trained.selected == train(options("again", eval_data=wrong_file), STEPS).selected
    assert weights(cut) == weights(whole)
    assert read(cut / "training.json")["selected"] == read(whole / "training.json")["selected"]


def test_run_resumed_in_another_folder_finds_its_best_checkpoint(options, wrong_file):
    first = train(options("first", eval_data=wrong_file), STEPS).folder
    best = weights(first)
    interrupt(first, 6)
    first.rename(options("second").output)
    trained = train(options("second", eval_data=wrong_file, resume=True), STEPS)
    assert trained.selected.step == 2
    assert weights(trained.folder) == best


def test_run_resumed_without_its_best_checkpoint_selects_from_the_rest(options, wrong_file, caplog):
    folder = train(options(eval_data=wrong_file), STEPS).folder
    interrupt(folder, 2, 6)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trained = train(options(eval_data=wrong_file, resume=True), STEPS)
    assert "checkpoint-2, the best checkpoint, is gone" in caplog.text
    assert trained.selected.step == 6
    assert weights(folder) == weights(folder / "checkpoints" / "checkpoint-6")


def test_run_resumed_with_a_damaged_best_checkpoint_selects_from_the_rest(options, wrong_file, caplog):
    folder = train(options(eval_data=wrong_file), STEPS).folder
    interrupt(folder, 6)
    (folder / "checkpoints" / "checkpoint-2" / "model.safetensors").write_bytes(b"")
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trained = train(options(eval_data=wrong_file, resume=True), STEPS)
    assert "checkpoint-2, the best checkpoint, is damaged (model.safetensors has 0 bytes" in caplog.text
    assert trained.selected.step == 6
    assert weights(folder) == weights(folder / "checkpoints" / "checkpoint-6")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"select_by": "multi_map"}, "select_by: 'loss' before, 'multi_map' now"),
        ({"eval_languages": ("de",)}, r"eval_languages: None before, \['de'\] now"),
    ],
)
def test_resuming_with_another_selection_is_refused(options, wrong_file, given, message):
    folder = train(options(eval_data=wrong_file), STEPS).folder
    interrupt(folder, 6)
    with pytest.raises(ConfigurationError, match=message):
        train(options(eval_data=wrong_file, resume=True, **given), STEPS)


def test_run_that_was_never_evaluated_keeps_its_last_model(options, wrong_file, caplog):
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trained = train(options(eval_data=wrong_file), [*STEPS, "--eval_delay", "100"])
    assert trained.selected is None
    assert "No evaluation has a loss, so the last model is kept" in caplog.text
    assert weights(trained.folder) == weights(trained.folder / "checkpoints" / "checkpoint-6")


def test_two_processes_select_the_same_checkpoint(tmp_path, wrong_file, train_file):
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    words = ["-m", "beir_hybrid.cli.main", "train", "--model", "static:8", "--train-data", train_file]
    data = ["--eval-data", "sample", "--eval-languages", "de,en", "--select-by", "multi_map"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [*start, *words, *data, "--output", str(tmp_path / "run"), *STEPS]
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=240)
    folder = tmp_path / "run"
    values = evaluations(folder, "eval_multi_map")
    chosen = read(folder / "training.json")["selected"]
    assert chosen == {"by": "multi_map", "value": max(values.values()), "step": max(values, key=values.__getitem__)}
    assert weights(folder) == weights(folder / "checkpoints" / f"checkpoint-{chosen['step']}")
    collection = load_dataset("sample", languages=["de", "en"])
    alone = MultilingualRetrievalEvaluator(collection)(SentenceTransformer(str(folder)))
    assert alone["multi_map"] == chosen["value"]
