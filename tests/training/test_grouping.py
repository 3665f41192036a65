"""Whether batches are grouped by length: as asked for, or as the model wants it, and as a run began."""

import pytest
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training import trainer as trainers
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.trainer import HybridBatchTrainer


@pytest.fixture
def build(pairs, tmp_path, monkeypatch):
    """Builds a trainer of a model that pads, or does not."""

    def run(pads=False, **options):
        monkeypatch.setattr(trainers, "pads", lambda model: pads)
        model = static_model(pairs, 4)
        args = HybridBatchTrainingArguments(
            output_dir=str(tmp_path / "out"),
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            **{"max_steps": 4, "per_device_train_batch_size": 4, "save_steps": 2, **options},
        )
        loss = MultipleNegativesRankingLoss(model)
        return HybridBatchTrainer(model=model, args=args, train_dataset=pairs.dataset(), loss=loss)

    return run


def grouped(trainer):
    return trainer.sampler.plan.sampling.group_by_length


@pytest.mark.parametrize("pads", [True, False])
@pytest.mark.parametrize("asked", [True, False, None])
def test_batches_are_grouped_where_the_model_pads_unless_asked_otherwise(build, pads, asked):
    assert grouped(build(pads, group_by_length=asked)) is (pads if asked is None else asked)


@pytest.mark.parametrize("began", [True, False])
def test_run_is_resumed_with_the_batches_that_it_began_with(build, began, collated, tmp_path):
    first = build(began)
    first.train()
    collated.clear()
    resumed = build(not began)  # such as by another version, or with another attention
    resumed.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-2"))
    assert grouped(resumed) is began
    assert resumed.identity() == first.identity()
    rest = [first.train_dataset[first.sampler.plan.batch(0, step).rows.tolist()]["anchor"] for step in (2, 3)]
    trained = [[row["anchor"] for row in batch] for batch in collated]
    assert [batch for batch in trained if batch in rest] == rest


def test_run_is_not_resumed_with_batches_that_are_asked_for_otherwise(build):
    build(True).train()
    with pytest.raises(ConfigurationError, match=r"drew other batches .group_by_length: .* before, None now"):
        build(True, group_by_length=False).train(resume_from_checkpoint=True)


def test_option_reaches_any_trainer_of_the_host(tmp_path):
    args = HybridBatchTrainingArguments(output_dir=str(tmp_path), group_by_length=True)
    assert args.batch_sampler.options["sampling"].group_by_length
