from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.measures.ndkl import NDKL


@pytest.fixture
def fair_rank_tune():
    """NDKL of a ranking of groups, its own population, by FairRankTune."""
    import pandas as pd
    from FairRankTune.Metrics import NDKL as Theirs  # noqa: N811

    def measure(groups):
        items = [f"item {number}" for number in range(len(groups))]
        return Theirs(pd.DataFrame({0: items}), dict(zip(items, groups, strict=True)))

    return measure


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.sampled_from("abcd"), min_size=1, max_size=40))
def test_it_equals_fairranktune_where_the_ranking_is_the_whole_pool(top_of, fair_rank_tune, groups):
    rankings = top_of(" ".join(groups), sizes={group: groups.count(group) for group in sorted(set(groups))})
    assert NDKL(len(groups)).values(rankings) == pytest.approx([fair_rank_tune(groups)], abs=1e-12)


def test_taking_turns_is_the_known_value(top_of):
    values = NDKL(6).values(top_of("a b c a b c", sizes={"a": 2, "b": 2, "c": 2}))
    assert values == pytest.approx([0.422643], abs=5e-7)


def test_it_is_worked_out_by_hand(top_of):
    # first one: all in "a", where the pool has 1/4; first two: one half each, where the pool has 1/4 and 3/4
    first, second = log(1 / (1 / 4)), (1 / 2) * log((1 / 2) / (1 / 4)) + (1 / 2) * log((1 / 2) / (3 / 4))
    expected = (first + second / log2(3)) / (1 + 1 / log2(3))
    assert NDKL(2).values(top_of("a b", sizes={"a": 25, "b": 75})) == pytest.approx([expected], abs=1e-5)


def test_a_language_of_the_pool_that_is_not_on_top_counts(top_of, fair_rank_tune):
    # FairRankTune knows no group but those of the ranking, for which one group is perfectly fair
    assert fair_rank_tune("aaaa") == pytest.approx(0, abs=1e-12)
    assert NDKL(4).values(top_of("a a a a", sizes={"a": 50, "b": 50})) == pytest.approx([log(2)], abs=1e-5)


def test_a_language_without_passages_changes_nothing(top_of):
    bare, more = (top_of("a b b", sizes={"a": 5, "b": 5, **extra}) for extra in ({}, {"c": 0}))
    assert NDKL(3).values(bare) == pytest.approx(NDKL(3).values(more), abs=1e-12)


def test_short_lists_end_early_and_empty_ones_have_no_value(top_of):
    sizes = {"a": 25, "b": 75}
    values = NDKL(10).values(top_of("a b", "", sizes=sizes, depth=10))
    assert values[0] == pytest.approx(NDKL(2).values(top_of("a b", sizes=sizes))[0], abs=1e-15)
    assert np.isnan(values[1])


def test_it_compares_languages_and_is_better_when_lower():
    assert NDKL(10).needs_languages
    assert not NDKL(10).higher_is_better
    assert NDKL(10).name == "ndkl@10"
