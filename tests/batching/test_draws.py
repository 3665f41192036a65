from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.batching.draws import DrawSummary, summarize
from beir_hybrid.batching.forecast import forecast
from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.pairs.index import ExampleIndex

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
