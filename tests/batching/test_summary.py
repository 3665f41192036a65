import json
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.batching import summary as module
from beir_hybrid.batching.index import ExampleIndex
from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.sequential import Sequential
from beir_hybrid.batching.summary import DrawSummary, Part, changes, forecast, summarize
from beir_hybrid.errors import ConfigurationError

LANGUAGES = ("de", "en")


@pytest.fixture
def plan():
    return BatchPlan(ExampleIndex.parallel(LANGUAGES, np.ones((12, 2), bool), name="tiny"), Hybrid(0.5), 4)


@pytest.fixture
def summary(plan):
    """One English batch and one cross-lingual batch with three questions in German."""
    drawn = DrawSummary("hybrid(alpha=0.5)")
    numbers = np.arange(4)
    drawn.add(Batch(MONO, 0, numbers, np.array([1, 1, 1, 1]), np.array([1, 1, 1, 1]), numbers, 2), plan)
    drawn.add(Batch(CROSS, 0, numbers, np.array([0, 0, 1, 0]), np.array([1, 1, 0, 1]), numbers, 1), plan)
    return drawn


def test_counts_are_those_of_the_batches(summary):
    assert summary.to_dict() == {
        "strategy": "hybrid(alpha=0.5)",
        "batches": 2,
        "examples": 8,
        "kinds": {"x-x-mono": 1, "x-y": 1},
        "sources": {"tiny": 2},
        "pairs": {"de-en": 3, "en-de": 1, "en-en": 4},
        "false_negatives_avoided": 3,
        "answers_repeated": 0,
        "hard_negatives_left_out": 0,
        "source_examples": {"tiny": 8},
        "source_questions": {"tiny": 24},
        "passes": {"tiny": 8 / 24},
    }


def test_languages_are_sorted(summary):
    assert summary.languages == LANGUAGES


def test_markdown_has_a_row_per_question_language(summary):
    text = summary.to_markdown()
    assert "2 batches with 8 examples were drawn: 1 x-x-mono (50.0%), 1 x-y (50.0%)." in text
    assert "in the batch already: 3." in text
    assert "left out" not in text
    assert text.endswith("| | de | en |\n|---|---:|---:|\n| **de** | 0 | 3 |\n| **en** | 1 | 4 |")


def test_empty_summary_can_be_shown():
    assert "0 batches with 0 examples" in DrawSummary("x-y").to_markdown()


def test_summarize_counts_the_first_batches_of_each_epoch(plan):
    expected = DrawSummary(strategy_spec(plan.strategy))
    for epoch, step in [(0, 0), (0, 1), (2, 0)]:
        expected.add(plan.batch(epoch, step), plan)
    assert summarize(plan, {0: 2, 2: 1}) == expected


def test_summarize_stops_at_the_end_of_an_epoch(plan):
    assert summarize(plan, {0: 100}).batches == len(plan) == 6


def test_summarize_nothing_counts_nothing(plan):
    assert summarize(plan, {}) == DrawSummary("hybrid(alpha=0.5)")


def index(name, groups=12, answer=None):
    return ExampleIndex.parallel(LANGUAGES, np.ones((groups, 2), bool), answer, name)


def test_passes_are_examples_per_question_of_a_source():
    plan = BatchPlan([index("small", 4), index("large", 8)], Hybrid(1), 2, sampling=Sampling(weights=(1.0, 1e-12)))
    drawn = forecast(plan, 16).drawn
    assert drawn.passes == {"small": 32 / 8, "large": 0}
    assert drawn.to_dict()["source_examples"] == {"large": 0, "small": 32}


def test_repeated_answers_are_counted():
    # two answers in all, so that two of four examples repeat one
    plan = BatchPlan(index("echo", 12, np.arange(12) % 2), Hybrid(1), 4, sampling=Sampling(too_small="repeat"))
    drawn = forecast(plan, 3).drawn
    assert drawn.repeated == 6
    assert drawn.to_dict()["answers_repeated"] == 6


def test_hard_negatives_left_out_are_counted_once_over_all_sources():
    sources = [replace(index("one"), left_out=2), replace(index("two"), left_out=5)]
    plan = BatchPlan(sources, Hybrid(1), 4)
    drawn = forecast(plan, 30).drawn
    assert drawn.left_out == drawn.to_dict()["hard_negatives_left_out"] == 7
    assert summarize(plan, {0: 3, 1: 2}, summarize(plan, {2: 2})).left_out == 7
    assert "left out because they answer the question: 7." in drawn.to_markdown()
    assert plan.notices == [
        f"{name}: {n} hard negatives answer their own question: left out." for name, n in (("one", 2), ("two", 5))
    ]


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
