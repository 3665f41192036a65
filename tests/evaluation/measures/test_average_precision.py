from __future__ import annotations

from math import inf

import pytest

from beir_hybrid.evaluation.measures.average_precision import AveragePrecision


def test_it_is_the_mean_of_the_precisions_at_relevant_ranks(ranks_of):
    values = AveragePrecision().values(ranks_of([1], [4], [1, 3], [2, 5, 10]))
    assert values == pytest.approx([1, 1 / 4, (1 + 2 / 3) / 2, (1 / 2 + 2 / 5 + 3 / 10) / 3], abs=1e-15)


def test_it_looks_at_the_full_ranking(ranks_of):
    assert AveragePrecision().values(ranks_of([13_014], passages=13_014)) == pytest.approx([1 / 13_014], abs=1e-15)


def test_grades_do_not_matter(ranks_of):
    graded, flat = ranks_of([(1, 3), (4, 1)]), ranks_of([1, 4])
    assert AveragePrecision().values(graded).tolist() == AveragePrecision().values(flat).tolist()


def test_a_cutoff_drops_lower_ranks_and_still_divides_by_all_relevant_passages(ranks_of):
    values = AveragePrecision(5).values(ranks_of([1], [6], [2, 5, 10]))
    assert values == pytest.approx([1, 0, (1 / 2 + 2 / 5) / 3], abs=1e-15)


def test_a_passage_that_was_not_retrieved_adds_nothing(ranks_of):
    values = AveragePrecision().values(ranks_of([1, inf], [inf], [2, inf, inf]))
    assert values.tolist() == [1 / 2, 0, 1 / 6]
