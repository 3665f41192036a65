import itertools
import pickle

import numpy as np
import pytest
from datasets import Dataset

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampler import HybridBatchSampler, indexes_of
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError, UnknownNameError
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.training.base_models import static_model


@pytest.fixture
def rows():
    """Eight groups in two languages, every question with every passage, in no particular order."""
    found = [
        {
            "anchor": f"{question} question {group}",
            "positive": f"{passage} passage {group}",
            "anchor_language": question,
            "positive_language": passage,
            "group": f"g{group}",
        }
        for group in range(8)
        for question in ("de", "en")
        for passage in ("de", "en")
    ]
    return [found[number] for number in np.random.default_rng(0).permutation(len(found))]


@pytest.fixture
def own(rows):
    return Dataset.from_list(rows)


@pytest.fixture
def trained_on(tmp_path, pairs, collated):
    """Trains a tiny model and gives the rows of every batch, as the collator got them."""
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    def run(dataset, epochs=2, seed=42, **options):
        arguments = SentenceTransformerTrainingArguments(
            output_dir=str(tmp_path),
            per_device_train_batch_size=4,
            num_train_epochs=epochs,
            seed=seed,
            batch_sampler=HybridBatchSampler.configure(**options),
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        model = static_model(pairs, 4)
        loss = MultipleNegativesRankingLoss(model)
        trainer = SentenceTransformerTrainer(model=model, args=arguments, train_dataset=dataset, loss=loss)
        trainer.train()
        return collated

    return run


@pytest.mark.parametrize("strategy", ["x-x-mono", "x-y", "hybrid"])
def test_trainer_gets_the_batches_of_the_plan(trained_on, pairs, strategy):
    dataset = pairs.dataset()
    strategies = {"x-x-mono": XXMono(), "x-y": XY(), "hybrid": Hybrid(0.5)}
    plan = BatchPlan(pairs.index, strategies[strategy], 4, seed=7)
    planned = itertools.chain(plan.batches(0), plan.batches(1))
    expected = [[dataset[row] for row in batch.rows.tolist()] for batch in planned]
    assert trained_on(dataset, seed=7, strategy=strategy) == expected


def test_trainer_gets_the_planned_languages_of_a_dataset_of_ones_own(trained_on, rows, own):
    place = {(row["anchor"], row["positive"]): row for row in rows}
    own.set_format(columns=["anchor", "positive"])
    plan = BatchPlan(indexes_of(own), Hybrid(0.5), 4, seed=42)
    planned = list(itertools.chain(plan.batches(0), plan.batches(1)))
    seen = trained_on(own, strategy="hybrid", alpha=0.5)
    assert len(seen) == len(planned)
    assert {batch.kind.name for batch in planned} == {"x-x-mono", "x-y"}
    for features, batch in zip(seen, planned, strict=True):
        assert {tuple(feature) for feature in features} == {("anchor", "positive")}  # nothing else is encoded
        full = [place[feature["anchor"], feature["positive"]] for feature in features]
        assert [rows[row] for row in batch.rows] == full
        assert len({row["group"] for row in full}) == 4
        if batch.kind.name == "x-x-mono":
            assert (
                len({language for row in full for language in (row["anchor_language"], row["positive_language"])}) == 1
            )
        else:
            assert all(row["anchor_language"] != row["positive_language"] for row in full)


def test_batches_are_those_of_the_plan(pairs):
    sampler = HybridBatchSampler(pairs.dataset(), 4, seed=3, strategy="hybrid", alpha=0.3)
    plan = BatchPlan(pairs.index, Hybrid(0.3), 4, seed=3)
    assert list(sampler) == [batch.rows.tolist() for batch in plan.batches(0)]


def test_length_is_the_number_of_batches(pairs):
    sampler = HybridBatchSampler(pairs.dataset(), 4)
    assert len(sampler) == len(list(sampler)) == (10 * 3 + 2 * 2) // 4


def test_epoch_is_set(pairs):
    sampler = HybridBatchSampler(pairs.dataset(), 4)
    first = list(sampler)
    sampler.set_epoch(2)
    assert list(sampler) == [batch.rows.tolist() for batch in sampler.plan.batches(2)] != first
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_configured_sampler_can_be_pickled(pairs):
    configured = HybridBatchSampler.configure(strategy="hybrid", alpha=0.3, group_column="question")
    again = pickle.loads(pickle.dumps(configured))
    assert list(again(pairs.dataset(), 4, True, seed=1)) == list(configured(pairs.dataset(), 4, True, seed=1))


def test_configured_options_reach_the_strategy(pairs):
    assert HybridBatchSampler.configure(alpha=0.3)(pairs.dataset(), 4).plan.strategy == Hybrid(0.3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"strategy": "hybird"}, UnknownNameError, "Did you mean 'hybrid'"),
        ({"alhpa": 0.5}, ConfigurationError, "Did you mean 'alpha'"),
        ({"alpha": 2}, ConfigurationError, "alpha is 2"),
        ({"strategy": "x-y", "alpha": 0.5}, ConfigurationError, "no options"),
        ({"grup_column": "g"}, ConfigurationError, "no option 'grup_column'. Did you mean 'group_column'"),
    ],
    ids=["strategy", "option", "value", "option-of-none", "column"],
)
def test_wrong_options_are_refused_when_configured(options, error, message):
    with pytest.raises(error, match=message):
        HybridBatchSampler.configure(**options)


def test_batch_larger_than_the_data_is_refused(pairs):
    with pytest.raises(BatchError, match=r"tiny has 11 groups .* in de"):
        HybridBatchSampler(pairs.dataset(), 12, strategy="x-x-mono")


def test_index_of_the_pairs_is_theirs(pairs):
    assert indexes_of(pairs.dataset())[0] is pairs.index


def test_selected_columns_of_the_pairs_are_still_theirs(pairs):
    assert indexes_of(pairs.dataset().select_columns(["anchor", "positive"]))[0] is pairs.index


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.shuffle(seed=0),
        lambda data: data.select([3, 1, 2]),
        lambda data: data.filter(lambda row: True),
    ],
    ids=["shuffled", "selected", "filtered"],
)
def test_changed_order_of_the_pairs_is_refused(pairs, change):
    with pytest.raises(DataFormatError, match="shuffled or selected"):
        indexes_of(change(pairs.dataset()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.select(range(10)),
        lambda data: data.take(10),
        lambda data: data.shard(num_shards=2, index=1),
        lambda data: data.train_test_split(0.2, shuffle=False)["train"],
        lambda data: data.select(range(10)).select_columns(["anchor", "positive"]),
    ],
    ids=["selected", "taken", "shard", "split", "columns"],
)
def test_contiguous_selection_of_the_pairs_is_refused(pairs, change):
    # such a selection holds the texts themselves: nothing tells their languages any more
    chosen = change(pairs.dataset())
    assert chosen[0].keys() == {"anchor", "positive"}
    with pytest.raises(DataFormatError, match=r"shuffled or selected from\. Select from the pairs"):
        indexes_of(chosen)


def test_index_of_rows_finds_each_row(own, rows):
    index = indexes_of(own)[0]
    for number, row in zip(range(index.size), index.rows(*index.examples(np.arange(index.size))).tolist(), strict=True):
        _, question, passage = (int(part[0]) for part in index.examples(np.array([number])))
        assert rows[row]["anchor_language"] == index.languages[question]
        assert rows[row]["positive_language"] == index.languages[passage]


def test_hidden_columns_are_seen_by_the_index(own):
    visible = indexes_of(own)[0]
    own.set_format(columns=["anchor", "positive"])
    np.testing.assert_array_equal(indexes_of(own)[0].order, visible.order)


def test_shuffled_rows_are_indexed_in_their_new_order(own):
    shuffled = own.shuffle(seed=1)
    sampler = HybridBatchSampler(shuffled, 4, strategy="x-x-mono")
    for batch in sampler:
        chosen = shuffled.select(batch)
        assert len({*chosen["anchor_language"], *chosen["positive_language"]}) == 1
        assert len(set(chosen["group"])) == 4


def test_columns_may_have_other_names(own, rows):
    names = {"anchor_language": "asked_in", "positive_language": "answered_in", "group": "question", "positive": "text"}
    sampler = HybridBatchSampler(
        own.rename_columns(names),
        4,
        strategy="x-y",
        question_column="asked_in",
        passage_column="answered_in",
        group_column="question",
        answer_column="text",
    )
    for batch in sampler:
        assert all(rows[row]["anchor_language"] != rows[row]["positive_language"] for row in batch)
        assert len({rows[row]["group"] for row in batch}) == 4


@pytest.mark.parametrize("column", ["anchor_language", "positive_language"])
def test_missing_language_column_is_named(own, column):
    with pytest.raises(DataFormatError, match=f"no column '{column}', only .* name the column with question_column="):
        HybridBatchSampler(own.remove_columns(column), 4)


def test_without_group_column_every_row_is_a_group(own):
    # the four rows of a question are linked by its texts and by those of its passages
    index = indexes_of(own.remove_columns("group"))[0]
    assert index.groups == 32
    assert len(np.unique(index.answer)) == 8


def test_hard_negatives_of_own_rows_are_guarded():
    groups = [f"g{n}" for n in range(16)]
    rows = [
        {
            "group": group,
            "anchor": f"{language} {group}?",
            "positive": f"{language} {group}.",
            "negative_1": f"{language} {groups[n - 1]}.",
            "negative_2": "of nobody",
            "anchor_language": language,
            "positive_language": language,
        }
        for n, group in enumerate(groups)
        for language in ("de", "en")
    ]
    dataset = Dataset.from_list(rows)
    index = indexes_of(dataset)[0]
    assert [index.refused(n) for n in range(16)] == [[index.answer[n - 1]] for n in range(16)]
    for batch in HybridBatchSampler(dataset, 6, strategy="x-x-mono"):
        met = dataset[batch]
        assert not set(met["positive"]) & set(met["negative_1"])


@pytest.mark.parametrize("column", ["anchor_language", "positive_language", "group", "positive"])
def test_empty_field_is_refused(rows, column):
    rows[3][column] = None
    with pytest.raises(DataFormatError, match=f"'{column}' has empty fields"):
        indexes_of(Dataset.from_list(rows))


def test_dataset_without_rows_is_refused(own):
    with pytest.raises(DataFormatError, match="no example"):
        indexes_of(own.select([]))


def test_rows_with_equal_passages_never_meet(rows):
    for row in rows:  # groups 0 and 1 share their German passage, and so an answer in every language
        if row["group"] == "g1" and row["positive_language"] == "de":
            row["positive"] = "de passage 0"
    sampler = HybridBatchSampler(Dataset.from_list(rows), 7, strategy="x-y")
    assert len(sampler) == 16 // 7
    for epoch in range(5):
        sampler.set_epoch(epoch)
        for batch in sampler:
            assert not {"g0", "g1"} <= {rows[row]["group"] for row in batch}


def test_pairs_with_equal_passages_never_meet():
    pairs = ParallelPairs.from_pairs(
        "shared", [Pair(f"g{group}", "en", f"question {group}", f"passage {group // 2}") for group in range(12)]
    )
    dataset = pairs.dataset()
    batches = list(HybridBatchSampler(dataset, 6, strategy="x-x-mono"))
    assert len(batches) == 2
    for batch in batches:
        assert sorted(dataset[batch]["positive"]) == [f"passage {number}" for number in range(6)]


def test_a_finished_strategy_is_tried_out_once_and_not_in_every_epoch(pairs, monkeypatch):
    tried = []
    monkeypatch.setattr("beir_hybrid.batching.sampler.changes", lambda strategy: tried.append(strategy) or False)
    sampler = HybridBatchSampler(pairs.dataset(), 4, strategy="x-y")
    for epoch in range(4):
        sampler.set_epoch(epoch)
        list(sampler)
    assert len(tried) == 1
