from __future__ import annotations

from math import inf

from beir_hybrid.evaluation.measures.success import Success


def test_one_relevant_passage_up_to_the_cutoff_is_a_success(ranks_of):
    assert Success(5).values(ranks_of([1, 2], [5, 9], [6], [inf])).tolist() == [1, 1, 0, 0]


def test_its_name_has_the_cutoff():
    assert Success(7).name == "success@7"
