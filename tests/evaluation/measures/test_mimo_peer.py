from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kruskal

from beir_hybrid.evaluation.measures.mimo_peer import MimoPEER

ranks = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=9, unique_by=lambda hit: hit[0])


def p_value(hits, cutoff):
    """Test one query's ranks, those below the cut-off all level, with scipy."""
    by_language = {}
    for rank, language in hits:
        by_language.setdefault(language, []).append(min(rank, cutoff + 1))
    if len(by_language) < 2:
        return np.nan
    groups = list(by_language.values())
    if len({rank for group in groups for rank in group}) == 1:
        return 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kruskal(*groups).pvalue


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queries=st.lists(ranks, min_size=1, max_size=5), cutoff=st.sampled_from([1, 5, 20, 60]))
def test_it_is_scipys_kruskal_wallis_test_of_the_relevant_passages(ranks_of, queries, cutoff):
    rows = [[(rank, 1, language) for rank, language in sorted(hits)] for hits in queries]
    values = MimoPEER(cutoff).values(ranks_of(*rows, languages=("ar", "de", "en", "th")))
    assert values == pytest.approx([p_value(hits, cutoff) for hits in queries], abs=1e-12, nan_ok=True)


def test_a_system_that_finds_nothing_seems_fair(ranks_of):
    nothing = ranks_of([(np.inf, 1, 0), (np.inf, 1, 1)], languages=("de", "en"))
    assert MimoPEER(20).values(nothing).tolist() == [1]


def test_with_one_answer_in_each_language_it_tells_only_whether_any_is_found(ranks_of):
    best, worst, none = (
        [(rank, 1, language) for language, rank in enumerate(found)]
        for found in ((1, 2, 3, 4), (20, 21, 99, 100), (21, 30, 40, 50))
    )
    values = MimoPEER(20).values(ranks_of(best, worst, none, languages=("ar", "de", "en", "th")))
    assert values == pytest.approx([chi2.sf(3, 3), chi2.sf(3, 3), 1], abs=1e-12)
