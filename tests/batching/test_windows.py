"""Batches of like lengths: what is drawn stays as it is, and what lies in a batch is alike."""

import itertools
from collections import Counter
from functools import partial

import numpy as np
import pytest

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.batching.windows import WINDOW, window_around
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.pairs.lengths import Lengths

LANGUAGES = ("de", "en", "es", "zh")
STRATEGIES = [XXMono(), XY(), Hybrid(0.5)]
GROUPED = Sampling(group_by_length=True)


def measured(groups, answer=None, seed=0, equal=False):
    """Groups in every language, whose texts' lengths follow the group's, each language's at a rate of its own."""
    rng = np.random.default_rng(seed)
    base = np.full((groups, 1), 50) if equal else rng.integers(20, 120, size=(groups, 1))
    buckets = [(base + 15 * np.arange(4) + more).astype(np.uint8).reshape(-1) for more in (0, 20)]
    rows = np.arange(groups * 4).reshape(groups, 4)
    lengths = Lengths(partial(tuple, buckets), rows, rows)
    return ExampleIndex(LANGUAGES, np.ones((1, 4, 4), bool), np.zeros(groups, np.int64), answer, lengths=lengths)


def grouped(index, strategy="hybrid", size=8, **options):
    return BatchPlan(index, strategy, size, sampling=GROUPED, **options)


def content(batch):
    arrays = (batch.groups, batch.questions, batch.passages, batch.rows)
    return (batch.kind, batch.source, batch.replaced, *(array.tolist() for array in arrays))


def spread(plan):
    """Mean over the batches of how far the lengths of a batch's questions lie apart, against their languages' means."""
    spreads = []
    for batch in plan.batches(0):
        source = plan.sources[batch.source]
        asked, _ = source.buckets(batch.groups, batch.questions, batch.passages)
        spreads.append(np.ptp(asked - 15.0 * batch.questions))
    return np.mean(spreads)


@pytest.mark.parametrize("steps", [1, 2, 31, 32, 47, 48, 49, 64, 1000])
def test_windows_share_a_pass_evenly(steps):
    windows = [window_around(step, steps) for step in range(steps)]
    assert all(first <= step < last for step, (first, last) in enumerate(windows))
    distinct = sorted(set(windows))
    assert [first for first, _ in distinct[1:]] == [last for _, last in distinct[:-1]]
    assert (distinct[0][0], distinct[-1][1]) == (0, steps)
    lengths = [last - first for first, last in distinct]
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) < 1.5 * WINDOW


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_batches_hold_like_lengths(strategy):
    index = measured(800)
    assert spread(grouped(index, strategy)) < 0.2 * spread(BatchPlan(index, strategy, 8))


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@pytest.mark.parametrize("world_size", [1, 3])
def test_any_step_is_drawn_alike_in_any_order_and_on_any_process(strategy, world_size):
    index = measured(300, np.arange(300) // 2)
    in_order = [content(batch) for batch in grouped(index, strategy, world_size=world_size).batches(1)]
    plan = grouped(index, strategy, world_size=world_size)
    for step in np.random.default_rng(0).permutation(len(plan)).tolist():
        assert content(plan.batch(1, step)) == in_order[step]
    assert content(plan.batch(0, 3)) != in_order[3]


def test_steps_have_the_kinds_and_languages_that_they_have_ungrouped():
    index = measured(200)
    plan = grouped(index)
    for batch, other in zip(plan.batches(0), BatchPlan(index, "hybrid", 8).batches(0), strict=True):
        assert batch.kind == other.kind
        if batch.kind.per == "batch":
            assert batch.questions.tolist() == other.questions.tolist()


def test_languages_of_a_batch_do_not_follow_from_its_lengths():
    plan = grouped(measured(4000), XY(), 100)
    shares = np.array([np.bincount(batch.passages, minlength=4) / 100 for batch in plan.batches(0)])
    # were the longest languages put together, batches would differ by far more than chance lets them
    assert shares.std(axis=0).max() < 1.3 * np.sqrt(0.25 * 0.75 / 100)
    assert np.abs(shares.mean(axis=0) - 0.25).max() < 0.02


@pytest.mark.parametrize("answer", [None, np.arange(96) // 2], ids=["answers-differ", "answers-shared"])
@pytest.mark.parametrize("world_size", [1, 2])
def test_each_group_comes_once_a_pass(answer, world_size):
    plan = grouped(measured(96, answer), "en-en", 8, world_size=world_size)
    steps = 96 // (8 * world_size)
    drawn = [batch.groups for batch in itertools.islice(plan.batches(0), steps)]
    assert sorted(np.concatenate(drawn).tolist()) == list(range(96))


def test_long_passes_are_cut_into_windows_and_hold_each_group_once():
    plan = grouped(measured(1000), "en-en", 8)  # 125 steps a pass
    drawn = [batch.groups for batch in itertools.islice(plan.batches(0), 125)]
    assert len(set(np.concatenate(drawn).tolist())) == 1000


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@pytest.mark.parametrize("copies", [2, 5])
def test_answers_are_unique_over_all_processes(strategy, copies):
    answer = np.arange(200) // copies
    plan = grouped(measured(200, answer), strategy, 8, world_size=2)
    for batch in plan.batches(0):
        assert len(set(answer[batch.groups].tolist())) == 16
        assert batch.repeated == 0


def test_groups_of_equal_answers_are_exchanged_by_like_length():
    answer = np.arange(800) // 2
    index = measured(800, answer)
    plan = grouped(index, XXMono())
    assert sum(batch.replaced for batch in plan.batches(0)) > 0
    assert spread(plan) < 0.25 * spread(BatchPlan(index, XXMono(), 8))


def test_processes_get_like_lengths():
    index = measured(2000)
    for batch in grouped(index, XXMono(), 16, world_size=2).batches(0):
        asked, _ = index.buckets(batch.groups, batch.questions, batch.passages)
        first, second = np.split(asked.astype(int), 2)
        assert np.all(first >= second)  # dealt in turns, the longest first
        assert np.all(second[:-1] >= first[1:])


def test_rows_of_a_process_begin_with_the_longest():
    index = measured(400)
    for batch in grouped(index, XY()).batches(0):
        lengths = np.maximum(*index.buckets(batch.groups, batch.questions, batch.passages)).astype(int)
        assert np.all(np.diff(lengths) <= 0)


def test_lengths_of_a_windows_steps_come_in_random_order():
    index = measured(256)
    plan = grouped(index, "en-en", 8)
    means = [index.lengths.rows[0][batch.groups * 4 + 1].mean() for batch in itertools.islice(plan.batches(0), 32)]
    assert abs(np.corrcoef(means, np.arange(32))[0, 1]) < 0.6


def test_equal_lengths_leave_the_walk_to_chance():
    plan = grouped(measured(64, equal=True), "en-en", 8)
    first = [tuple(batch.groups.tolist()) for batch in itertools.islice(plan.batches(0), 8)]
    assert sorted(itertools.chain(*first)) == list(range(64))
    assert first != [tuple(batch.groups.tolist()) for batch in itertools.islice(plan.batches(1), 8)]


def test_streams_smaller_than_a_step_repeat_their_answers_and_say_so():
    presence = np.ones((20, 4), bool)
    presence[5:, 3] = False
    buckets = np.arange(80, dtype=np.uint8)
    rows = np.arange(80).reshape(20, 4)
    index = ExampleIndex.parallel(LANGUAGES, presence)
    index = ExampleIndex(
        LANGUAGES, index.patterns, index.pattern, lengths=Lengths(lambda: (buckets, buckets), rows, rows)
    )
    plan = BatchPlan(index, XXMono(), 8, sampling=Sampling(too_small="repeat", group_by_length=True))
    for batch in plan.batches(0):
        counts = Counter(batch.groups.tolist())
        assert (max(counts.values()), batch.repeated) == ((2, 3) if batch.questions[0] == 3 else (1, 0))


def test_hard_negatives_keep_groups_apart():
    index = measured(60)
    starts, refused = np.arange(61), (np.arange(60) + 1) % 60  # each group's passage is a hard negative of another
    apart = ExampleIndex(LANGUAGES, index.patterns, index.pattern, negatives=(starts, refused), lengths=index.lengths)
    for batch in grouped(apart, XXMono(), 10).batches(0):
        assert set(batch.groups.tolist()).isdisjoint(((batch.groups + 1) % 60).tolist())


def test_identity_says_that_batches_are_grouped_and_by_which_lengths():
    index = measured(50)
    identity = grouped(index).identity()
    assert identity["group_by_length"] == [index.lengths.checksum]
    without = BatchPlan(index, "hybrid", 8).identity()
    assert identity == {**without, "group_by_length": [index.lengths.checksum]}
    assert measured(50, seed=1).lengths.checksum != index.lengths.checksum


def test_data_without_lengths_are_drawn_as_before_and_say_so():
    index = ExampleIndex.parallel(LANGUAGES, np.ones((50, 4), bool), name="bare")
    plan, before = grouped(index), BatchPlan(index, "hybrid", 8)
    assert [content(batch) for batch in plan.batches(0)] == [content(batch) for batch in before.batches(0)]
    assert plan.notices == ["bare does not say how long its texts are: its batches are not grouped by length."]
    assert before.notices == []
