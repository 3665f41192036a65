import numpy as np

from beir_hybrid.batching.kinds import MIXED
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.x_x import XX
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")


def batches():
    """Batches of 100 over the nine pairs of three languages."""
    index = ExampleIndex.parallel(LANGUAGES, np.ones((200, 3), bool))
    return list(BatchPlan(index, XX(), 100, seed=0, epochs=5).batches(0))


def pairs(batch):
    return set(zip(batch.questions.tolist(), batch.passages.tolist(), strict=True))


def test_it_has_one_kind():
    assert XX().kinds == (MIXED,)


def test_every_step_is_of_that_kind():
    assert XX().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


def test_languages_are_mixed_and_the_same_on_both_sides():
    for batch in batches():  # each language is missing with probability (2/3)**100
        assert pairs(batch) == {(0, 0), (1, 1), (2, 2)}


def test_specification_builds_it_again():
    assert strategy_spec(XX()) == "x-x"
    assert build_strategy("x-x") == XX()


def test_it_is_a_strategy():
    assert isinstance(XX(), Strategy)
