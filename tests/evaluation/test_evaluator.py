import csv
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.evaluation import SequentialEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import ConfigurationError, ModelError, UnknownNameError
from beir_hybrid.evaluation import evaluator as evaluator_module
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
from beir_hybrid.evaluation.results import Results
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.trainer import HybridBatchTrainer

SCRIPT = Path(__file__).with_name("evaluator_script.py")
STEM = "Multilingual-Retrieval_evaluation"


@pytest.fixture
def model(pairs):
    torch.manual_seed(3)
    return static_model(pairs, 8)


@pytest.fixture
def trained(pairs, tmp_path):
    """Trains a model of this test, with or without an evaluator."""

    def run(evaluator=None, **options):
        torch.manual_seed(3)
        model = static_model(pairs, 8)
        evaluation = {} if evaluator is None else {"eval_strategy": "steps", "eval_steps": 2}
        args = HybridBatchTrainingArguments(
            output_dir=str(tmp_path / "out"),
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            per_device_train_batch_size=4,
            learning_rate=0.1,
            **{"max_steps": 4, "save_strategy": "no", **evaluation, **options},
        )
        trainer = HybridBatchTrainer(
            model=model,
            args=args,
            train_dataset=pairs.dataset(),
            evaluator=evaluator,
            loss=MultipleNegativesRankingLoss(model),
        )
        trainer.train()
        return trainer

    return run


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_metrics_are_those_of_the_evaluation(model, collection):
    scores = evaluate(model, collection).scores
    expected = {f"{kind}_{name}": value for kind, values in scores.items() for name, value in values.items()}
    evaluator = MultilingualRetrievalEvaluator(collection)
    metrics = evaluator(model)
    assert metrics == expected
    assert {"mono_map", "cross_map", "multi_map", "multi_recall@10", "multi_rank_distance"} <= metrics.keys()
    assert tuple(metrics) == evaluator.metrics
    assert {type(value) for value in metrics.values()} == {float}


def test_measures_are_chosen(model, collection):
    metrics = MultilingualRetrievalEvaluator(collection, measures=["map", "rank_distance"])(model)
    assert set(metrics) == {"mono_map", "cross_map", "multi_map", "multi_rank_distance"}


def test_name_stands_before_metrics_as_with_the_hosts_evaluators(model, collection):
    evaluator = MultilingualRetrievalEvaluator(collection, name="tiny", measures=["map"])
    for _ in range(2):
        assert set(evaluator(model)) == {"tiny_mono_map", "tiny_cross_map", "tiny_multi_map"}
        assert evaluator.primary_metric == "tiny_multi_map"


@pytest.mark.parametrize("name", ["multi", "mono_map"])
def test_name_that_looks_like_a_metric_stands_before_it_too(model, collection, name):
    evaluator = MultilingualRetrievalEvaluator(collection, name=name)
    assert evaluator.primary_metric == f"{name}_multi_map"
    assert evaluator.primary_metric in evaluator(model)


def test_one_language_is_judged_by_the_monolingual_map(model, collection):
    evaluator = MultilingualRetrievalEvaluator(collection.select(["en"]))
    assert evaluator.primary_metric == "mono_map"
    assert all(metric.startswith("mono_") for metric in evaluator(model))


def test_without_map_the_first_metric_stands_for_the_model(collection):
    assert MultilingualRetrievalEvaluator(collection, measures=["ndcg@10"]).primary_metric == "mono_ndcg@10"


def test_metric_that_has_a_direction_stands_for_the_model(collection):
    evaluator = MultilingualRetrievalEvaluator(collection, measures=["language_share@3", "rank_distance"])
    assert (evaluator.primary_metric, evaluator.greater_is_better) == ("multi_rank_distance", False)


@pytest.mark.parametrize(("metric", "greater"), [("multi_rank_distance", False), ("cross_recall@1", True)])
def test_direction_is_the_measures(collection, metric, greater):
    evaluator = MultilingualRetrievalEvaluator(collection, primary_metric=metric)
    assert (evaluator.primary_metric, evaluator.greater_is_better) == (metric, greater)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("mulit_map", r"'mulit_map'. Did you mean 'multi_map'\? Known: cross_map, "),
        ("mono_rank_distance", "no metric 'mono_rank_distance'"),
        ("map", r"no metric 'map'"),
    ],
)
def test_primary_metric_that_does_not_exist_is_refused_before_training(collection, metric, message):
    with pytest.raises(ConfigurationError, match=message):
        MultilingualRetrievalEvaluator(collection, primary_metric=metric)


def test_multilingual_metric_of_one_language_is_refused(collection):
    with pytest.raises(ConfigurationError, match=r"no metric 'multi_map'.*Known: mono_map, "):
        MultilingualRetrievalEvaluator(collection.select(["en"]), primary_metric="multi_map")


def test_metric_without_a_direction_cannot_stand_for_the_model(collection):
    with pytest.raises(ConfigurationError, match="Neither a high nor a low multi_same_language_share@3 is better"):
        MultilingualRetrievalEvaluator(
            collection, measures=["same_language_share@3"], primary_metric="multi_same_language_share@3"
        )


@pytest.mark.parametrize("measures", [["bias"], ["one_target_map"], ["language_share[de]@3", "map"]], ids=str)
def test_metrics_of_each_language_are_known_beforehand(model, collection, measures):
    evaluator = MultilingualRetrievalEvaluator(collection, measures=measures)
    scores = evaluate(model, collection, measures=measures, intervals=False).scores
    expected = {f"{kind}_{name}": value for kind, values in scores.items() for name, value in values.items()}
    assert set(evaluator.metrics) == expected.keys()
    assert evaluator(model) == pytest.approx(expected, nan_ok=True)


def test_measures_of_the_collection_are_taken(model, collection):
    own = replace(collection, measures=("ndcg@3",))
    assert set(MultilingualRetrievalEvaluator(own)(model)) == {"mono_ndcg@3", "cross_ndcg@3", "multi_ndcg@3"}


def test_unknown_measure_is_refused_before_training(collection):
    with pytest.raises(UnknownNameError, match=r"'mapp'.*Did you mean 'map'"):
        MultilingualRetrievalEvaluator(collection, measures=["mapp"])


def test_measures_that_never_apply_are_refused(collection):
    with pytest.raises(
        ConfigurationError, match="rank_distance compares languages, and no setting of tiny has several"
    ):
        MultilingualRetrievalEvaluator(collection.select(["en"]), measures=["rank_distance"])


def test_table_has_a_row_for_each_evaluation_and_results_their_settings(model, collection, tmp_path):
    evaluator = MultilingualRetrievalEvaluator(collection, name="tiny", measures=["map"])
    first = evaluator(model, str(tmp_path / "eval"), epoch=0.5, steps=2)
    evaluator(model, str(tmp_path / "eval"), epoch=1.0, steps=4)
    table = rows(tmp_path / "eval" / f"{STEM}_tiny_results.csv")
    assert [(row["epoch"], row["steps"]) for row in table] == [("0.5", "2"), ("1.0", "4")]
    assert float(table[0]["multi_map"]) == first["tiny_multi_map"]
    assert list(table[0]) == ["epoch", "steps", "mono_map", "cross_map", "multi_map"]
    results = Results.load(tmp_path / "eval" / f"{STEM}_tiny_results" / "step-2")
    assert results.scores["multi"]["map"] == first["tiny_multi_map"]
    assert "en-de" in results.settings


def test_files_are_left_out_on_request(model, collection, tmp_path):
    MultilingualRetrievalEvaluator(collection, write_csv=False, write_json=False)(model, str(tmp_path))
    MultilingualRetrievalEvaluator(collection)(model)
    assert not list(tmp_path.iterdir())


def test_results_outside_training_have_one_folder(model, collection, tmp_path):
    MultilingualRetrievalEvaluator(collection)(model, str(tmp_path))
    assert (tmp_path / f"{STEM}_results" / "results.json").is_file()


def test_modes_of_the_modules_are_put_back(model, collection):
    model.append(torch.nn.Identity())
    model.train()
    model[1].eval()  # frozen by its user
    MultilingualRetrievalEvaluator(collection)(model)
    assert [module.training for module in model] == [True, False]


def test_random_state_is_put_back_even_if_the_model_draws(model, collection, monkeypatch):
    forward = type(model[0]).forward
    drawn = []

    def noisy(module, features, **options):
        drawn.append(torch.rand(1))
        return forward(module, features, **options)

    monkeypatch.setattr(type(model[0]), "forward", noisy)
    before = torch.random.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    MultilingualRetrievalEvaluator(collection)(model)
    assert drawn
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before[1:]


def test_model_that_diverged_is_told_with_its_modes_put_back(model, collection):
    with torch.no_grad():
        model[0].embedding.weight.fill_(float("nan"))
    model.train()
    with pytest.raises(ModelError, match="not finite"):
        MultilingualRetrievalEvaluator(collection)(model)
    assert model.training


def test_trainer_logs_the_metrics(trained, collection):
    trainer = trained(MultilingualRetrievalEvaluator(collection))
    logged = [row["eval_multi_map"] for row in trainer.state.log_history if "eval_multi_map" in row]
    assert len(logged) == 2
    assert trainer.evaluate()["eval_multi_map"] == logged[1]


def test_trainer_keeps_the_best_checkpoint(trained, collection, monkeypatch):
    values = iter([0.2, 0.6, 0.4])

    def scripted(*args, **options):
        results = evaluate(*args, **options)
        results.scores["multi"]["map"] = next(values)
        return results

    monkeypatch.setattr(evaluator_module, "evaluate", scripted)
    trainer = trained(
        MultilingualRetrievalEvaluator(collection, name="tiny"),
        metric_for_best_model="eval_tiny_multi_map",
        load_best_model_at_end=True,
        save_strategy="steps",
        save_steps=2,
        max_steps=6,
    )
    best = Path(trainer.state.best_model_checkpoint)
    assert (best.name, trainer.state.best_metric) == ("checkpoint-4", 0.6)
    kept = SentenceTransformer(str(best)).state_dict()
    assert all(torch.equal(weights, kept[name]) for name, weights in trainer.model.state_dict().items())
    # the card tells of the model that is kept, not of the last one
    [metrics] = trainer.model.model_card_data.eval_results_dict.values()
    assert metrics["tiny_multi_map"] == 0.6


def test_best_checkpoint_that_cannot_be_loaded_is_an_error(trained, collection, monkeypatch):
    def broken(trainer, path):
        raise OSError("disk")

    monkeypatch.setattr(HybridBatchTrainer, "_load_from_checkpoint", broken)
    with pytest.raises(ModelError, match=r"best checkpoint .*checkpoint-\d cannot be loaded \(OSError\)"):
        trained(
            MultilingualRetrievalEvaluator(collection),
            metric_for_best_model="multi_map",
            load_best_model_at_end=True,
            save_strategy="steps",
            save_steps=2,
        )


def test_training_is_the_same_with_and_without(trained, collection, collated):
    without = trained().model.state_dict()
    plain = list(collated)
    collated.clear()
    weights = trained(MultilingualRetrievalEvaluator(collection)).model.state_dict()
    assert collated == plain
    assert all(torch.equal(weights[name], without[name]) for name in without)


def test_host_joins_several_evaluators(model, collection):
    parts = [MultilingualRetrievalEvaluator(collection.select(["en"]), name="en", measures=["map"])]
    parts.append(MultilingualRetrievalEvaluator(collection, name="all", measures=["map"]))
    metrics = SequentialEvaluator(parts)(model)
    assert metrics["sequential_score"] == metrics["all_multi_map"]
    assert "en_mono_map" in metrics


def test_card_tells_what_was_evaluated(model, collection):
    evaluator = MultilingualRetrievalEvaluator(collection, measures=["map"])
    assert evaluator.description == "Multilingual Retrieval"
    assert json.loads(json.dumps(evaluator.get_config_dict())) == {
        "dataset": "tiny",
        "languages": ["de", "en", "es"],
        "passage_text": "sentence",
        "measures": ["map"],
    }
    evaluator(model)
    assert model.model_card_data.format_eval_metrics()["eval_metrics"][0]["description"] == "Multilingual Retrieval"


def launch(processes, folder, *words):
    """Run the script on some processes; gives the exit code."""
    folder.mkdir()
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [*start, str(SCRIPT), str(folder), *words]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=240).returncode


def test_two_processes_share_the_encoding_and_have_the_same_metrics(tmp_path):
    assert launch(2, tmp_path / "run") == 0
    ranks = [json.loads((tmp_path / "run" / f"{rank}.json").read_text()) for rank in (0, 1)]
    timings = {"eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}
    logged = [[{name: row[name] for name in row.keys() - timings} for row in rank["logged"]] for rank in ranks]
    assert logged[0] == logged[1]
    assert [row["step"] for row in logged[0]] == [2, 4]
    collection = load_dataset("sample", languages=["de", "en"])
    texts = {text for queries in collection.queries.values() for text in queries.values()}
    texts |= {passage.searchable for passages in collection.corpora.values() for passage in passages.values()}
    encoded = [text for rank in ranks for _, text in rank["encoded"]]
    assert sorted(encoded) == sorted(texts)
    assert all(len(rank["encoded"]) >= len(texts) // 2 - 1 for rank in ranks)
    # the weights of the last step, evaluated by one process
    alone = MultilingualRetrievalEvaluator(collection)(SentenceTransformer(str(tmp_path / "run" / "model")))
    assert {name: logged[0][1][f"eval_{name}"] for name in alone} == alone
    [results] = (tmp_path / "run" / "checkpoints" / "eval").glob("*.csv")
    assert len(rows(results)) == 2


@pytest.mark.slow
def test_evaluation_that_fails_ends_all_processes(tmp_path):
    assert launch(2, tmp_path / "run", "broken") != 0
    assert not list((tmp_path / "run").glob("*.json"))
