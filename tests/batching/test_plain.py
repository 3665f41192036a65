import pytest
import torch
from datasets import Dataset
from sentence_transformers.base.sampler import (
    DefaultBatchSampler,
    GroupByLabelBatchSampler,
    NoDuplicatesBatchSampler,
)
from torch.utils.data import RandomSampler

from beir_hybrid.batching.plain import PlainBatches
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError

SEED, BATCH = 5, 4


def rows(count=42, **columns):
    texts = {"anchor": [f"a{n // 3}" for n in range(count)], "positive": [f"p{n}" for n in range(count)]}
    return Dataset.from_dict({**texts, **columns})


def host(kind, dataset, epoch):
    """What the host's sampler draws in an epoch, its generator seeded as the host seeds it."""
    generator = torch.Generator()
    generator.manual_seed(SEED + epoch)
    labels = {"valid_label_columns": ["label"]}
    options = {"batch_size": BATCH, "drop_last": True, "generator": generator, "seed": SEED, **labels}
    if kind == "batch_sampler":
        sampler = DefaultBatchSampler(RandomSampler(dataset, generator=generator), **options)
    elif kind == "no_duplicates":
        sampler = NoDuplicatesBatchSampler(dataset, **options)
    else:
        sampler = GroupByLabelBatchSampler(dataset, **options)
    sampler.set_epoch(epoch)
    return list(sampler)


@pytest.mark.parametrize("kind", ["batch_sampler", "no_duplicates", "group_by_label"])
def test_a_pass_is_what_the_hosts_sampler_draws_in_that_epoch(kind):
    dataset = rows(label=[n % 3 for n in range(42)])
    plain = PlainBatches("mine", dataset, BATCH, seed=SEED, sampler=kind, labels=["label"])
    for number in (1, 0):
        drawn = [plain.step(number, step)[0] for step in range(len(plain))]
        assert drawn == host(kind, dataset, number)


@pytest.mark.parametrize("kind", ["batch_sampler", "no_duplicates"])
def test_any_step_is_the_same_whatever_was_drawn_before(kind):
    plain = PlainBatches("mine", rows(), BATCH, seed=SEED, sampler=kind)
    asked = [(number, step) for number in range(3) for step in range(len(plain))]
    drawn = {place: plain.step(*place) for place in asked}
    again = PlainBatches("mine", rows(), BATCH, seed=SEED, sampler=kind)
    assert {place: again.step(*place) for place in reversed(asked)} == drawn


def test_processes_get_consecutive_full_batches_of_the_sampler():
    one, two = (PlainBatches("mine", rows(), BATCH, seed=SEED, world_size=size) for size in (1, 2))
    assert (len(one), len(two)) == (10, 5)
    dealt = [batch for step in range(5) for batch in two.step(0, step)]
    assert dealt == [one.step(0, step)[0] for step in range(10)]
    assert {len(batch) for batch in dealt} == {BATCH}


def test_a_sampler_that_falls_short_of_its_length_starts_again():
    few = Dataset.from_dict({"anchor": ["a", "b"] * 8, "positive": ["p", "q"] * 8})
    plain = PlainBatches("few", few, 2, seed=SEED, sampler="no_duplicates")
    assert [len(plain.step(0, step)[0]) for step in range(len(plain))] == [2] * 8


@pytest.mark.parametrize(
    ("dataset", "options", "error", "message"),
    [
        (rows(0), {}, DataFormatError, "mine holds no example"),
        (rows(7), {"world_size": 2}, BatchError, "mine holds 7 rows, too few for a batch of 8"),
        (rows(), {"sampler": "no_duplicate"}, ConfigurationError, "Did you mean 'no_duplicates'?"),
        (rows().to_iterable_dataset(), {}, DataFormatError, "not all known before training"),
        (rows(), {"sampler": "group_by_label"}, ConfigurationError, "cannot be batched by group_by_label"),
    ],
    ids=["empty", "small", "sampler", "streamed", "labels"],
)
def test_what_cannot_be_batched_is_refused_in_a_line(dataset, options, error, message):
    with pytest.raises(error) as raised:
        PlainBatches("mine", dataset, BATCH, **options)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_rows_that_fill_no_batch_are_refused_when_they_are_drawn():
    equal = Dataset.from_dict({"anchor": ["a"] * 8, "positive": ["p"] * 8})
    with pytest.raises(BatchError, match="fills no batch of 4 by no_duplicates"):
        PlainBatches("equal", equal, BATCH, sampler="no_duplicates").step(0, 0)


def test_identity_follows_the_rows_and_their_order_and_no_format():
    known = PlainBatches("mine", rows(), BATCH).identity()
    assert PlainBatches("mine", rows().with_format(columns=["anchor"]), BATCH).identity() == known
    assert PlainBatches("mine", rows().shuffle(seed=0), BATCH).identity() != known
    assert PlainBatches("mine", rows(41), BATCH).identity() != known
    assert PlainBatches("mine", rows(), BATCH, sampler="no_duplicates").identity() != known
