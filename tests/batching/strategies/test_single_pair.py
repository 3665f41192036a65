import numpy as np

from beir_hybrid.batching.kinds import ONE_PAIR
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.single_pair import SinglePair
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")


def batches():
    """Batches of 100 over the nine pairs of three languages."""
    index = ExampleIndex.parallel(LANGUAGES, np.ones((200, 3), bool))
    return list(BatchPlan(index, SinglePair(), 100, seed=0, epochs=5).batches(0))


def pairs(batch):
    return set(zip(batch.questions.tolist(), batch.passages.tolist(), strict=True))


def test_it_has_one_kind():
    assert SinglePair().kinds == (ONE_PAIR,)


def test_every_step_is_of_that_kind():
    assert SinglePair().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


def test_a_batch_has_one_pair_of_two_languages():
    found = [pairs(batch) for batch in batches()]
    assert [len(pair) for pair in found] == [1] * 6
    assert all(question != passage for pair in found for question, passage in pair)
    assert len(set().union(*found)) > 1


def test_specification_builds_it_again():
    assert strategy_spec(SinglePair()) == "single-pair"
    assert build_strategy("single-pair") == SinglePair()


def test_it_is_a_strategy():
    assert isinstance(SinglePair(), Strategy)
