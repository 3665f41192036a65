"""HybridBatchSampler in sentence-transformers' own Trainer: what reaches the loss."""

import logging
from functools import partial

import pytest
import torch
from datasets import Dataset, DatasetDict
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError
from beir_hybrid.training.arguments import HybridBatchTrainingArguments
from beir_hybrid.training.base_models import static_model

TEXTS = ["anchor", "positive"]


def own(groups=8, name="", **columns):
    """Groups in two languages, every question with every passage."""
    rows = [
        {
            "anchor": f"{question} question {name}{group}",
            "positive": f"{passage} passage {name}{group}",
            **{column: value(passage, group) for column, value in columns.items()},
            "anchor_language": question,
            "positive_language": passage,
            "group": f"g{group}",
        }
        for group in range(groups)
        for question in ("de", "en")
        for passage in ("de", "en")
    ]
    return Dataset.from_list(rows)


class Recording(MultipleNegativesRankingLoss):
    """Records how many columns reach it."""

    def __init__(self, model, columns):
        super().__init__(model)
        self.columns = columns

    def forward(self, features, labels):
        self.columns.append((len(features), None if labels is None else labels.tolist()))
        return super().forward(features, labels)


@pytest.fixture
def trainer_of(tmp_path, pairs):
    """Builds the host's Trainer; ``columns`` of it records what reaches its losses."""

    def build(train, eval_dataset=None, losses=False, arguments=None, strategy="x-x-mono", **host):
        model, columns = static_model(pairs, 4), []
        defaults = {"per_device_train_batch_size": 4, "max_steps": 4, "save_strategy": "no", "logging_strategy": "no"}
        defaults |= {"report_to": "none", "disable_tqdm": True, "dataloader_pin_memory": False}
        if arguments is None:
            defaults["batch_sampler"] = HybridBatchSampler.configure(**{"strategy": strategy, **host.pop("own", {})})
        kind = arguments or SentenceTransformerTrainingArguments
        args = kind(output_dir=str(tmp_path), **{**defaults, **host})
        loss = {name: Recording(model, columns) for name in train} if losses else Recording(model, columns)
        trainer = SentenceTransformerTrainer(
            model=model, args=args, train_dataset=train, eval_dataset=eval_dataset, loss=loss
        )
        trainer.columns = columns
        return trainer

    return build


@pytest.mark.parametrize("container", [dict, DatasetDict])
@pytest.mark.parametrize("advised", [True, False], ids=["hidden", "visible"])
@pytest.mark.parametrize(
    "dicts",
    [{"losses": True}, {"prompts": {"anchor": "Q: "}}, {"prompts": {"a": {"anchor": "Q: "}, "b": "P: "}}, {}],
    ids=["losses", "prompts", "prompts-by-name", "none"],
)
def test_dict_of_datasets_trains_on_texts_alone(trainer_of, collated, container, advised, dicts):
    train = container({"a": own(), "b": own(name="b")})
    if advised:
        for dataset in train.values():
            dataset.set_format(columns=TEXTS)
    trainer = trainer_of(train, **dicts)
    trainer.train()
    assert {count for count, _ in trainer.columns} == {2}
    for batch in collated:
        assert {tuple(name for name in row if name != "dataset_name") for row in batch} == {tuple(TEXTS)}
        assert len({text.split()[0] for row in batch for text in (row["anchor"], row["positive"])}) == 1


def test_dict_of_datasets_is_evaluated_on_texts_alone(trainer_of, collated):
    train = {"a": own().with_format(columns=TEXTS)}
    trainer = trainer_of(train, {"a": own(name="e").with_format(columns=TEXTS)}, losses=True, eval_strategy="epoch")
    trainer.train()
    assert {count for count, _ in trainer.columns} == {2}
    assert any("e" in row["anchor"].split()[-1] for batch in collated for row in batch)


def test_visible_columns_of_one_dataset_are_hidden(trainer_of):
    trainer = trainer_of(own())
    trainer.train()
    assert {count for count, _ in trainer.columns} == {2}


def test_group_as_label_reaches_the_loss(trainer_of):
    dataset = own().map(lambda row: {"label": int(row["group"][1:])}, remove_columns=["group"])
    trainer = trainer_of(dataset, own={"group_column": "label"})
    trainer.train()
    for count, labels in trainer.columns:
        assert count == 2
        assert len(set(labels)) == 4


def test_hard_negatives_of_a_dict_are_encoded(trainer_of):
    train = {"a": own(negative=lambda code, group: f"of nobody {group}").with_format(columns=[*TEXTS, "negative"])}
    trainer = trainer_of(train, losses=True)
    trainer.train()
    assert {count for count, _ in trainer.columns} == {3}


def test_rows_with_false_hard_negatives_are_never_trained_on(trainer_of, collated, caplog):
    wrong = own(negative=lambda code, group: f"en Passage {group} " if group % 4 == 0 else "of nobody")
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trainer_of(wrong.with_format(columns=[*TEXTS, "negative"]), max_steps=12).train()
    met = {int(row["anchor"].split()[-1]) for batch in collated for row in batch}
    assert met == {1, 2, 3, 5, 6, 7}
    assert "data: 8 hard negatives answer their own question: left out, with their rows." in caplog.text


@pytest.mark.parametrize(
    ("evaluated", "told"),
    [
        (Dataset.from_dict({"anchor": [f"q{n}" for n in range(6)], "positive": [f"p{n}" for n in range(6)]}), True),
        (own(2, "e"), True),
        (own(2, "e").remove_columns("anchor_language").with_format(columns=TEXTS), True),
        (own(8, "e"), False),
    ],
    ids=["no-languages", "too-few", "one-language-column", "planned"],
)
def test_evaluation_data_that_cannot_be_planned_are_batched_in_order(trainer_of, collated, caplog, evaluated, told):
    trainer = trainer_of(own(), evaluated, eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trainer.train()
    assert [row["eval_loss"] > 0 for row in trainer.state.log_history if "eval_loss" in row] == [True, True]
    assert {count for count, _ in trainer.columns} == {2}
    notice = (
        f"A dataset of {len(evaluated)} rows, taken for evaluation data since training has begun, is batched in order"
    )
    assert caplog.text.count(notice) == int(told)  # once, of two evaluations
    if told:
        anchors = [row["anchor"] for batch in collated for row in batch]
        start = anchors.index(evaluated[0]["anchor"])
        assert anchors[start : start + len(evaluated)] == evaluated["anchor"][:]


@pytest.mark.parametrize("train", [own().remove_columns("anchor_language"), own(2)], ids=["no-languages", "too-few"])
def test_training_data_that_cannot_be_planned_are_refused(trainer_of, train):
    with pytest.raises((BatchError, DataFormatError)):
        trainer_of(train).train()


def test_training_data_of_a_dict_are_refused_though_others_are_planned(trainer_of):
    with pytest.raises(DataFormatError, match="no column 'anchor_language'"):
        trainer_of({"a": own(), "b": own().remove_columns("anchor_language")}).train()


def test_data_of_another_training_are_refused_though_one_has_ended(trainer_of):
    first = trainer_of(own())
    first.train()
    with pytest.raises(DataFormatError, match="no column 'anchor_language'"):
        trainer_of(own().remove_columns("anchor_language")).train()


def test_training_data_are_refused_though_another_trainer_of_the_same_arguments_has_begun(trainer_of):
    first, other = trainer_of(own()), trainer_of(own().remove_columns("anchor_language"))
    other.args = first.args
    first.train()
    with pytest.raises(DataFormatError, match="no column 'anchor_language'"):
        other.train()


@pytest.mark.parametrize("epochs", ["2", 0, -1, float("nan"), float("inf"), True], ids=str)
def test_length_that_is_no_positive_number_is_refused_where_it_is_given(epochs):
    with pytest.raises(ConfigurationError, match=r"epochs is .*Give a number above 0"):
        HybridBatchSampler.configure(strategy="sequential", epochs=epochs)


def kinds(collated):
    """Whether each batch is in one language on both sides."""
    return [len({text.split()[0] for row in batch for text in row.values()}) == 1 for batch in collated]


SWITCH = "sequential(switch=0.5)"


@pytest.mark.parametrize(
    "length", [{"num_train_epochs": 4, "max_steps": -1}, {"max_steps": 16}], ids=["epochs", "steps"]
)
@pytest.mark.parametrize("ours", [True, False], ids=["our-arguments", "the-hosts"])
def test_strategies_that_change_do_so_at_the_right_place(trainer_of, collated, length, ours):
    # 16 questions in batches of 4: 4 steps an epoch
    if ours:
        asked = {"arguments": partial(HybridBatchTrainingArguments, strategy=SWITCH)}
    else:
        asked = {"strategy": SWITCH, "own": {"max_steps": 16} if length["max_steps"] > 0 else {"epochs": 4}}
    trainer_of(own().with_format(columns=TEXTS), **asked, **length).train()
    assert kinds(collated) == [True] * 8 + [False] * 8


def test_training_that_outlasts_its_length_is_told(trainer_of, caplog):
    trainer = trainer_of(own(), strategy=SWITCH, own={"epochs": 1}, num_train_epochs=2, max_steps=-1)
    with caplog.at_level(logging.WARNING, logger="beir_hybrid"):
        trainer.train()
    assert caplog.text.count("Epoch 2 of a training of 1: sequential(switch=0.5, reverse=False) has ended") == 1


def test_configured_sampler_of_a_checkpoint_is_the_same(tmp_path):
    args = SentenceTransformerTrainingArguments(
        output_dir=str(tmp_path), report_to="none", batch_sampler=HybridBatchSampler.configure(alpha=0.3, hold=2)
    )
    list(args.batch_sampler(own(), 4))
    torch.save(args, tmp_path / "args.bin")
    again = torch.load(tmp_path / "args.bin", weights_only=False).batch_sampler
    assert again == args.batch_sampler
    assert repr(again).startswith("HybridBatchSampler.configure(strategy=Hybrid(alpha=0.3), sampling=Sampling(")
