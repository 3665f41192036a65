import numpy as np
import pytest

from beir_hybrid.batching.index import ExampleIndex
from beir_hybrid.batching.kinds import CROSS, MONO
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.strategies import strategy_spec
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.summary import DrawSummary, summarize

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
    }


def test_languages_are_sorted(summary):
    assert summary.languages == LANGUAGES


def test_markdown_has_a_row_per_question_language(summary):
    text = summary.to_markdown()
    assert "2 batches with 8 examples were drawn: 1 x-x-mono (50.0%), 1 x-y (50.0%)." in text
    assert "in the batch already: 3." in text
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
