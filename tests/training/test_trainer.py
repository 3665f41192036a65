import json
import logging
from dataclasses import replace

import pytest
from datasets import Dataset
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.trainer import HybridBatchTrainer


@pytest.fixture
def build(pairs, tmp_path):
    """Builds a trainer over the pairs, or over other data."""

    def run(train_dataset=None, eval_dataset=None, **options):
        model = static_model(pairs, 4)
        chosen = {"max_steps": 3, "per_device_train_batch_size": 4, "save_strategy": "no", **options}
        args = HybridBatchTrainingArguments(
            output_dir=str(tmp_path / "out"),
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            **chosen,
        )
        return HybridBatchTrainer(
            model=model,
            args=args,
            train_dataset=pairs.dataset() if train_dataset is None else train_dataset,
            eval_dataset=eval_dataset,
            loss=MultipleNegativesRankingLoss(model),
        )

    return run


def anchors(batches):
    return [[row["anchor"] for row in batch] for batch in batches]


def planned(trainer, epoch, step):
    dataset, plan = trainer.train_dataset, trainer.sampler.plan
    return dataset[plan.batch(epoch, step).rows.tolist()]["anchor"]


def test_trains_on_the_planned_batches(build, collated):
    trainer = build(strategy="x-y")
    trainer.train()
    assert anchors(collated)[:3] == [planned(trainer, 0, step) for step in range(3)]
    assert trainer.drawn().kinds == {"x-y": 3}


def test_changing_strategies_know_the_length_of_the_training(build):
    # 34 questions in batches of 4: 8 steps an epoch, so 16 steps are two epochs, switched after the first
    trainer = build(strategy="sequential(switch=0.5)", max_steps=16)
    trainer.train()
    assert trainer.sampler.plan.epochs == 2
    kinds = [trainer.sampler.plan.batch(epoch, 0).kind.name for epoch in (0, 1)]
    assert kinds == ["x-x-mono", "x-y"]


def test_what_was_drawn_is_written_beside_every_checkpoint(build, tmp_path):
    trainer = build(save_strategy="steps", save_steps=2, max_steps=4)
    trainer.train()
    for step in (2, 4):
        folder = tmp_path / "out" / f"checkpoint-{step}"
        assert json.loads((folder / "batches.json").read_text())["drawn"]["batches"] == step
        assert "## Batches" in (folder / "README.md").read_text()


def test_second_training_counts_from_the_beginning(build):
    trainer = build()
    trainer.train()
    trainer.train()
    assert trainer.drawn().batches == 3


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"seed": 1}, "seed: 42 before, 1 now"), ({"per_device_train_batch_size": 2}, "batch_size: 4 before, 2 now")],
    ids=["seed", "batch-size"],
)
def test_resuming_with_other_batches_is_refused_unless_forced(build, changed, named):
    build(save_strategy="steps", save_steps=2, max_steps=2).train()
    with pytest.raises(ConfigurationError, match=named):
        build(max_steps=4, **changed).train(resume_from_checkpoint=True)
    build(max_steps=4, force_resume=True, **changed).train(resume_from_checkpoint=True)


def test_resuming_with_other_texts_is_refused(build, pairs):
    build(save_strategy="steps", save_steps=2, max_steps=2).train()
    rows = pairs.table.to_pylist()
    rows[0]["question"] = "another question"
    other = ParallelPairs.from_pairs("tiny", [Pair(**row) for row in rows])
    with pytest.raises(ConfigurationError, match="texts: "):
        build(other.dataset()).train(resume_from_checkpoint=True)


def test_hard_negatives_are_in_the_language_of_the_passage_and_never_its_group(tmp_path, build, collated):
    pairs = ParallelPairs.from_pairs(
        "hard",
        [
            Pair(f"g{n}", code, f"{code} q{n}", f"{code} p{n}", (f"{code} n{n}a", f"{code} n{n}b"))
            for n in range(12)
            for code in ("de", "en")
        ],
    )
    trainer = build(example_dataset([pairs], negatives=2), negatives=2)
    trainer.train()
    rows = [row for batch in collated for row in batch]
    assert {"anchor", "positive", "negative_1", "negative_2"} == rows[0].keys()
    for row in rows:
        language, passage = row["positive"].split()
        assert row["negative_1"] == f"{language} n{passage[1:]}a"
        assert row["negative_2"] == f"{language} n{passage[1:]}b"


def test_evaluation_data_without_languages_are_batched_in_order_and_told_once(build, collated, caplog):
    rows = Dataset.from_dict({"anchor": [f"q{n}" for n in range(6)], "positive": [f"p{n}" for n in range(6)]})
    trainer = build(eval_dataset=rows, per_device_eval_batch_size=4)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        assert trainer.evaluate()["eval_loss"] > 0
        trainer.evaluate()
    assert anchors(collated)[:2] == [["q0", "q1", "q2", "q3"], ["q4", "q5"]]
    assert caplog.text.count("batched in order, without planning") == 1


def test_stream_of_rows_is_refused(build):
    rows = Dataset.from_dict({"anchor": ["q"], "positive": ["p"]}).to_iterable_dataset()
    with pytest.raises(DataFormatError, match="IterableDataset, whose rows are not all known"):
        build(rows)


def test_instance_as_batch_sampler_is_refused_by_the_host_too(pairs, tmp_path):
    model = static_model(pairs, 4)
    args = SentenceTransformerTrainingArguments(
        output_dir=str(tmp_path),
        report_to="none",
        max_steps=1,
        dataloader_pin_memory=False,
        batch_sampler=HybridBatchSampler(pairs.dataset(), 4),
    )
    trainer = SentenceTransformerTrainer(
        model=model, args=args, train_dataset=pairs.dataset(), loss=MultipleNegativesRankingLoss(model)
    )
    with pytest.raises(ConfigurationError, match="instance of HybridBatchSampler"):
        trainer.train()


def test_plain_trainer_takes_the_arguments_too(pairs, tmp_path, collated):
    model = static_model(pairs, 4)
    args = HybridBatchTrainingArguments(
        output_dir=str(tmp_path),
        report_to="none",
        save_strategy="no",
        max_steps=2,
        per_device_train_batch_size=4,
        dataloader_pin_memory=False,
        strategy="x-x-mono",
    )
    trainer = SentenceTransformerTrainer(
        model=model, args=args, train_dataset=pairs.dataset(), loss=MultipleNegativesRankingLoss(model)
    )
    trainer.train()
    assert all(len({text.split()[0] for text in batch}) == 1 for batch in anchors(collated))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_sampler": "no_duplicates"}, "batch_sampler is"),
        ({"language_pairs": ["en"]}, "'en' is no pair"),
        ({"source_temperature": 0.0}, "temperature is 0.0"),
        ({"too_small": "ignore"}, "too_small is 'ignore'"),
        ({"alpha": 2.0}, "alpha is 2.0"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, options, message):
    with pytest.raises(ConfigurationError, match=message):
        HybridBatchTrainingArguments(output_dir=str(tmp_path), report_to="none", **options)


def test_host_arguments_are_refused_by_our_trainer(pairs, tmp_path):
    with pytest.raises(ConfigurationError, match="HybridBatchTrainingArguments"):
        HybridBatchTrainer(
            model=static_model(pairs, 4),
            args=SentenceTransformerTrainingArguments(output_dir=str(tmp_path), report_to="none"),
        )


def test_batch_sampler_with_other_options_is_refused(tmp_path):
    other = HybridBatchSampler.configure(strategy="x-y")
    with pytest.raises(ConfigurationError, match="batch_sampler is"):
        HybridBatchTrainingArguments(output_dir=str(tmp_path), report_to="none", batch_sampler=other)


def own(**columns):
    rows = {
        "anchor": [f"{code} q{n}" for n in range(12) for code in ("de", "en")],
        "positive": [f"{code} p{n}" for n in range(12) for code in ("de", "en")],
        "anchor_language": ["de", "en"] * 12,
        "positive_language": ["de", "en"] * 12,
        "group": [n for n in range(12) for _ in range(2)],
    }
    return Dataset.from_dict({**rows, **columns})


def test_columns_of_other_names_are_taken(build, collated):
    rows = own().rename_column("group", "question_id").with_format(columns=["anchor", "positive"])
    trainer = build(rows, strategy="x-x-mono", group_column="question_id")
    trainer.train()
    assert all(len({text.split()[0] for text in batch}) == 1 for batch in anchors(collated))


def test_rows_without_groups_are_told(build, caplog):
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        build(own().remove_columns("group"), strategy="x-x-mono")
    assert "every row counts as a question" in caplog.text


def test_columns_that_are_no_texts_are_in_no_batch_and_no_model_card(build, collated, tmp_path):
    trainer = build(own(), strategy="x-x-mono", save_strategy="steps", save_steps=3)
    trainer.train()
    assert {tuple(row) for batch in collated for row in batch} == {("anchor", "positive")}
    card = (tmp_path / "out" / "checkpoint-3" / "README.md").read_text()
    assert "* Columns: <code>anchor</code> and <code>positive</code>\n" in card


@pytest.mark.parametrize("batched", ["by plan", "in order"])
def test_hidden_columns_of_evaluation_data_stay_hidden_where_prompts_are_a_dict(build, collated, batched):
    rows = own(title=[f"title {n}" for n in range(24)]).with_format(columns=["anchor", "positive"])
    if batched == "in order":
        rows = rows.remove_columns("anchor_language")
    build(eval_dataset={"mine": rows}, prompts={"anchor": "Q: "}, per_device_eval_batch_size=4).evaluate()
    assert {tuple(row) for batch in collated for row in batch} == {("anchor", "positive", "dataset_name")}


@pytest.mark.parametrize(
    ("steps", "accumulated", "epochs"),
    [(16, 1, 2.0), (4, 4, 2.0), (6, 3, 2.0), (3, 8, 3.0), (4, 3, 1.375), (1, 3, 0.375)],
)
def test_length_of_a_training_counts_short_optimizer_steps(build, steps, accumulated, epochs):
    # 34 questions in batches of 4: 8 batches an epoch, of which 3 + 3 + 2 make optimizer steps
    trainer = build(strategy="sequential", max_steps=steps, gradient_accumulation_steps=accumulated)
    assert trainer.sampler.plan.epochs == epochs
    trainer.train()
    assert sum(trainer.batch_log.batches.values()) == epochs * 8


def test_copied_arguments_may_change_the_length(tmp_path):
    args = HybridBatchTrainingArguments(output_dir=str(tmp_path), report_to="none", strategy="sequential")
    longer = replace(args, num_train_epochs=7)
    assert longer.batch_sampler.options["epochs"] == 7
    assert args.batch_sampler.options["epochs"] == 3


def test_languages_that_are_no_codes_are_refused(build):
    with pytest.raises(DataFormatError, match="'anchor_language' holds int64"):
        build(own(anchor_language=[0, 1] * 12))


@pytest.mark.parametrize("first", [True, False])
def test_only_the_first_process_writes_a_model(build, tmp_path, monkeypatch, first):
    """Transformers 5 calls the method on every process, and several would write the same files at once."""
    trainer = build()
    monkeypatch.setattr(type(trainer.args), "should_save", first)
    trainer.save_model(str(tmp_path / "model"))
    assert (tmp_path / "model" / "modules.json").exists() is first
    assert (tmp_path / "model" / "batches.json").exists() is first
