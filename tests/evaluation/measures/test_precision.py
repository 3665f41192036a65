from __future__ import annotations

from math import inf

import pytest

from beir_hybrid.evaluation.measures.precision import Precision


def test_it_is_the_share_of_the_first_ranks_that_are_relevant(ranks_of):
    assert Precision(4).values(ranks_of([1], [1, 3, 4, 5], [5], [inf, inf])).tolist() == [1 / 4, 3 / 4, 0, 0]


def test_it_divides_by_the_cutoff_even_if_fewer_passages_exist(ranks_of):
    assert Precision(10).values(ranks_of([1, 2], passages=2)).tolist() == pytest.approx([2 / 10], abs=1e-15)


def test_its_name_has_the_cutoff():
    assert Precision(7).name == "precision@7"
