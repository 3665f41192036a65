import numpy as np
import pytest

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.sequential import Sequential
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex


def kinds(strategy, epochs):
    """The kinds of all steps of a training of 20 steps an epoch."""
    index = ExampleIndex.parallel(("de", "en"), np.ones((20, 2), bool))
    plan = BatchPlan(index, strategy, 2, epochs=epochs)
    assert len(plan) == 20
    whole = [batch.kind for epoch in range(int(np.ceil(epochs))) for batch in plan.batches(epoch)]
    return whole[: int(20 * epochs)]


@pytest.mark.parametrize(
    ("switch", "first"), [(0, 0), (0.25, 10), (0.5, 20), (0.75, 30), (1, 40)], ids=lambda value: str(value)
)
def test_kind_changes_at_the_switch_of_a_training_of_two_epochs(switch, first):
    assert kinds(Sequential(switch), 2.0) == [MONO] * first + [CROSS] * (40 - first)


def test_reversed_order_begins_with_cross_lingual_batches():
    assert kinds(Sequential(0.25, reverse=True), 2.0) == [CROSS] * 10 + [MONO] * 30


def test_switch_between_two_steps_waits_for_the_next():
    assert kinds(Sequential(0.26), 1.0) == [MONO] * 6 + [CROSS] * 14  # 5/20 is before 0.26, 6/20 is not


def test_training_may_end_within_an_epoch():
    assert kinds(Sequential(0.5), 1.5) == [MONO] * 15 + [CROSS] * 15


def test_kind_changes_in_the_middle_unless_told_otherwise():
    assert Sequential() == Sequential(switch=0.5, reverse=False)


@pytest.mark.parametrize("switch", [-0.1, 1.1, float("nan"), "0.5", True, None], ids=repr)
def test_switch_that_is_no_share_is_refused(switch):
    with pytest.raises(ConfigurationError, match=r"switch is .* number from 0 to 1"):
        Sequential(switch)


@pytest.mark.parametrize("strategy", [Sequential(), Sequential(0.3), Sequential(0.7, reverse=True)], ids=repr)
def test_specification_builds_it_again(strategy):
    assert build_strategy(strategy_spec(strategy)) == strategy


def test_it_is_a_strategy():
    assert isinstance(Sequential(), Strategy)
