from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from beir_hybrid.evaluation.measures.mrc import MRC
from beir_hybrid.evaluation.rankings import Top, Translation


def spearman(first, second):
    """Correlate two lists over all their items, those that a list lacks tied behind its own."""
    items = sorted({*first, *second})
    ranks = [[list(found).index(item) if item in found else len(items) for item in items] for found in (first, second)]
    return spearmanr(*ranks).statistic


@pytest.fixture
def lists_of(ranks_of):
    """Build rankings from the lists of queries and, by language, those of translations (None without one)."""

    def build(own, *languages, depth=10):
        def padded(lists):
            return np.array([[*found, *[-1] * (depth - len(found))] for found in lists]).reshape(-1, depth)

        def translations():
            for lists in languages:
                having = [number for number, found in enumerate(lists) if found is not None]
                yield Translation(np.array(having, np.int64), padded([lists[number] for number in having]), None)

        passage = padded(own)
        rankings = ranks_of(*[[1]] * len(own))
        return replace(rankings, top=Top(passage, passage * 0, passage * 0), translations=translations)

    return build


lists = st.lists(st.integers(0, 15), unique=True, max_size=12)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(lists, lists, lists), min_size=1, max_size=5), cutoff=st.integers(1, 12))
def test_it_is_the_mean_of_scipys_spearman_correlations(lists_of, pairs, cutoff):
    own, german, arabic = zip(*pairs, strict=True)
    values = MRC(cutoff).values(lists_of(own, german, arabic, depth=12))
    for value, (query, *others) in zip(values, pairs, strict=True):
        found = []
        for other in others:
            if query and other:
                first, second = query[:cutoff], other[:cutoff]
                found.append(1.0 if first == second else spearman(first, second))
        assert value == pytest.approx(np.mean(found) if found else np.nan, abs=1e-12, nan_ok=True)


def test_equal_lists_correlate_by_one_and_reversed_ones_by_minus_one(lists_of):
    own = [[1, 2, 3], [1, 2, 3], [7]]
    assert MRC(3).values(lists_of(own, [[1, 2, 3], [3, 2, 1], [7]])).tolist() == [1, -1, 1]


def test_lists_that_share_nothing_correlate_negatively(lists_of):
    # ranks 1 2 3.5 3.5 and 3.5 3.5 1 2
    assert MRC(2).values(lists_of([[1, 2]], [[3, 4]])) == pytest.approx([-8 / 9], abs=1e-15)


def test_only_the_first_passages_count(lists_of):
    rankings = lists_of([[1, 2, 9, 8]], [[1, 2, 5, 9]])
    assert MRC(2).values(rankings).tolist() == [1]
    assert MRC(4).values(rankings)[0] < 1


def test_it_averages_over_the_translations_that_there_are(lists_of):
    own = [[1, 2, 3], [1, 2, 3], [1, 2, 3], []]
    german = [[1, 2, 3], None, None, [1]]
    arabic = [[3, 2, 1], [3, 2, 1], [], [1]]
    values = MRC(3).values(lists_of(own, german, arabic))
    assert values[:2].tolist() == [0, -1]
    assert np.isnan(values[2:]).all()


def test_without_translations_there_is_no_value(lists_of):
    assert np.isnan(MRC(3).values(lists_of([[1, 2, 3]]))).all()


def test_passage_numbers_may_be_unknown_to_the_setting_and_large(lists_of):
    own, other = [10**12, 5, 3], [10**13, 5, 10**12]
    assert MRC(3).values(lists_of([own], [other])) == pytest.approx([spearman(own, other)], abs=1e-12)


def test_it_is_better_when_higher():
    assert MRC(10).higher_is_better
    assert MRC(10).needs_languages
    assert MRC(10).name == "mrc@10"
