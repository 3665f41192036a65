from __future__ import annotations

from beir_hybrid.evaluation.measures.rank_distance import RankDistance


def test_it_is_the_largest_minus_the_smallest_rank(ranks_of):
    assert RankDistance().values(ranks_of([1, 2, 3], [4, 20, 90], [7])).tolist() == [2, 86, 0]


def test_it_uses_mid_ranks(ranks_of):
    # ranks 1, and two of a group of four tied passages at ranks 2 to 5
    assert RankDistance().values(ranks_of([1, 3.5, 3.5], [3.5, 3.5])).tolist() == [2.5, 0]


def test_it_compares_languages_and_is_better_when_lower():
    assert RankDistance().needs_languages
    assert not RankDistance().higher_is_better
