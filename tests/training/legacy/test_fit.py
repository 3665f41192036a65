import inspect
import logging
import runpy
import sys
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.sentence_transformer import SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Dense
from sentence_transformers.sentence_transformer.readers import InputExample
from torch.utils.data import DataLoader

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.loader import HybridBatchDataLoader
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.checkpoints import flaw
from beir_hybrid.training.legacy.fit import fit

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where the host's own fit makes a folder of checkpoints


@pytest.fixture
def model(pairs):
    torch.manual_seed(0)
    return static_model(pairs, 8)


@pytest.fixture
def loader(pairs):
    return HybridBatchDataLoader(pairs, 4, seed=5)


def quietly(model, objectives, evaluator=None, **options):
    defaults = {"warmup_steps": 0, "optimizer_params": {"lr": 0.01}, "show_progress_bar": False}
    fit(model, objectives, evaluator, **defaults | options)


def drawn(loader, *epochs):
    """The batches of a loader's epochs, as the Trainer's rows."""
    batches = []
    for epoch in epochs:
        loader.set_epoch(epoch)
        batches += [[(*example.texts, example.label) for example in batch] for batch in loader]
    loader.set_epoch(0)
    return batches


def seen(collated):
    return [[(row["anchor"], row["positive"], row["label"]) for row in batch] for batch in collated]


class Scores(BaseEvaluator):
    """Gives scores in turn, and keeps what it was called with and how the model was then."""

    def __init__(self, *scores, metric=None, greater_is_better=True):
        super().__init__()
        self.scores, self.primary_metric, self.greater_is_better = [*scores], metric, greater_is_better
        self.calls, self.vectors = [], []

    def __call__(self, model, output_path=None, epoch=-1, steps=-1):
        self.calls.append((output_path, epoch, steps))
        self.vectors.append(model.encode("de question 1"))
        score = self.scores[len(self.calls) - 1]
        return score if self.primary_metric is None else {"other": 0.0, self.primary_metric: score}


def test_parameters_are_the_hosts():
    ours = [*inspect.signature(fit).parameters.values()]
    host = [*inspect.signature(SentenceTransformer.fit).parameters.values()]
    assert ours[0].name == "model"
    assert [parameter.name for parameter in ours[1:]] == [parameter.name for parameter in host[1:]]
    assert [parameter.default for parameter in ours[1:]] == [parameter.default for parameter in host[1:]]
    assert {parameter.kind for parameter in ours} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_batches_of_every_epoch_are_the_planned_ones(model, loader, collated):
    before = model.encode("de question 1")
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], epochs=2)
    assert seen(collated) == drawn(loader, 0, 1)
    assert abs(model.encode("de question 1") - before).max() > 1e-3


def test_a_model_comes_out_as_from_old_fit(pairs):
    options = {"epochs": 2, "warmup_steps": 3, "optimizer_params": {"lr": 0.01}, "show_progress_bar": False}
    vectors = []
    for train in (fit, SentenceTransformer.old_fit):
        torch.manual_seed(0)
        model = static_model(pairs, 8)
        train(model, [(HybridBatchDataLoader(pairs, 4), MultipleNegativesRankingLoss(model))], **options)
        vectors.append(model.encode("de question 1"))
    assert vectors[0] == pytest.approx(vectors[1], abs=1e-5)


def test_prefixes_of_the_loader_are_trained_on(model, pairs, collated):
    loader = HybridBatchDataLoader(pairs, 4, query_prefix="Query: ")
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))])
    assert seen(collated) == drawn(loader, 0)
    assert collated[0][0]["anchor"].startswith("Query: ")


def test_objectives_take_turns_with_their_own_losses_and_batch_sizes(model, pairs, collated):
    class Counting(MultipleNegativesRankingLoss):
        def forward(self, features, labels):
            sizes.append((self, len(labels)))
            return super().forward(features, labels)

    sizes = []
    long, short = HybridBatchDataLoader(pairs, 3), HybridBatchDataLoader(pairs, 8, strategy="x-y", query_prefix="Q: ")
    losses = [Counting(model), Counting(model)]
    quietly(model, zip([long, short], losses, strict=True), epochs=3)
    assert (len(long), len(short)) == (11, 4)
    turns = zip(drawn(long, 0, 1), drawn(short, 0, 1, 2), strict=False)  # the longer one goes on in the next epoch
    assert seen(collated) == [batch for turn in turns for batch in turn]
    assert sizes == [(losses[0], 3), (losses[1], 8)] * 12


@pytest.mark.parametrize("steps", [3, 10], ids=["fewer than the loader's", "more"])
def test_epochs_of_given_steps_go_on_where_the_last_one_stopped(model, loader, collated, steps):
    evaluator = Scores(1.0, 2.0)
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], evaluator, epochs=2, steps_per_epoch=steps)
    assert seen(collated) == drawn(loader, 0, 1, 2)[: 2 * steps]
    assert evaluator.calls == [(None, 1.0, steps), (None, 2.0, 2 * steps)]


def test_strategies_that_change_measure_progress_over_the_whole_training(model, pairs, collated):
    class Late:
        kinds = (MONO, CROSS)

        def draw(self, rng, progress):
            return (progress >= 0.5).astype(int)

    quietly(model, [(HybridBatchDataLoader(pairs, 4, Late()), MultipleNegativesRankingLoss(model))], epochs=2)
    cross = [any(row["anchor"][:2] != row["positive"][:2] for row in batch) for batch in collated]
    assert cross == [False] * 8 + [True] * 8


def test_the_loaders_are_left_as_they_were(model, pairs):
    loaders = [HybridBatchDataLoader(pairs, 4, seed=seed) for seed in range(2)]
    first = [drawn(loader, 0) for loader in loaders]
    rows = [loader.dataset[0] for loader in loaders]
    quietly(model, [(loader, MultipleNegativesRankingLoss(model)) for loader in loaders], epochs=2)
    assert [loader.dataset[0] for loader in loaders] == rows
    assert [[[(*example.texts, example.label) for example in batch] for batch in loader] for loader in loaders] == first


@pytest.mark.parametrize("metric", [None, "mine"], ids=["plain score", "metrics"])
@pytest.mark.parametrize("greater", [True, False], ids=["greater is better", "smaller is better"])
def test_the_best_model_is_saved(model, loader, tmp_path, metric, greater):
    evaluator = Scores(*([0.2, 0.9, 0.5] if greater else [0.9, 0.2, 0.5]), metric=metric, greater_is_better=greater)
    called = []
    quietly(
        model,
        [(loader, MultipleNegativesRankingLoss(model))],
        evaluator,
        epochs=3,
        output_path=str(tmp_path / "out"),
        callback=lambda *arguments: called.append(arguments),
    )
    folder = str(tmp_path / "out" / "eval")
    assert evaluator.calls == [(folder, 1.0, 8), (folder, 2.0, 16), (folder, 3.0, 24)]
    assert Path(folder).is_dir()
    assert called == [(score, epoch, steps) for score, (_, epoch, steps) in zip(evaluator.scores, evaluator.calls)]  # noqa: B905
    saved = SentenceTransformer(str(tmp_path / "out"), device="cpu").encode("de question 1")
    assert saved == pytest.approx(evaluator.vectors[1])
    assert abs(saved - model.encode("de question 1")).max() > 1e-4


def test_no_model_is_saved_if_the_best_is_not_wanted(model, loader, tmp_path):
    objectives = [(loader, MultipleNegativesRankingLoss(model))]
    quietly(model, objectives, Scores(1.0), output_path=str(tmp_path / "out"), save_best_model=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["eval"]


def test_the_last_model_is_saved_if_there_is_no_evaluator(model, loader, tmp_path):
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], output_path=str(tmp_path / "out"))
    saved = SentenceTransformer(str(tmp_path / "out"), device="cpu")
    assert saved.encode("de question 1") == pytest.approx(model.encode("de question 1"))
    assert "size:98" in (tmp_path / "out" / "README.md").read_text()  # of the training data, told by the host's card


def test_evaluation_steps_evaluate_within_epochs(model, loader):
    evaluator = Scores(*range(5))
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], evaluator, evaluation_steps=3)
    assert [(epoch, steps) for _, epoch, steps in evaluator.calls] == [(3 / 8, 3), (6 / 8, 6), (1.0, 8)]


def test_an_evaluator_that_names_another_metric_is_told(model, loader):
    class Wrong(Scores):
        def __call__(self, *args, **kwargs):
            return {"map": 1.0}

    with pytest.raises(ConfigurationError, match="Wrong names 'ndcg' as its primary metric, but returns map"):
        quietly(model, [(loader, MultipleNegativesRankingLoss(model))], Wrong(metric="ndcg"))


@pytest.mark.parametrize(
    "scheduler", ["constantlr", "WarmupConstant", "WarmupLinear", "warmupcosine", "WarmupCosineWithHardRestarts"]
)
def test_learning_rates_are_the_hosts(model, loader, scheduler):
    class Recording(torch.optim.SGD):
        def step(self, *args, **kwargs):
            rates.append(self.param_groups[0]["lr"])
            return super().step(*args, **kwargs)

    rates = []
    options = {"scheduler": scheduler, "warmup_steps": 5, "optimizer_class": Recording, "epochs": 2}
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], **options)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    schedule = model._get_scheduler(optimizer, scheduler, warmup_steps=5, t_total=16)
    expected = []
    for _ in range(16):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx(expected)


def test_the_optimizer_gets_its_options_and_spares_biases_the_decay(model, loader):
    class Recording(torch.optim.AdamW):
        def __init__(self, groups, **options):
            given.append(({group["weight_decay"]: len(group["params"]) for group in groups}, options))
            super().__init__(groups, **options)

    given = []
    model.append(Dense(8, 8))
    options = {"lr": 0.5, "eps": 1e-3}
    quietly(
        model,
        [(loader, MultipleNegativesRankingLoss(model))],
        steps_per_epoch=1,
        weight_decay=0.25,
        optimizer_class=Recording,
        optimizer_params=options,
    )
    assert given == [({0.25: 2, 0.0: 1}, options)]  # embeddings and weights; bias


@pytest.mark.parametrize(("norm", "clipped"), [(1e-3, True), (0, False)], ids=["small", "none"])
def test_gradients_are_scaled_down_to_their_greatest_norm(model, loader, norm, clipped):
    before = next(model.parameters()).detach().clone()
    quietly(
        model,
        [(loader, MultipleNegativesRankingLoss(model))],
        steps_per_epoch=1,
        scheduler="constantlr",
        max_grad_norm=norm,
        optimizer_class=torch.optim.SGD,
        optimizer_params={"lr": 1.0},
        weight_decay=0.0,
    )
    moved = (next(model.parameters()).detach().cpu() - before).norm().item()
    assert (moved == pytest.approx(1e-3, rel=1e-2)) == clipped
    assert clipped or moved > 0.1


@pytest.mark.parametrize("use_amp", [False, True])
@pytest.mark.skipif(torch.accelerator.is_available(), reason="mixed precision is float16 on an accelerator")
def test_mixed_precision_on_a_cpu_is_bfloat16(model, loader, use_amp):
    class Observed(torch.nn.Module):
        def forward(self, features):
            types.add((features["sentence_embedding"] @ torch.ones(8, 2)).dtype)
            return features

    types = set()
    model.append(Observed())
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], use_amp=use_amp, steps_per_epoch=2)
    assert types == {torch.bfloat16 if use_amp else torch.float32}


@pytest.mark.parametrize("shown", [True, False])
def test_progress_is_shown_if_wanted(model, loader, capfd, shown):
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], show_progress_bar=shown)
    output = capfd.readouterr()
    assert (("8/8" in output.err), ("train_loss" in output.out)) == (shown, shown)


def test_checkpoints_are_saved_and_limited(model, loader, tmp_path):
    options = {"checkpoint_path": "saved", "checkpoint_save_steps": 2, "checkpoint_save_total_limit": 3}
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], **options)
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == [f"checkpoint-{step}" for step in (4, 6, 8)]


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_resumed_run_draws_the_rest_and_ends_alike(pairs, collated, objectives):
    def run(stop=None, **options):
        torch.manual_seed(0)
        model = static_model(pairs, 8)
        del collated[:]
        loaders = [HybridBatchDataLoader(pairs, 4, seed=seed) for seed in range(objectives)]
        train_objectives = [(loader, Stopping(model, stop)) for loader in loaders]
        quietly(model, train_objectives, epochs=3, **options)
        return model.encode("de question 1")

    class Stopping(MultipleNegativesRankingLoss):
        def __init__(self, model, stop):
            super().__init__(model)
            self.stop = stop

        def forward(self, features, labels):
            if len(collated) == self.stop:
                raise KeyboardInterrupt
            return super().forward(features, labels)

    expected, batches = run(), seen(collated)
    assert len(batches) == 24 * objectives
    checkpoints = {"checkpoint_path": "saved", "checkpoint_save_steps": 11}
    with pytest.raises(KeyboardInterrupt):
        run(stop=15, **checkpoints)
    resumed = run(resume_from_checkpoint=True, **checkpoints)
    assert seen(collated) == batches[11:]
    assert resumed == pytest.approx(expected, abs=1e-6)


def test_resuming_without_a_checkpoint_starts_at_the_beginning(model, loader, collated, caplog):
    options = {"checkpoint_path": "none", "resume_from_checkpoint": True}
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], **options)
    assert len(collated) == 8
    assert "There is no checkpoint in none" in caplog.text


def test_damaged_checkpoint_is_passed_over(model, loader, tmp_path, caplog):
    options = {"checkpoint_path": "saved", "checkpoint_save_steps": 2}
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], **options)
    (tmp_path / "saved" / "checkpoint-8" / "optimizer.pt").unlink()
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], resume_from_checkpoint=True, **options)
    assert "Damaged: checkpoint-8 (optimizer.pt is missing). Resuming from checkpoint-6." in caplog.text
    assert flaw(tmp_path / "saved" / "checkpoint-8") == ""


def test_nothing_is_written_where_no_folder_is_given(model, loader, tmp_path):
    quietly(model, [(loader, MultipleNegativesRankingLoss(model))], Scores(1.0), evaluation_steps=8 + 1)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"steps_per_epoch": -1}, "steps_per_epoch is -1"),
        ({"scheduler": "WarmupLiner"}, "no scheduler 'WarmupLiner'. Did you mean 'warmuplinear'"),
        ({"warmup_steps": -1}, "warmup_steps is -1"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"max_grad_norm": -1}, "max_grad_norm is -1"),
        ({"evaluation_steps": -1}, "evaluation_steps is -1"),
        ({"evaluation_steps": 5}, "evaluation_steps is 5, but there is no evaluator"),
        ({"callback": print}, "callback is .* but there is no evaluator"),
        ({"checkpoint_save_steps": 0}, "checkpoint_save_steps is 0"),
        ({"checkpoint_save_steps": 7}, "checkpoint_save_steps is 7, but there is no folder for checkpoints"),
        ({"checkpoint_save_total_limit": 7}, "checkpoint_save_total_limit is 7, but there is no folder"),
        ({"resume_from_checkpoint": True}, "resume_from_checkpoint is True, but there is no folder"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_cannot_be_honoured_is_refused_before_training(model, loader, collated, options, problem):
    with pytest.raises(ConfigurationError, match=problem):
        quietly(model, [(loader, MultipleNegativesRankingLoss(model))], **options)
    assert collated == []


def test_several_processes_are_refused(model, loader, monkeypatch):
    monkeypatch.setattr(SentenceTransformerTrainingArguments, "world_size", 2)
    with pytest.raises(ConfigurationError, match="fit was started in 2 processes"):
        quietly(model, [(loader, MultipleNegativesRankingLoss(model))])


def ordinary():
    return DataLoader([InputExample(texts=[f"question {n}", f"passage {n}"]) for n in range(8)], batch_size=4)


def test_ordinary_loaders_are_trained_on_by_the_host(model, collated):
    quietly(model, [(ordinary(), MultipleNegativesRankingLoss(model))], epochs=2)
    assert [len(batch) for batch in collated] == [4, 4, 4, 4]
    assert {row["sentence_0"] for batch in collated[:2] for row in batch} == {f"question {n}" for n in range(8)}


def test_the_host_gets_every_parameter(model, monkeypatch):
    given = {}
    monkeypatch.setattr(SentenceTransformer, "fit", lambda self, objectives, **options: given.update(options))
    options = {
        "evaluator": Scores(1.0),
        "epochs": 3,
        "steps_per_epoch": None,
        "scheduler": "constantlr",
        "warmup_steps": 4,
        "optimizer_class": torch.optim.SGD,
        "optimizer_params": {"lr": 0.5},
        "weight_decay": 0.2,
        "evaluation_steps": 6,
        "output_path": "out",
        "save_best_model": False,
        "max_grad_norm": 2.0,
        "use_amp": True,
        "callback": print,
        "show_progress_bar": False,
        "checkpoint_path": "saved",
        "checkpoint_save_steps": 9,
        "checkpoint_save_total_limit": 2,
        "resume_from_checkpoint": True,
    }
    fit(model, [(ordinary(), MultipleNegativesRankingLoss(model))], **options)
    assert given == options
    assert {*options} | {"model", "train_objectives"} == {*inspect.signature(fit).parameters}


def test_what_the_host_would_ignore_is_refused(model):
    with pytest.raises(ConfigurationError, match="ignores steps_per_epoch=1 with 2 epochs"):
        quietly(model, [(ordinary(), MultipleNegativesRankingLoss(model))], epochs=2, steps_per_epoch=1)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="the host has mixed precision on an accelerator")
def test_mixed_precision_that_the_host_lacks_is_told(model, caplog):
    with caplog.at_level(logging.WARNING):
        quietly(model, [(ordinary(), MultipleNegativesRankingLoss(model))], use_amp=True)
    assert "full precision" in caplog.text


def test_both_kinds_of_loader_in_one_call_are_refused(model, loader):
    loss = MultipleNegativesRankingLoss(model)
    with pytest.raises(ConfigurationError, match="1 of 2 objectives have a HybridBatchDataLoader"):
        quietly(model, [(loader, loss), (ordinary(), loss)])


def test_no_objective_is_refused(model):
    with pytest.raises(ConfigurationError, match="no training objective"):
        quietly(model, [])


def test_example_of_legacy_training_runs_and_improves(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train_legacy.py"])
    runpy.run_path(str(EXAMPLES / "train_legacy.py"), run_name="__main__")
    scores = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert [*scores] == ["untrained", "with_old_fit", "with_fit", "with_a_loop"]
    untrained, *trained = map(float, scores.values())
    assert min(trained) > untrained + 0.1
