import numpy as np
import pytest
from scipy import stats

from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.errors import BatchError, ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex


class Late:
    """Monolingual until half of the training is done, then cross-lingual; keeps the progress it was told."""

    kinds = Hybrid(0.5).kinds

    def __init__(self):
        self.told = []

    def draw(self, rng, progress):
        self.told.append(progress)
        return (progress >= 0.5).astype(np.int64)


class OneLanguage:
    kinds = (BatchKind("fr-fr", per="batch", same=True, language="fr"),)

    def draw(self, rng, progress):
        return np.zeros(len(progress), np.int64)


def source(groups, languages=("de", "en"), name="data", answer=None):
    return ExampleIndex.parallel(languages, np.ones((groups, len(languages)), bool), answer, name)


def shares(plan):
    drawn = [batch.source for batch in plan.batches(0)]
    return np.bincount(drawn, minlength=len(plan.sources)), len(drawn)


@pytest.mark.parametrize(
    ("weights", "share"),
    [(None, 3 / 4), ([1, 1], 1 / 2), ([0.1, 0.9], 1 / 10), ([5, 15], 1 / 4)],
    ids=["by-size", "equal", "fractions", "up-to-a-factor"],
)
def test_sources_are_drawn_by_weight(weights, share):
    plan = BatchPlan([source(900), source(300)], Hybrid(0.5), 2, sampling=Sampling(weights=weights))
    counts, steps = shares(plan)
    low, high = stats.binom.interval(0.999, steps, share)
    assert steps == 1200
    assert low <= counts[0] <= high


def test_size_of_a_source_is_its_number_of_questions():
    # 200 groups in four languages have as many questions as 400 in two
    plan = BatchPlan([source(200, ("de", "en", "es", "zh")), source(400)], Hybrid(0.5), 2)
    counts, steps = shares(plan)
    low, high = stats.binom.interval(0.999, steps, 1 / 2)
    assert low <= counts[0] <= high


@pytest.mark.parametrize("strategy", [XXMono(), XY()], ids=repr)
def test_rows_of_the_sources_follow_one_another(strategy):
    sources = [source(10), source(12, ("en", "es", "zh")), source(20, ("es", "zh"))]
    offsets = [0, 10 * 4, 10 * 4 + 12 * 9]
    plan = BatchPlan(sources, strategy, 4)
    seen = set()
    for batch in plan.batches(0):
        expected = sources[batch.source].rows(batch.groups, batch.questions, batch.passages)
        np.testing.assert_array_equal(batch.rows, expected + offsets[batch.source])
        seen.add(batch.source)
    assert seen == {0, 1, 2}


def test_source_that_has_no_example_of_a_kind_is_not_drawn_for_it():
    german = source(50, ("de",))
    batches = list(BatchPlan([german, source(50)], Hybrid(0.5), 2).batches(0))
    assert {batch.source for batch in batches if batch.kind.name == "x-y"} == {1}
    assert {batch.source for batch in batches if batch.kind.name == "x-x-mono"} == {0, 1}


def test_each_source_keeps_its_answers_apart():
    answer = np.arange(20) // 2
    plan = BatchPlan([source(20, answer=answer), source(20)], XXMono(), 10)
    for batch in plan.batches(0):
        if batch.source == 0:
            assert sorted(answer[batch.groups].tolist()) == list(range(10))
        else:
            assert len(set(batch.groups.tolist())) == 10


def test_strategy_is_told_how_much_of_the_training_is_done():
    strategy = Late()
    plan = BatchPlan(source(10), strategy, 5, epochs=2)  # four steps an epoch
    kinds = [[batch.kind.name for batch in plan.batches(epoch)] for epoch in (0, 1)]
    assert kinds == [["x-x-mono"] * 4, ["x-y"] * 4]
    np.testing.assert_allclose(np.concatenate(strategy.told), np.arange(8) / 8)


def test_progress_ends_at_one():
    strategy = Late()
    BatchPlan(source(10), strategy, 5, epochs=0.5).batch(0, 3)
    np.testing.assert_allclose(strategy.told[0], [0, 0.5, 1, 1])


@pytest.mark.parametrize("size", [21, 1000])
def test_batch_larger_than_the_data_is_refused(size):
    with pytest.raises(BatchError, match=f"mine holds 20 questions, fewer than a batch of {size}"):
        BatchPlan(source(10, name="mine"), XXMono(), size)


@pytest.mark.parametrize("world_size", [1, 2])
def test_language_that_is_too_small_is_named(world_size):
    presence = np.ones((10, 2), bool)
    presence[3:, 1] = False
    index = ExampleIndex.parallel(("de", "en"), presence, name="mine")
    with pytest.raises(BatchError, match=r"mine has 3 groups .* for x-x-mono batches in en, fewer .* batch size to 3"):
        BatchPlan(index, Hybrid(0.5), 4 // world_size, world_size=world_size)


def test_batch_may_be_as_large_as_the_smallest_language():
    presence = np.ones((10, 2), bool)
    presence[3:, 1] = False
    assert len(BatchPlan(ExampleIndex.parallel(("de", "en"), presence), Hybrid(0.5), 3)) == 13 // 3


def test_too_few_different_answers_are_refused():
    with pytest.raises(BatchError, match="5 groups with different answers"):
        BatchPlan(source(10, answer=np.arange(10) // 2), XXMono(), 6)


def test_answers_are_counted_in_each_language():
    presence = np.ones((8, 2), bool)
    presence[4:, 1] = False  # en has the groups 0 to 3, with two answers
    index = ExampleIndex.parallel(("de", "en"), presence, np.array([0, 0, 1, 1, 2, 3, 4, 5]))
    with pytest.raises(BatchError, match=r"2 groups with different answers for x-x-mono batches in en"):
        BatchPlan(index, XXMono(), 3)


@pytest.mark.parametrize("strategy", [XY(), Hybrid(0.5), Hybrid(0)], ids=repr)
def test_cross_lingual_batches_from_one_language_are_refused(strategy):
    with pytest.raises(BatchError, match="cannot fill x-y batches of 2; languages: de"):
        BatchPlan(source(10, ("de",)), strategy, 2)


@pytest.mark.parametrize("strategy", [XXMono(), Hybrid(1)], ids=repr)
def test_monolingual_batches_need_no_second_language(strategy):
    assert len(BatchPlan(source(10, ("de",)), strategy, 2)) == 5


def test_monolingual_batches_from_cross_lingual_examples_are_refused():
    zeros = np.zeros(6, np.int64)
    index = ExampleIndex.from_examples(("de", "en"), np.arange(6), zeros, zeros + 1)
    with pytest.raises(BatchError, match="cannot fill x-x-mono batches"):
        BatchPlan(index, Hybrid(0.5), 2)


def test_language_that_no_source_has_is_refused():
    with pytest.raises(BatchError, match="one \\+ two cannot fill fr-fr batches of 2; languages: de, en, es"):
        BatchPlan([source(10, name="one"), source(10, ("en", "es"), name="two")], OneLanguage(), 2)


@pytest.mark.parametrize(
    "weights",
    [[1], [1, 2, 3], [1, 0], [1, -1], [1, float("nan")], [1, float("inf")], [[1, 2]]],
    ids=["too-few", "too-many", "zero", "negative", "nan", "infinite", "nested"],
)
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ConfigurationError, match="weights"):
        BatchPlan([source(10), source(10)], XXMono(), 2, sampling=Sampling(weights=weights))


@pytest.mark.parametrize(("batch_size", "world_size"), [(0, 1), (-1, 1), (4, 0)])
def test_sizes_below_one_are_refused(batch_size, world_size):
    with pytest.raises(ConfigurationError, match="Give at least 1 of each"):
        BatchPlan(source(10), XXMono(), batch_size, world_size=world_size)


def test_no_source_is_refused():
    with pytest.raises(BatchError, match="0 questions"):
        BatchPlan([], XXMono(), 2)
