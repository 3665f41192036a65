import numpy as np

from beir_hybrid.batching.kinds import MONO
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.registry.spec import parse_spec


def test_it_has_one_kind():
    assert XXMono().kinds == (MONO,)


def test_every_step_is_of_that_kind():
    assert XXMono().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


def test_repr_can_be_parsed():
    assert parse_spec(strategy_spec(XXMono())) == ("x-x-mono", {})


def test_it_is_a_strategy():
    assert isinstance(XXMono(), Strategy)
