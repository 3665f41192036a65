from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.rank_distance import RankDistance


def test_it_is_the_largest_minus_the_smallest_rank(ranks_of):
    assert RankDistance().values(ranks_of([1, 2, 3], [4, 20, 90], [7, 8])).tolist() == [2, 86, 1]


def test_a_single_relevant_passage_has_no_distance(ranks_of):
    for cutoff in (None, 10):
        np.testing.assert_array_equal(RankDistance(cutoff).values(ranks_of([7], [1, 3])), [np.nan, 2])


def test_it_uses_mid_ranks(ranks_of):
    # ranks 1, and two of a group of four tied passages at ranks 2 to 5
    rankings = replace(ranks_of([1, 2, 3], [4, 5]), mid_rank=np.array([1, 3.5, 3.5, 3.5, 3.5]))
    assert RankDistance().values(rankings).tolist() == [2.5, 0]
    np.testing.assert_array_equal(RankDistance(3).values(rankings), [3, np.nan], "a mid-rank above k is beyond k")


def test_it_compares_languages_and_is_better_when_lower():
    assert RankDistance().needs_languages
    assert not RankDistance().higher_is_better


def test_what_is_beyond_the_cutoff_counts_the_cutoff_and_one(ranks_of):
    values = RankDistance(10).values(ranks_of([1, 10], [1, 11], [1, 9000], [1, inf]))
    assert values.tolist() == [9, 10, 10, 10]


def test_finding_nothing_is_not_being_without_bias(ranks_of):
    np.testing.assert_array_equal(RankDistance(10).values(ranks_of([11, inf], [inf, inf], [1, 2])), [np.nan, np.nan, 1])


def test_the_full_ranking_is_needed_without_a_cutoff(ranks_of):
    rankings = ranks_of([1, inf], [2, inf, inf], [1, 2], retrieved=1000)
    with pytest.raises(ConfigurationError) as error:
        RankDistance().values(rankings)
    assert str(error.value) == (
        "rank_distance reads the full ranking, and 3 of the relevant passages were not retrieved. "
        "Measure rank_distance@1000, where each of them counts 1001."
    )
    assert RankDistance(1000).values(rankings).tolist() == [1000, 999, 1]


def test_its_name_has_the_cutoff_if_any():
    assert [RankDistance().name, RankDistance(100).name] == ["rank_distance", "rank_distance@100"]
