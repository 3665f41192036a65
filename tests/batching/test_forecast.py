import json

import numpy as np
import pytest

from beir_hybrid.batching import forecast as module
from beir_hybrid.batching.draws import summarize
from beir_hybrid.batching.forecast import Part, forecast
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import build_strategy, changes
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.sequential import Sequential
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en")


@pytest.fixture
def plan():
    return BatchPlan(ExampleIndex.parallel(LANGUAGES, np.ones((12, 2), bool), name="tiny"), Hybrid(0.5), 4)


def index(name, groups=12, answer=None):
    return ExampleIndex.parallel(LANGUAGES, np.ones((groups, 2), bool), answer, name)


def test_forecast_of_one_epoch_is_what_a_run_draws(plan):
    found = forecast(plan)
    assert found.drawn == summarize(plan, {0: 6})
    assert (found.steps, found.epochs) == (6, 1.0)


def test_steps_beyond_an_epoch_continue_in_the_next(plan):
    found = forecast(plan, 15)
    assert found.drawn == summarize(plan, {0: 6, 1: 6, 2: 3})
    assert found.epochs == 2.5
    kinds = [plan.strategy.kinds.index(plan.batch(*divmod(step, 6)).kind) for step in range(15)]
    assert found.kinds.tolist() == kinds


@pytest.mark.parametrize("steps", [4, 6, 16], ids=["part of an epoch", "an epoch", "several"])
def test_course_follows_a_strategy_that_changes(steps):
    plan = BatchPlan(index("tiny"), Sequential(0.5), 4, epochs=steps / 6)
    half = steps // 2
    assert forecast(plan, steps).course(2) == [
        Part(0, half, {"x-x-mono": half, "x-y": 0}),
        Part(half, steps, {"x-x-mono": 0, "x-y": half}),
    ]


def test_course_has_no_more_parts_than_steps(plan):
    course = forecast(plan, 3).course(10)
    assert [(part.start, part.stop) for part in course] == [(0, 1), (1, 2), (2, 3)]
    assert [(part.start, part.stop) for part in forecast(plan, 5).course(2)] == [(0, 2), (2, 5)]


def test_forecast_is_plain_json_with_what_it_follows_from():
    plan = BatchPlan(
        index("tiny", 3), Hybrid(), 4, seed=3, sampling=Sampling(temperature=float("inf"), too_small="repeat")
    )
    found = json.loads(json.dumps(forecast(plan, 2).to_dict(), allow_nan=False))
    assert (found["schema"], found["batches"], found["examples"]) == (1, 2, 8)
    assert (found["batch_size"], found["world_size"], found["seed"]) == (4, 1, 3)
    assert (found["steps_per_epoch"], found["epochs"]) == (1, 2.0)
    assert found["sampling"]["temperature"] == "inf"
    assert found["notices"] == plan.notices != []
    assert [part["stop"] for part in found["course"]] == [1, 2]


def test_no_step_is_refused(plan):
    with pytest.raises(ConfigurationError, match="The number of steps is 0"):
        forecast(plan, 0)


def test_long_forecast_shows_progress_on_stderr(plan, capsys, monkeypatch):
    forecast(plan, 6, show_progress=True)
    assert capsys.readouterr() == ("", "")  # short ones show none
    monkeypatch.setattr(module, "_PATIENCE", 0)
    forecast(plan, 6, show_progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Drawing: 100%" in err


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("hybrid", False),
        ("x-y", False),
        ("random", False),
        ("sequential(switch=0.9)", True),
        ("sequential(switch=0.999)", True),
        ("sequential(switch=1.0)", False),
        ("schedule", True),
        ("schedule(start=0.5, end=0.5)", False),
    ],
)
def test_changing_strategies_are_told_from_the_others(spec, expected):
    assert changes(build_strategy(spec)) is expected
