from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.rankings import Rankings, Top


@pytest.fixture
def rankings():
    """Three queries with 2, 1 and 3 relevant passages in a pool of five, of which four are kept."""
    passage = np.array([[4, 0, 1, 2], [3, 4, 0, 1], [2, 1, 0, -1]])
    return Rankings(
        query=np.array([0, 0, 1, 2, 2, 2]),
        rank=np.array([1.0, 4.0, 2.0, 1.0, 2.0, np.inf]),
        mid_rank=np.array([1.0, 4.0, 2.0, 1.5, 1.5, np.inf]),
        grade=np.array([1, 2, 1, 1, 1, 3]),
        language=np.array([0, 1, 1, 0, 0, 1]),
        languages=("de", "en"),
        sizes=np.array([3, 2]),
        query_language="en",
        queries=3,
        retrieved=np.array([5, 5, 3]),
        top=Top(passage, np.where(passage < 0, -1, passage // 3), np.where(passage == 2, 1, 0)),
    )


def test_the_pool_is_of_all_languages(rankings):
    assert rankings.passages == 5


def test_rows_are_found_and_counted_by_query(rankings):
    assert rankings.starts.tolist() == [0, 2, 3]
    assert rankings.relevant.tolist() == [2, 1, 3]


def test_places_count_the_relevant_passages_of_each_query(rankings):
    assert rankings.place.tolist() == [1, 2, 1, 1, 2, 3]


def test_values_of_rows_add_up_by_query(rankings):
    found = rankings.sum_by_query(np.array([1.0, 10.0, 0.5, 2.0, 3.0, 4.0]))
    assert found.tolist() == [11.0, 0.5, 9.0]
    assert rankings.sum_by_query(rankings.grade == 1).tolist() == [1.0, 1.0, 2.0]
    assert rankings.sum_by_query(rankings.grade == 1).dtype == np.float64


def test_the_top_is_cut_in_all_its_parts(rankings):
    top = rankings.top_at(2)
    assert top.passage.tolist() == [[4, 0], [3, 4], [2, 1]]
    assert top.language.tolist() == [[1, 0], [1, 1], [0, 0]]
    assert top.grade.tolist() == [[0, 0], [0, 0], [1, 0]]


def test_a_top_of_the_whole_pool_answers_any_depth(rankings):
    small = replace(rankings, sizes=np.array([3, 1]))  # four passages, and four are kept
    assert small.top_at(100).passage.shape == (3, 4)


@pytest.mark.parametrize(("kept", "depth"), [(4, 5), (4, 100), (2, 3), (0, 1), (None, 1)])
def test_a_top_that_was_not_kept_so_deep_is_refused(rankings, kept, depth):
    top = None if kept is None else rankings.top.cut(kept)
    with pytest.raises(ConfigurationError, match=f"kept to depth {kept or 0}, and a measure reads {depth}"):
        replace(rankings, top=top).top_at(depth)


def test_there_are_no_translations_unless_given(rankings):
    assert list(rankings.translations()) == []
    assert list(rankings.translations()) == []  # each call begins anew


def test_no_measure_can_change_what_the_others_read(rankings):
    read = [
        getattr(rankings, name) for name in ("query", "rank", "mid_rank", "grade", "language", "sizes", "retrieved")
    ]
    read += [rankings.starts, rankings.relevant, rankings.place, rankings.top.passage, rankings.top_at(2).grade]
    for array in read:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_arrays_of_the_caller_stay_writable(rankings):
    kept = np.array([3, 2])
    replace(rankings, sizes=kept)
    kept[0] = 7
    assert kept.flags.writeable
