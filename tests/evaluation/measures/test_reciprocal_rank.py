from __future__ import annotations

from math import inf

from beir_hybrid.evaluation.measures.reciprocal_rank import ReciprocalRank


def test_the_first_relevant_rank_counts(ranks_of):
    assert ReciprocalRank().values(ranks_of([1, 2], [4, 5], [1000], [inf])).tolist() == [1, 1 / 4, 1 / 1000, 0]


def test_ranks_below_the_cutoff_count_nothing(ranks_of):
    assert ReciprocalRank(4).values(ranks_of([1, 2], [4, 5], [5], [inf])).tolist() == [1, 1 / 4, 0, 0]


def test_its_name_has_the_cutoff_if_any():
    assert [ReciprocalRank().name, ReciprocalRank(10).name] == ["mrr", "mrr@10"]
