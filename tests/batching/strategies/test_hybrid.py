import numpy as np
import pytest
from scipy import stats

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.registry.spec import parse_spec

STEPS = np.linspace(0, 1, 5000, endpoint=False)


def test_alpha_is_one_half_unless_given():
    assert Hybrid() == Hybrid(alpha=0.5)


@pytest.mark.parametrize(
    ("alpha", "kinds"),
    [(0, (CROSS,)), (0.5, (MONO, CROSS)), (1, (MONO,)), (1.0, (MONO,))],
    ids=["zero", "half", "one", "one-as-float"],
)
def test_only_kinds_that_can_be_drawn_are_named(alpha, kinds):
    assert Hybrid(alpha).kinds == kinds


@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.5, 0.9])
def test_alpha_is_the_share_of_monolingual_steps(alpha):
    drawn = Hybrid(alpha).draw(np.random.default_rng(0), STEPS)
    low, high = stats.binom.interval(0.999, len(STEPS), alpha)
    assert low <= (drawn == 0).sum() <= high


@pytest.mark.parametrize("alpha", [0, 1])
def test_one_kind_is_drawn_at_the_ends(alpha):
    assert Hybrid(alpha).draw(np.random.default_rng(0), STEPS).tolist() == [0] * len(STEPS)


def test_steps_are_drawn_independently():
    drawn = Hybrid(0.5).draw(np.random.default_rng(0), STEPS)
    low, high = stats.binom.interval(0.999, len(STEPS) - 1, 0.5)
    assert low <= (drawn[1:] != drawn[:-1]).sum() <= high


def test_repr_can_be_parsed():
    assert parse_spec(strategy_spec(Hybrid(0.3))) == ("hybrid", {"alpha": 0.3})


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True, None, [0.5]], ids=repr)
def test_alpha_that_is_no_probability_is_refused(alpha):
    with pytest.raises(ConfigurationError, match=r"alpha is .* number from 0 to 1"):
        Hybrid(alpha)


def test_it_is_a_strategy():
    assert isinstance(Hybrid(), Strategy)
