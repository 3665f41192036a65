from __future__ import annotations

from dataclasses import replace

import numpy as np

from beir_hybrid.evaluation.measures.lpr import LPR

LANGUAGES = ("de", "en", "th")


def values_of(ranks_of, *queries):
    return LPR().values(ranks_of(*queries, languages=LANGUAGES)).tolist()


def test_it_is_whether_the_answer_in_the_querys_language_comes_first(ranks_of):
    own_first, own_last = [(3, 1, 1), (4, 1, 0)], [(1, 1, 2), (2, 1, 0), (9, 1, 1)]
    assert values_of(ranks_of, own_first, own_last) == [1, 0]


def test_level_answers_are_first_each_as_often(ranks_of):
    rankings = ranks_of([(1, 1, 0), (2, 1, 1), (3, 1, 2)], languages=LANGUAGES)
    assert LPR().values(replace(rankings, mid_rank=np.array([2.0, 2, 2]))).tolist() == [1 / 3]
    assert LPR().values(replace(rankings, mid_rank=np.array([1.5, 1.5, 3]))).tolist() == [1 / 2]


def test_a_query_without_a_choice_has_no_value(ranks_of):
    only_own, only_other, none_retrieved = [(1, 1, 1)], [(1, 1, 0), (2, 1, 2)], [(np.inf, 1, 0), (np.inf, 1, 1)]
    assert np.isnan(values_of(ranks_of, only_own, only_other, none_retrieved)).all()


def test_an_answer_that_was_not_retrieved_comes_after_one_that_was(ranks_of):
    assert values_of(ranks_of, [(7, 1, 1), (np.inf, 1, 0)], [(7, 1, 0), (np.inf, 1, 1)]) == [1, 0]
