import json
import logging

import pytest
import torch
from datasets import Dataset, DatasetDict
from sentence_transformers.sentence_transformer.losses import CoSENTLoss, MultipleNegativesRankingLoss
from transformers import set_seed

from beir_hybrid.batching.plain import PlainBatches
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.trainer import HybridBatchTrainer


def scored(count=22):
    return Dataset.from_dict(
        {
            "sentence1": [f"first {n}" for n in range(count)],
            "sentence2": [f"second {n}" for n in range(count)],
            "score": [n / count for n in range(count)],
        }
    )


def unscored(count=22):
    return scored(count).remove_columns("score")


@pytest.fixture
def build(pairs, tmp_path):
    """Builds a trainer over the pairs beside other data."""

    def run(data=None, shares=None, loss=None, eval_dataset=None, folder="out", **options):
        set_seed(3)
        model = static_model(pairs, 4)
        chosen = {"max_steps": 8, "per_device_train_batch_size": 4, "save_strategy": "no", **options}
        args = HybridBatchTrainingArguments(
            output_dir=str(tmp_path / folder),
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            learning_rate=0.05,
            **chosen,
        )
        losses = {"parallel": MultipleNegativesRankingLoss(model), "nli": CoSENTLoss(model)}
        return HybridBatchTrainer(
            model=model,
            args=args,
            train_dataset={"parallel": pairs, "nli": scored()} if data is None else data,
            eval_dataset=eval_dataset,
            loss=losses if loss is None else loss(model),
            shares=shares,
        )

    return run


def trained(trainer, collated):
    """The names of the datasets that batches came from; and the rows of each."""
    trainer.train()
    steps = sum(trainer.batch_log.batches.values())
    return [(batch[0]["dataset_name"], batch) for batch in collated[:steps]]


def host_rows(dataset, batch_size, seed, number, steps, kind="batch_sampler"):
    plain = PlainBatches("alone", dataset, batch_size, seed=seed, sampler=kind, labels=["score"])
    return [dataset.with_format(None)[plain.step(number, step)[0]] for step in range(steps)]


def test_batches_are_of_one_dataset_each_in_the_shares_given_with_a_loss_of_their_own(build, collated):
    batches = trained(build(shares={"parallel": 4, "nli": 1}, max_steps=10), collated)
    assert [name for name, _ in batches] == (["parallel"] * 2 + ["nli"] + ["parallel"] * 2) * 2
    for name, batch in batches:
        assert {row["dataset_name"] for row in batch} == {name}
        assert ("score" in batch[0]) == (name == "nli")


def test_planned_batches_are_those_of_a_training_without_other_data(build, collated, pairs):
    batches = trained(build(shares={"parallel": 1, "nli": 1}, strategy="x-x-mono"), collated)
    planned = [[row["anchor"] for row in batch] for name, batch in batches if name == "parallel"]
    alone = build(pairs, strategy="x-x-mono", loss=MultipleNegativesRankingLoss)
    plan, dataset = alone.sampler.plan, alone.train_dataset
    assert planned == [dataset[plan.batch(0, step).rows.tolist()]["anchor"] for step in range(4)]
    for texts in planned:
        assert len({text.split()[0] for text in texts}) == 1
        assert len({text.split()[-1] for text in texts}) == 4


@pytest.mark.parametrize("kind", ["batch_sampler", "no_duplicates"])
def test_other_batches_are_those_of_the_hosts_sampler_pass_after_pass(build, collated, kind):
    trainer = build(shares={"parallel": 1, "nli": 1}, plain_batch_sampler=kind, max_steps=16)
    batches = trained(trainer, collated)
    drawn = [[row["sentence1"] for row in batch] for name, batch in batches if name == "nli"]
    # 22 rows make 5 full batches a pass
    expected = [rows for number in (0, 1) for rows in host_rows(scored(), 4, 42, number, 5, kind)]
    assert drawn == [rows["sentence1"] for rows in expected][:8]


@pytest.mark.parametrize(("how", "counts"), [("proportional", (8, 5)), ("round_robin", (5, 5))])
def test_without_shares_the_hosts_way_to_mix_decides(build, collated, how, counts):
    # 34 questions and 22 rows in batches of 4
    trainer = build(multi_dataset_batch_sampler=how, max_steps=-1, num_train_epochs=2)
    assert len(trainer.sampler) == sum(counts)
    names = [name for name, _ in trained(trainer, collated)]
    assert (names.count("parallel"), names.count("nli")) == (2 * counts[0], 2 * counts[1])


def test_several_planned_datasets_have_their_shares_and_are_counted_together(build, pairs):
    own = Dataset.from_dict(
        {
            "anchor": [f"{code} own {n}" for n in range(12) for code in ("de", "en")],
            "positive": [f"{code} answer {n}" for n in range(12) for code in ("de", "en")],
            "anchor_language": ["de", "en"] * 12,
            "positive_language": ["de", "en"] * 12,
            "group": [n for n in range(12) for _ in range(2)],
        }
    )
    data = DatasetDict({"parallel": pairs.dataset(), "own": own, "nli": unscored()})
    trainer = build(data, {"parallel": 2, "own": 1, "nli": 1}, MultipleNegativesRankingLoss, strategy="x-x-mono")
    trainer.train()
    drawn = trainer.drawn()
    assert (sorted(drawn.sources.values()), drawn.extra["nli"].batches) == ([2, 4], 2)
    assert drawn.source_questions["tiny"] == 34
    assert sum(drawn.source_questions.values()) == 34 + 24


def test_changing_strategies_measure_the_passes_over_their_own_data(build):
    trainer = build(shares={"parallel": 1, "nli": 3}, strategy="sequential(switch=0.5)", max_steps=64)
    plan = trainer.sampler.plan
    assert len(plan) == 32
    kinds = [plan.plans[0].batch(number, 0).kind.name for number in (0, 1)]
    assert kinds == ["x-x-mono", "x-y"]


def test_kind_and_dataset_are_held_over_accumulated_gradients(build, collated):
    trainer = build(shares={"parallel": 1, "nli": 1}, hold_kind=True, gradient_accumulation_steps=2, max_steps=6)
    names = [name for name, _ in trained(trainer, collated)]
    assert len(names) == 12
    assert names[::2] == names[1::2]


def test_counts_files_and_card_tell_of_the_other_data(build, tmp_path):
    trainer = build(shares={"parallel": 3, "nli": 1}, save_strategy="steps", save_steps=8)
    trainer.train()
    drawn = trainer.drawn()
    assert (drawn.batches, drawn.all_batches, sum(drawn.kinds.values())) == (6, 8, 6)
    folder = tmp_path / "out" / "checkpoint-8"
    written = json.loads((folder / "batches.json").read_text())
    assert written["drawn"]["extra"] == {"nli": {"rows": 22, "batches": 2, "examples": 8, "passes": 8 / 22}}
    assert written["plan"]["extra"][0][:2] == ["nli", 22]
    assert "Beside them 2 batches (25.0% of all) with 8 examples of `nli`" in (folder / "README.md").read_text()


@pytest.mark.parametrize("kind", ["batch_sampler", "no_duplicates"])
def test_resumed_in_mid_epoch_it_draws_the_same_and_ends_with_the_same_weights(build, collated, kind):
    options = {"shares": {"parallel": 2, "nli": 3}, "plain_batch_sampler": kind, "max_steps": 45}
    options["lr_scheduler_type"] = "constant"  # a linear one would know that the first part is shorter
    whole = build(folder="whole", **options)
    whole_batches = [batch for _, batch in trained(whole, collated)]
    build(folder="cut", save_strategy="steps", save_steps=27, **{**options, "max_steps": 27}).train()
    collated.clear()
    rest = build(folder="cut", force_resume=True, **options)
    rest.train(resume_from_checkpoint=True)
    assert collated[: 45 - 27] == whole_batches[27:45]
    assert rest.drawn().to_dict() == whole.drawn().to_dict()
    after, before = rest.model.state_dict(), whole.model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"shares": {"parallel": 1, "nli": 2}}, "mixture: "),
        ({"data": "reversed"}, "extra: "),
        ({"plain_batch_sampler": "no_duplicates"}, "extra: "),
    ],
    ids=["shares", "rows", "sampler"],
)
def test_resuming_with_other_data_beside_is_refused(build, pairs, changed, named):
    options = {"shares": {"parallel": 3, "nli": 1}, "save_strategy": "steps", "save_steps": 4, "max_steps": 4}
    build(**options).train()
    if "data" in changed:
        changed = {"data": {"parallel": pairs, "nli": scored().select(range(21, -1, -1))}}
    with pytest.raises(ConfigurationError, match=named):
        build(**{**options, "max_steps": 8, **changed}).train(resume_from_checkpoint=True)


def test_evaluation_on_a_dataset_that_is_trained_on_keeps_its_own_batches(build, collated, pairs):
    nli = scored()
    trainer = build({"parallel": pairs, "nli": nli}, eval_dataset={"nli": nli}, per_device_eval_batch_size=8)
    collated.clear()
    assert trainer.evaluate()["eval_nli_loss"] > 0
    assert [len(batch) for batch in collated] == [8, 8, 6]


def test_prompts_by_dataset_and_column_reach_their_own_texts(build, pairs, monkeypatch):
    prompts = {"parallel": {"anchor": "Q: "}, "nli": {"sentence1": "S: "}}
    trainer = build(prompts=prompts, shares={"parallel": 1, "nli": 1}, max_steps=2)
    seen = set()
    encode = trainer.data_collator.preprocess_fn

    def spied(texts, prompt=None, **options):
        seen.add((texts[0].split()[0], prompt))
        return encode(texts, prompt=prompt, **options)

    monkeypatch.setattr(trainer.data_collator, "preprocess_fn", spied)
    trainer.train()
    assert ("first", "S: ") in seen
    assert ("second", None) in seen
    assert {prompt for _, prompt in seen} == {"S: ", "Q: ", None}


def plain_alone(pairs):
    return {"a": scored(), "nli": scored()}


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (plain_alone, {"loss": CoSENTLoss}, ConfigurationError, "says its languages"),
        (None, {"shares": {"parallel": 1, "nli": 0}}, ConfigurationError, "The share of 'nli' is 0"),
        (None, {"shares": {"parallel": 1, "nil": 1}}, ConfigurationError, "Did you mean 'nli'"),
        (lambda pairs: {"parallel": pairs, "nli": scored(0)}, {}, DataFormatError, "nli holds no example"),
        (lambda pairs: {"parallel": pairs, "nli": scored(3)}, {}, BatchError, "nli holds 3 rows"),
        (lambda pairs: {"parallel": pairs, "nil": scored()}, {}, ConfigurationError, "'nil' has no loss"),
        (None, {"loss": MultipleNegativesRankingLoss}, ConfigurationError, "column 'score', of which Multiple"),
        (None, {"multi_dataset_batch_sampler": print}, ConfigurationError, "whose batches no plan knows"),
        (None, {"plain_batch_sampler": "no_duplicate"}, ConfigurationError, "Did you mean 'no_duplicates'"),
        (lambda pairs: pairs, {"shares": {"parallel": 1}}, ConfigurationError, "a single dataset"),
        (lambda pairs: pairs, {"plain_batch_sampler": "no_duplicates"}, ConfigurationError, "all data are planned"),
    ],
)
def test_what_cannot_be_mixed_is_refused_in_a_line(build, pairs, data, options, error, message):
    if data is not None and data(pairs) is pairs:
        options = {"loss": MultipleNegativesRankingLoss, **options}
    with pytest.raises(error) as raised:
        build(None if data is None else data(pairs), **options)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_data_that_seem_to_hold_languages_under_other_names_are_told(build, pairs, caplog):
    other = unscored().add_column("lang", ["de", "en"] * 11)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        build({"parallel": pairs, "nli": other})
    assert "nli is batched without planning, though it seems to hold languages" in caplog.text
