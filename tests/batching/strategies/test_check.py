"""What strategies of other packages give is checked where it enters, and who brought it is named."""

import numpy as np
import pytest

from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.check import draw_kinds
from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.registry import STRATEGIES

MODULE = """
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind

class Odd(BatchKind):
    def allowed(self, languages):
        return [True]

@dataclass(frozen=True)
class Walk:
    name: ClassVar[str] = "walk"
    kinds = {kinds}

    def draw(self, rng, progress):
        return {draw}
"""


@pytest.fixture
def walk(plug_in):
    """Install the strategy ``walk`` of the distribution zoo, by what it has as kinds and draws."""

    def install(kinds="(MONO, CROSS)", draw="np.zeros(len(progress), np.int64)", **changes):
        text = MODULE.format(kinds=kinds, draw=draw)
        for old, new in changes.items():
            text = text.replace(old, new)
        plug_in("zoo", STRATEGIES.group, {"walk": "zoo_walk:Walk"}, zoo_walk=text)

    return install


def refusal(call):
    with pytest.raises(PluginError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def index():
    return ExampleIndex.parallel(("de", "en"), np.ones((40, 2), bool))


@pytest.mark.parametrize(
    ("draw", "problem"),
    [
        ("[0] * len(progress)", "draw() gives a list for 8 steps."),
        ("None", "draw() gives nothing for 8 steps."),
        ("np.zeros(1, np.int64)", "draw() gives shape (1,) of int64 for 8 steps."),
        ("np.zeros((len(progress), 1), np.int64)", "draw() gives shape (8, 1) of int64 for 8 steps."),
        ("np.zeros(len(progress))", "draw() gives shape (8,) of float64 for 8 steps."),
        ("progress < 1", "draw() gives shape (8,) of bool for 8 steps."),
        ("np.ma.masked_all(len(progress), np.int64)", "draw() gives a MaskedArray for 8 steps."),
        ("np.full(len(progress), 2)", "draw() gives 2, and it has 2 kinds."),
        ("np.full(len(progress), -1)", "draw() gives -1, and it has 2 kinds."),
        ("rng.choice(2, len(progress), p=[np.nan, 1])", "draw() fails with ValueError: "),
        ("{}['two\\n lines']", "draw() fails with KeyError: "),
    ],
)
def test_draws_of_another_form_are_refused_when_it_is_built(walk, draw, problem):
    walk(draw=draw)
    message = refusal(lambda: build_strategy("walk"))
    assert message.startswith(f"The strategy 'walk' of zoo 1.5: {problem}")
    assert message.lower().endswith("update or remove that package.")


@pytest.mark.parametrize(
    ("kinds", "problem"),
    [
        ("3.5", "its kinds are 3.5."),
        ("()", "its kinds are ()."),
        ("'x-y'", "its kinds are 'x-y'."),
        ("('x-y',)", "its kinds are ('x-y',)."),
        ("(MONO, MONO)", "its kinds are called x-x-mono, x-x-mono."),
        ("(BatchKind('a', per='step', same=True),)", "its kind 'a' draws per 'step'."),
        ("(BatchKind(7, per='batch', same=True),)", "a kind of its batches has the name 7."),
        ("(BatchKind('a', per='batch', same='yes'),)", "its kind 'a' has same='yes'."),
        ("(BatchKind('a', per='batch', same=True, language=3),)", "a kind of its batches has the language 3."),
        ("property(lambda self: {}['x'])", "kinds fails with KeyError: 'x'."),
    ],
)
def test_kinds_of_another_form_are_refused_when_it_is_built(walk, kinds, problem):
    walk(kinds=kinds)
    assert refusal(lambda: build_strategy("walk")).startswith(f"The strategy 'walk' of zoo 1.5: {problem}")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"walk"', '"run"', "it calls itself 'run'."),
        ('"walk"', "None", "it calls itself None."),
        ("@dataclass(frozen=True)", "", "Walk is no dataclass."),
        ("    def draw", "    def drawn", "Walk() has no draw."),
        ("class Walk:", "class Walk:\n    def __post_init__(self): raise RuntimeError('no')", "its making fails with "),
    ],
)
def test_what_is_no_strategy_is_refused_when_it_is_built(walk, old, new, problem):
    walk(**{old: new})
    assert refusal(lambda: build_strategy("walk")).startswith(f"The strategy 'walk' of zoo 1.5: {problem}")


def test_option_that_is_needed_and_not_given_is_told(walk):
    walk(**{"    name:": "    steps: int\n    name:"})
    with pytest.raises(ConfigurationError, match=r"'walk' needs its option 'steps'\. Write walk\(steps=\.\.\.\)\."):
        build_strategy("walk")
    assert strategy_spec(build_strategy("walk(steps=2)")) == "walk(steps=2)"


def test_kind_that_allows_no_pairs_of_languages_is_refused_with_the_package(walk):
    walk(kinds="(Odd('odd', per='batch', same=True),)")
    message = refusal(lambda: BatchPlan(index(), "walk", 4))
    assert message.startswith("The kind of batch 'odd' of zoo 1.5: allowed() gives a list for 2 languages.")


def test_draws_that_go_wrong_only_in_a_long_epoch_are_refused_there(walk):
    walk(draw="np.zeros(min(len(progress), 8), np.int64)")
    plan = BatchPlan(index(), "walk", 4)
    assert refusal(lambda: plan.batch(0, 0)).startswith(
        "The strategy 'walk' of zoo 1.5: draw() gives shape (8,) of int64 for 20 steps."
    )


class Own:
    """A strategy that nobody registered."""

    kinds = (MONO, CROSS)

    def __init__(self, drawn):
        self.drawn = drawn

    def draw(self, rng, progress):
        return self.drawn(len(progress))


def test_short_draws_never_leave_steps_to_chance():
    # an array of one kind would be spread over all steps by numpy, or leave memory as it was found
    plan = BatchPlan(index(), Own(lambda steps: np.ones(1, np.int64)), 4)
    assert "'Own' (tests.batching.strategies.test_check:Own): draw() gives shape (1,)" in refusal(
        lambda: plan.batch(0, 0)
    )


def test_drawn_kinds_are_kept_whatever_the_strategy_does_with_its_array():
    kept = np.zeros(20, np.int32)
    found = draw_kinds(Own(lambda steps: kept[:steps]), np.random.default_rng(0), np.arange(20) / 20)
    kept[:] = 1
    assert found.dtype == np.int64
    assert not found.any()


def test_error_in_a_strategy_of_ones_own_keeps_its_traceback():
    plan = BatchPlan(index(), Own(lambda steps: {}["x"]), 4)
    with pytest.raises(KeyError):
        plan.batch(0, 0)


@pytest.mark.parametrize("given", [5, None, {"alpha": 0.5}, (MONO, CROSS)])
def test_what_is_no_strategy_at_all_is_refused(given):
    assert "has no kinds. It must be a Strategy." in refusal(lambda: build_strategy(given))


def test_class_in_place_of_a_strategy_is_told():
    assert refusal(lambda: build_strategy(Own)).endswith("Own is a class. It must be made: Own().")


def test_options_of_what_is_no_dataclass_cannot_be_written():
    assert "Own is no dataclass." in refusal(lambda: strategy_spec(Own(np.zeros)))
