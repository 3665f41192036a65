"""Recall by language of the answers: tlr, its twin, and each language's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.measures import build_measure

hits = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=6)


def share_found(query, cutoff, wanted):
    """Go through a query's answers one by one: those in the languages that are wanted, and those up to the cut-off."""
    counted = [rank for rank, _, language in query if wanted(language)]
    return sum(rank <= cutoff for rank in counted) / len(counted) if counted else np.nan


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries=st.lists(hits, min_size=1, max_size=5), cutoff=st.integers(1, 30))
def test_they_count_the_answers_of_their_languages_alone(ranks_of, queries, cutoff):
    rankings = ranks_of(*(sorted(query) for query in queries), languages=("de", "en", "th"))
    for name, wanted in (
        ("tlr", lambda language: language != 1),
        ("same_language_recall", lambda language: language == 1),
        ("language_recall[th]", lambda language: language == 2),
    ):
        expected = [share_found(query, cutoff, wanted) for query in queries]
        values = build_measure(f"{name}@{cutoff}").values(rankings)
        assert values == pytest.approx(expected, abs=1e-15, nan_ok=True), name


def test_all_answers_are_in_other_languages_where_the_pool_lacks_the_querys(ranks_of):
    rankings = ranks_of([(1, 1, 0), (9, 1, 1)], languages=("de", "th"))
    assert build_measure("tlr@5").values(rankings).tolist() == [1 / 2]
    assert np.isnan(build_measure("same_language_recall@5").values(rankings)).all()


def test_an_answer_that_was_not_retrieved_is_not_found(ranks_of):
    rankings = ranks_of([(1, 1, 1), (np.inf, 1, 0)], languages=("de", "en"))
    assert build_measure("tlr@5").values(rankings).tolist() == [0]
