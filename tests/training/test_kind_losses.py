import json
import math
from pathlib import Path
from statistics import fmean

import pytest
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    CosineSimilarityLoss,
    MultipleNegativesRankingLoss,
)

from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.kind_losses import KindLosses
from beir_hybrid.training.trainer import HybridBatchTrainer


class Recorder(HybridBatchTrainer):
    """Keeps the loss of each batch."""

    def compute_loss(self, model, *args, **kwargs):
        loss = super().compute_loss(model, *args, **kwargs)
        if model.training:
            self.seen.append(loss.item())
        return loss


@pytest.fixture
def train(pairs, tmp_path, make_transformer):
    """Trains on the pairs in hybrid batches, logging every five steps; gives the trainer."""

    def run(loss=MultipleNegativesRankingLoss, resume=False, beside=None, **options):
        torch.manual_seed(0)
        static = loss is MultipleNegativesRankingLoss
        model = static_model(pairs, 4) if static else SentenceTransformer(str(make_transformer(tmp_path / "bert")))
        args = HybridBatchTrainingArguments(
            output_dir=str(tmp_path / "out"),
            report_to="none",
            disable_tqdm=True,
            **{"max_steps": 10, "logging_steps": 5, "per_device_train_batch_size": 4, "save_strategy": "no", **options},
        )
        own = loss(model)
        data = {"parallel": pairs.dataset(), "plain": beside} if beside else pairs.dataset()
        losses = {"parallel": own, "plain": CosineSimilarityLoss(model)} if beside else own
        trainer = Recorder(model=model, args=args, train_dataset=data, loss=losses)
        trainer.seen = []
        trainer.train(resume_from_checkpoint=resume or None)
        return trainer

    return run


def logged(trainer):
    """The losses by kind of each log."""
    rows = [row for row in trainer.state.log_history if "loss" in row]
    return [{name: value for name, value in row.items() if name.startswith("loss_")} for row in rows]


def expected(trainer, per_log):
    """The same computed from the loss of each batch and the plan."""
    plan = trainer.sampler.plan
    kinds = [plan.kind_name(*divmod(place, len(plan))) for place in range(len(trainer.seen))]
    means = []
    for start in range(0, len(kinds), per_log):
        part = list(zip(kinds, trainer.seen, strict=True))[start : start + per_log]
        names = dict.fromkeys(kind for kind, _ in part)
        means.append({f"loss_{name}": fmean(loss for kind, loss in part if kind == name) for name in names})
    return means


def test_logs_hold_the_mean_loss_of_each_kind_of_batch(train):
    trainer = train()
    assert {name for row in logged(trainer) for name in row} == {"loss_x-x-mono", "loss_x-y"}
    assert logged(trainer) == [pytest.approx(row, rel=1e-5) for row in expected(trainer, 5)]


def test_kinds_are_those_of_the_batches_that_are_drawn(train):
    plan = train().sampler.plan
    assert [plan.kind_name(1, step) for step in range(len(plan))] == [each.kind.name for each in plan.batches(1)]


@pytest.mark.parametrize(
    "loss", [MultipleNegativesRankingLoss, CachedMultipleNegativesRankingLoss], ids=["plain", "cached"]
)
def test_every_accumulated_batch_counts_once_with_its_whole_loss(train, loss):
    # 8 batches an epoch: its last step has two of three
    trainer = train(loss, gradient_accumulation_steps=3, logging_steps=3)
    assert len(trainer.seen) == 27  # three epochs of 3 steps, and the tenth
    assert logged(trainer)[:3] == [pytest.approx(row, rel=1e-5) for row in expected(trainer, 8)[:3]]


def test_batches_of_evaluation_do_not_count(train, pairs):
    alone = train()
    with_evaluation = train(eval_strategy="no")
    with_evaluation.evaluate(pairs.dataset())
    assert with_evaluation.kind_losses.sums() == alone.kind_losses.sums() == {}


def test_resumed_run_logs_the_losses_before_the_checkpoint_too(train):
    whole = train(save_strategy="steps", save_steps=3)
    resumed = train(save_strategy="steps", save_steps=3, resume=f"{whole.args.output_dir}/checkpoint-3")
    assert logged(resumed) == [pytest.approx(row, rel=1e-5) for row in logged(whole)]
    saved = [
        json.loads((Path(whole.args.output_dir) / f"checkpoint-{step}" / "batches.json").read_text()) for step in (3, 6)
    ]
    assert [sum(count for _, count in each["losses"].values()) for each in saved] == [3, 1]


def test_datasets_without_languages_have_a_loss_of_their_own(train):
    rows = {"first": [f"a{n}" for n in range(20)], "second": [f"b{n}" for n in range(20)], "label": [0.5] * 20}
    trainer = train(beside=Dataset.from_dict(rows), logging_steps=10)
    assert logged(trainer) == [pytest.approx(row, rel=1e-5) for row in expected(trainer, 10)]
    assert "loss_plain" in logged(trainer)[0]


def test_losses_that_are_no_numbers_are_left_out():
    losses = KindLosses(["x-y", "random"])
    for value in (2.0, math.nan, math.inf, 4.0):
        losses.add("x-y", torch.tensor(value))
    losses.add("random", torch.tensor(math.nan))
    assert losses.means() == {"loss_x-y": 3.0}


def test_several_devices_of_one_process_are_averaged():
    losses = KindLosses(["x-y"])
    losses.add("x-y", torch.tensor([1.0, 3.0]))
    assert losses.means() == {"loss_x-y": 2.0}
