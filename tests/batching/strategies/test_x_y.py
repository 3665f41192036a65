import numpy as np

from beir_hybrid.batching.kinds import CROSS
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.registry.spec import parse_spec


def test_it_has_one_kind():
    assert XY().kinds == (CROSS,)


def test_every_step_is_of_that_kind():
    assert XY().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


def test_repr_can_be_parsed():
    assert parse_spec(strategy_spec(XY())) == ("x-y", {})


def test_it_is_a_strategy():
    assert isinstance(XY(), Strategy)
