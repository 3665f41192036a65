import numpy as np

from beir_hybrid.batching.kinds import ANY
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.random import Random
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")


def batches():
    """Batches of 100 over the nine pairs of three languages."""
    index = ExampleIndex.parallel(LANGUAGES, np.ones((200, 3), bool))
    return list(BatchPlan(index, Random(), 100, seed=0, epochs=5).batches(0))


def pairs(batch):
    return set(zip(batch.questions.tolist(), batch.passages.tolist(), strict=True))


def test_it_has_one_kind():
    assert Random().kinds == (ANY,)


def test_every_step_is_of_that_kind():
    assert Random().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


def test_every_pair_occurs_in_a_batch():
    for batch in batches():  # each pair is missing with probability (8/9)**100 < 0.00001
        assert len(pairs(batch)) == 9


def test_specification_builds_it_again():
    assert strategy_spec(Random()) == "random"
    assert build_strategy("random") == Random()


def test_it_is_a_strategy():
    assert isinstance(Random(), Strategy)
