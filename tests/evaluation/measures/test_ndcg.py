from __future__ import annotations

from math import inf, log2

import pytest

from beir_hybrid.evaluation.measures.ndcg import NDCG


def test_one_relevant_passage_counts_by_its_rank(ranks_of):
    values = NDCG(10).values(ranks_of([1], [2], [10], [11]))
    assert values == pytest.approx([1, 1 / log2(3), 1 / log2(11), 0], abs=1e-15)


def test_the_gain_is_the_grade_and_the_best_ranking_has_the_highest_grades_first(ranks_of):
    # grades 1, 3, 2 at ranks 1, 2, 4; the best ranking has 3, 2, 1 at ranks 1, 2, 3
    found = 1 / log2(2) + 3 / log2(3) + 2 / log2(5)
    best = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    assert NDCG(10).values(ranks_of([(1, 1), (2, 3), (4, 2)])) == pytest.approx([found / best], abs=1e-15)


def test_the_cutoff_applies_to_the_best_ranking_too(ranks_of):
    # of grades 1 and 3 at ranks 1 and 3, the first two ranks hold the 1; they could hold both
    expected = 1 / (3 + 1 / log2(3))
    assert NDCG(2).values(ranks_of([(1, 1), (3, 3)])) == pytest.approx([expected], abs=1e-15)
    assert NDCG(1).values(ranks_of([(1, 1), (3, 3)])) == pytest.approx([1 / 3], abs=1e-15)


def test_its_name_has_the_cutoff():
    assert NDCG(10).name == "ndcg@10"


def test_a_passage_that_was_not_retrieved_counts_as_missed(ranks_of):
    assert NDCG(10).values(ranks_of([1, inf], [inf])) == pytest.approx([1 / (1 + 1 / log2(3)), 0], abs=1e-15)
