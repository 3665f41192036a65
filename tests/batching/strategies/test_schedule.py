import math

import numpy as np
import pytest
from scipy import stats

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.schedule import Schedule
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

PROGRESS = np.array([0, 0.25, 0.5, 1])
QUARTER = (1 - math.sqrt(1 / 2)) / 2  # (1 - cos(pi / 4)) / 2


@pytest.mark.parametrize(
    ("shape", "steps", "moved"),
    [
        ("linear", 4, [0, 1 / 4, 1 / 2, 1]),
        ("cosine", 4, [0, QUARTER, 1 / 2, 1]),
        ("steps", 4, [0, 1 / 3, 2 / 3, 1]),
        ("steps", 2, [0, 0, 1, 1]),
        ("steps", 3, [0, 0, 1 / 2, 1]),  # levels change at 1/3 and 2/3
    ],
    ids=["linear", "cosine", "four-steps", "two-steps", "three-steps"],
)
@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (0.0, 1.0), (0.2, 0.6), (0.5, 0.5)])
def test_alpha_moves_from_start_to_end(shape, steps, moved, start, end):
    expected = [start + (end - start) * part for part in moved]
    np.testing.assert_allclose(Schedule(start, end, shape, steps).alpha(PROGRESS), expected, atol=1e-12)


def test_monolingual_batches_give_way_to_cross_lingual_ones_unless_told_otherwise():
    assert Schedule() == Schedule(start=1.0, end=0.0, shape="linear", steps=4)
    assert Schedule().kinds == (MONO, CROSS)


@pytest.mark.parametrize("shape", ["linear", "cosine", "steps"])
@pytest.mark.parametrize("progress", [0, 0.25, 0.5, 1])
def test_share_of_monolingual_steps_is_alpha(shape, progress):
    strategy = Schedule(0.9, 0.3, shape)
    kinds = strategy.draw(np.random.default_rng(0), np.full(10_000, progress))
    alpha = float(strategy.alpha(np.array([progress]))[0])
    assert stats.binomtest(int((kinds == 0).sum()), 10_000, alpha).pvalue > 0.001


def test_alpha_moves_over_all_epochs_of_a_plan():
    index = ExampleIndex.parallel(("de", "en"), np.ones((2000, 2), bool))
    plan = BatchPlan(index, Schedule(1.0, 0.0, "steps", 2), 2, epochs=2.0)
    assert {batch.kind for batch in plan.batches(0)} == {MONO}
    assert {batch.kind for batch in plan.batches(1)} == {CROSS}


@pytest.mark.parametrize("option", ["start", "end"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), "0.5", True, None], ids=repr)
def test_alpha_that_is_no_share_is_refused(option, value):
    with pytest.raises(ConfigurationError, match=rf"{option} is .* number from 0 to 1"):
        Schedule(**{option: value})


def test_unknown_shape_names_the_closest():
    with pytest.raises(ConfigurationError, match=r"The shape is 'cosin'\. Did you mean 'cosine'"):
        Schedule(shape="cosin")


@pytest.mark.parametrize("steps", [1, 0, -3, 2.5, "4", True, None], ids=repr)
def test_fewer_than_two_levels_are_refused(steps):
    with pytest.raises(ConfigurationError, match=rf"The number of steps is {steps!r}\. Give a whole number from 2 on"):
        Schedule(shape="steps", steps=steps)


@pytest.mark.parametrize(
    "strategy", [Schedule(), Schedule(0.8, 0.2, "cosine"), Schedule(0.0, 1.0, "steps", 7)], ids=repr
)
def test_specification_builds_it_again(strategy):
    assert build_strategy(strategy_spec(strategy)) == strategy


def test_it_is_a_strategy():
    assert isinstance(Schedule(), Strategy)
