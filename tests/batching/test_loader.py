from itertools import islice, pairwise

import pyarrow.compute as pc
import pytest
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.deprecated_model_card_templates import ModelCardTemplate
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.loader import HybridBatchDataLoader
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError
from beir_hybrid.pairs.code_switch import CodeSwitch
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs


class RecordingLoss(torch.nn.Module):
    """The host's loss, with the texts and labels of every batch it saw."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.inner = MultipleNegativesRankingLoss(model)
        self.batches = []

    def forward(self, features, labels):
        self.batches.append([*zip(*map(self.texts, features), strict=True)])
        return self.inner(features, labels)

    def texts(self, feature):
        words = [self.model.tokenizer.id_to_token(number) for number in feature["input_ids"].tolist()]
        starts = [*feature["offsets"].tolist(), len(words)]
        return [" ".join(words[start:stop]) for start, stop in pairwise(starts)]


@pytest.fixture
def model(pairs):
    """An encoder with one token per word, so that its input tells the texts."""
    words = {word for column in ("question", "passage") for text in pairs.table[column] for word in str(text).split()}
    vocabulary = {word: number for number, word in enumerate(["[UNK]", *sorted(words)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    torch.manual_seed(0)
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")


def planned(pairs, epoch, batch_size=4, strategy="hybrid", seed=0):
    plan = BatchPlan(pairs.index, build_strategy(strategy), batch_size, seed=seed)
    rows = [pairs.dataset()[batch.rows.tolist()] for batch in plan.batches(epoch)]
    return [[*zip(columns["anchor"], columns["positive"], strict=True)] for columns in rows]


def texts(batches):
    return [[tuple(example.texts) for example in batch] for batch in batches]


def test_a_pass_yields_the_batches_of_the_plan(pairs):
    loader = HybridBatchDataLoader(pairs, 4, strategy="hybrid(alpha=0.3)", seed=7)
    batches = [*loader]
    assert len(loader) == len(batches) == 8  # 34 pairs
    assert texts(batches) == planned(pairs, 0, strategy="hybrid(alpha=0.3)", seed=7)


def test_options_of_the_strategy_are_arguments(pairs):
    assert texts(HybridBatchDataLoader(pairs, 4, alpha=1.0)) == planned(pairs, 0, strategy="hybrid(alpha=1.0)")


def test_labels_are_equal_for_translations_only(pairs):
    groups = {}
    for batch in HybridBatchDataLoader(pairs, 4):
        for example in batch:
            groups.setdefault(example.label, set()).update(text.split()[-1] for text in example.texts)
    assert len(groups) == 12
    assert all(type(label) is int and len(numbers) == 1 for label, numbers in groups.items())


def test_prefixes_come_before_questions_and_passages(pairs):
    loader = HybridBatchDataLoader(pairs, 4, query_prefix="Query: ", passage_prefix="Passage: ")
    expected = [
        [(f"Query: {question}", f"Passage: {passage}") for question, passage in batch] for batch in planned(pairs, 0)
    ]
    assert texts(loader) == expected
    assert loader.dataset[0]["anchor"].startswith("Query: ")


def test_passes_move_on_through_the_epochs(pairs):
    loader = HybridBatchDataLoader(pairs, 4)
    assert [texts(loader) for _ in range(3)] == [planned(pairs, epoch) for epoch in range(3)]


def test_a_loop_that_counts_its_batches_moves_on_too(pairs):
    loader = HybridBatchDataLoader(pairs, 4)
    for epoch in range(2):
        counted = [batch for _, batch in zip(range(len(loader)), loader, strict=False)]
        assert texts(counted) == planned(pairs, epoch)


def test_a_look_at_some_batches_does_not_move_on(pairs):
    loader = HybridBatchDataLoader(pairs, 4)
    assert texts(islice(loader, 3)) == planned(pairs, 0)[:3]
    assert texts(loader) == planned(pairs, 0)


def test_set_epoch_chooses_the_next_pass(pairs):
    loader = HybridBatchDataLoader(pairs, 4)
    loader.set_epoch(5)
    assert [texts(loader) for _ in range(2)] == [planned(pairs, 5), planned(pairs, 6)]
    for _ in loader:
        loader.set_epoch(2)
    assert texts(loader) == planned(pairs, 2)


def test_an_epoch_below_zero_is_refused(pairs):
    with pytest.raises(ConfigurationError, match="The epoch is -1"):
        HybridBatchDataLoader(pairs, 4).set_epoch(-1)


def test_old_fit_trains_on_the_planned_batches(pairs, model):
    loader, loss = HybridBatchDataLoader(pairs, 4), RecordingLoss(model)
    before = model.encode(["de question 1"]).copy()
    model.old_fit(train_objectives=[(loader, loss)], epochs=2, warmup_steps=0, show_progress_bar=False)
    assert loss.batches == [*planned(pairs, 0), *planned(pairs, 1)]
    assert (model.encode(["de question 1"]) != before).any()


def test_old_fit_with_steps_goes_on_where_it_stopped(pairs, model):
    loader, loss = HybridBatchDataLoader(pairs, 4), RecordingLoss(model)
    model.old_fit(train_objectives=[(loader, loss)], epochs=2, steps_per_epoch=6, show_progress_bar=False)
    assert loss.batches == [*planned(pairs, 0), *planned(pairs, 1)[:4]]


def test_fit_of_the_host_is_refused(pairs, model):
    loader = HybridBatchDataLoader(pairs, 4)
    with pytest.raises(ConfigurationError, match=r"takes the planned batches apart.*beir_hybrid\.fit"):
        model.fit(train_objectives=[(loader, RecordingLoss(model))], show_progress_bar=False)


def test_fit_of_the_host_would_break_the_batches(pairs, model, monkeypatch, tmp_path):
    class Unguarded:
        batch_size = 4

        def __iter__(self):
            return iter(HybridBatchDataLoader(pairs, 4))

    monkeypatch.chdir(tmp_path)
    loss = RecordingLoss(model)
    model.fit(train_objectives=[(Unguarded(), loss)], show_progress_bar=False)
    whole = {frozenset(batch) for batch in planned(pairs, 0)}
    assert len(loss.batches) == len(whole)
    assert not whole & {frozenset(batch) for batch in loss.batches}


def test_collate_fn_makes_what_is_yielded(pairs):
    loader = HybridBatchDataLoader(pairs, 4)
    assert loader.collate_fn is None
    loader.collate_fn = lambda examples: " / ".join(example.texts[0] for example in examples)
    assert next(iter(loader)) == " / ".join(question for question, _ in planned(pairs, 0)[0])
    loader.collate_fn = None
    assert texts(loader) == planned(pairs, 0)


def test_model_card_of_old_fit_names_the_strategy(pairs, model):
    loader = HybridBatchDataLoader(pairs, 4, strategy="x-y", seed=3, query_prefix="Q: ")
    section, _ = ModelCardTemplate.get_train_objective_info(loader, MultipleNegativesRankingLoss(model))
    assert "HybridBatchDataLoader` of length 8" in section
    assert "{'strategy': 'XY()', 'batch_size': 4, 'seed': 3, 'query_prefix': 'Q: '}" in section


def rows_of(pairs):
    """A dataset of the user's own: every pair of languages of every group, with its columns."""
    table = pairs.table.to_pylist()
    rows = [
        {
            "group": question["group"],
            "anchor": question["question"],
            "positive": passage["passage"],
            "anchor_language": question["language"],
            "positive_language": passage["language"],
        }
        for question in table
        for passage in table
        if question["group"] == passage["group"]
    ]
    return Dataset.from_list(rows).shuffle(seed=1)


def test_a_dataset_with_languages_gives_the_batches_of_the_sampler(pairs):
    dataset = rows_of(pairs)
    dataset.set_format(columns=["anchor", "positive"])
    sampler = HybridBatchSampler(dataset, 4, seed=2, strategy="x-y")
    expected = [[(dataset[row]["anchor"], dataset[row]["positive"]) for row in batch] for batch in sampler]
    assert texts(HybridBatchDataLoader(dataset, 4, strategy="x-y", seed=2)) == expected


def test_labels_of_a_dataset_are_its_groups(pairs):
    loader = HybridBatchDataLoader(rows_of(pairs), 4)
    groups = {(example.label, example.texts[0].split()[-1]) for _ in range(4) for batch in loader for example in batch}
    assert len(groups) == len(dict(groups)) == 12


def test_rows_of_a_dataset_share_a_label_if_they_share_a_question_or_a_passage(pairs):
    loader = HybridBatchDataLoader(rows_of(pairs).remove_columns("group"), 4)
    labels = {(row["positive"], row["label"]) for row in loader.dataset}
    assert len(labels) == len(dict(labels)) == 34
    assert len({label for _, label in labels}) == 12


def test_groups_that_share_a_passage_share_a_label():
    texts = [("a", "One."), ("b", "Two."), ("c", "Three."), ("d", "One.")]
    shared = ParallelPairs.from_pairs("tiny", [Pair(group, "en", f"{group}?", passage) for group, passage in texts])
    loader = HybridBatchDataLoader(shared, 3, strategy="x-x-mono")
    labels = {row["anchor"]: row["label"] for row in loader.dataset}
    assert labels["a?"] == labels["d?"]
    assert len({*labels.values()}) == 3


def test_hard_negatives_come_after_the_passage(pairs):
    with_negatives = ParallelPairs.from_pairs(
        "tiny",
        [
            Pair(f"g{n}", language, f"{language} {n}?", f"{language} {n}", (f"{language} not {n}", f"{language} no"))
            for n in range(8)
            for language in ("de", "en")
        ],
    )
    loader = HybridBatchDataLoader(with_negatives.dataset(negatives=1), 4, strategy="x-y", passage_prefix="P: ")
    for batch in loader:
        for example in batch:
            question, passage, negative = example.texts
            assert passage.startswith("P: ")
            assert negative == passage.replace("P: de ", "P: de not ").replace("P: en ", "P: en not ")
            assert question[2:-1] == passage[5:]


def test_negatives_of_a_dataset_of_ones_own_are_kept(pairs):
    dataset = rows_of(pairs)
    dataset = dataset.add_column("negative", [f"not {row['positive']}" for row in dataset])
    for batch in HybridBatchDataLoader(dataset, 4):
        assert all(example.texts[2] == f"not {example.texts[1]}" for example in batch)


def test_sources_side_by_side_never_mix_in_a_batch(pairs):
    other = ParallelPairs.from_pairs(
        "other", [Pair(f"o{n}", code, f"other {n}", f"other {n}") for n in range(9) for code in ("fr", "it")]
    )
    loader = HybridBatchDataLoader(example_dataset([pairs, other]), 4)
    kinds = [{example.texts[0].startswith("other") for example in batch} for batch in loader]
    assert len(loader) == (34 + 18) // 4
    assert {frozenset(kind) for kind in kinds} == {frozenset({True}), frozenset({False})}


def test_sampling_goes_to_the_plan_and_its_notices_to_the_log(pairs, caplog):
    smaller = ParallelPairs("tiny", pairs.table.filter(pc.field("group") != "g0"))
    loader = HybridBatchDataLoader(smaller, 11, strategy="x-x-mono", sampling=Sampling(too_small="drop"))
    assert {example.texts[0][:2] for _ in range(9) for batch in loader for example in batch} == {"en"}
    left_out = [message for message in caplog.messages if "left out of" in message]
    assert [" in de" in message for message in left_out] == [True, False]  # and Spanish


def test_the_dataset_of_pairs_is_as_good_as_the_pairs(pairs):
    loader = HybridBatchDataLoader(pairs.dataset(), 4)
    assert texts(loader) == planned(pairs, 0)
    assert loader.dataset.column_names == ["anchor", "positive", "label"]


def test_dataset_of_pairs_holds_no_texts(pairs):
    loader = HybridBatchDataLoader(pairs, 4, query_prefix="Q: ")
    assert len(loader.dataset) == pairs.index.size == 98
    assert loader.dataset.data.nbytes == 0
    shown = loader.dataset.with_format(None).select_columns(["label", "anchor"])
    assert shown[97] == {"label": 11, "anchor": "en question 11"}


@pytest.mark.parametrize("column", ["anchor", "positive", "anchor_language", "positive_language"])
def test_a_dataset_without_a_column_is_told(pairs, column):
    with pytest.raises(DataFormatError, match=f"The dataset has no column '{column}'"):
        HybridBatchDataLoader(rows_of(pairs).remove_columns(column), 4)


def test_a_batch_that_cannot_be_filled_is_told_at_once(pairs):
    with pytest.raises(BatchError, match="fewer than a batch of 13"):
        HybridBatchDataLoader(pairs, 13)


def test_a_strategy_that_changes_measures_progress_over_the_epochs_told(pairs):
    class Late:
        """Cross-lingual batches in the second half of the training."""

        kinds = (MONO, CROSS)

        def draw(self, rng, progress):
            return (progress >= 0.5).astype(int)

    loader = HybridBatchDataLoader(pairs, 4, strategy=Late(), epochs=2)
    languages = [
        {question.split()[0] == passage.split()[0] for batch in texts(loader) for question, passage in batch}
        for _ in range(2)
    ]
    assert languages == [{True}, {False}]


def test_strategy_that_changes_yields_nothing_where_the_length_is_not_told(pairs):
    loader = HybridBatchDataLoader(pairs, 4, strategy="sequential")
    with pytest.raises(ConfigurationError, match=r"length is not known here\. Give epochs= .* beir_hybrid\.fit"):
        next(iter(loader))
    assert len(next(iter(HybridBatchDataLoader(pairs, 4, strategy="sequential", epochs=2)))) == 4


def test_options_of_sampling_are_taken(pairs):
    loader = HybridBatchDataLoader(pairs, 4, strategy="x-y", too_small="drop", languages="size")
    assert loader.plan.sampling == Sampling(too_small="drop", languages="size")
    with pytest.raises(ConfigurationError, match=r"DataLoader has no option 'epoch'\. Did you mean 'epochs'"):
        HybridBatchDataLoader(pairs, 4, epoch=2)


def test_rows_with_false_hard_negatives_are_left_out():
    rows = [
        {
            "note": "of no matter",
            "negative": f"{code} PASSAGE {group}" if group % 3 == 0 else "of nobody",
            "positive": f"{code} passage {group}",
            "anchor": f"{code} question {group}",
            "anchor_language": code,
            "positive_language": code,
            "group": group,
        }
        for group in range(12)
        for code in ("de", "en")
    ]
    loader = HybridBatchDataLoader(Dataset.from_list(rows), 4, strategy="x-x-mono")
    examples = [example for batch in loader for example in batch]
    assert len(loader) == 4
    assert {int(example.texts[0].split()[-1]) % 3 for example in examples} == {1, 2}
    assert {example.texts[2] for example in examples} == {"of nobody"}
    assert len({example.label for example in examples}) == 8
    assert loader.plan.notices == ["data: 8 hard negatives answer their own question: left out, with their rows."]


def test_each_pass_replaces_other_words_as_the_sampler_does(pairs, tmp_path):
    words = {word for question in pairs.table["question"].to_pylist() for word in question.split()}
    (tmp_path / "words.tsv").write_text("\n".join(f"{word}\tx" for word in words), encoding="utf-8")
    transform = CodeSwitch(tmp_path / "words.tsv")
    dataset = example_dataset([pairs], transform=transform)
    loader = HybridBatchDataLoader(dataset, batch_size=4)
    passes = [texts(loader), texts(loader)]
    loader.set_epoch(0)
    assert texts(loader) == passes[0] != planned(pairs, 0)
    sampler = HybridBatchSampler(dataset, batch_size=4)
    for epoch, seen in enumerate(passes):
        sampler.set_epoch(epoch)
        drawn = [[(row["anchor"], row["positive"]) for row in map(dataset.__getitem__, rows)] for rows in sampler]
        assert drawn == seen
