from __future__ import annotations

from math import inf

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.average_precision import AveragePrecision
from beir_hybrid.evaluation.measures.one_target_map import OneTargetMAP

LANGUAGES = ("en", "de", "ar")


def test_other_relevant_passages_are_taken_out_of_the_pool(ranks_of):
    # en stands at 1, ar at 3, de at 7: without the two above it, de stands at 5
    rankings = ranks_of([(1, 1, 0), (3, 1, 2), (7, 1, 1)], languages=LANGUAGES)
    assert OneTargetMAP("en").values(rankings).tolist() == [1]
    assert OneTargetMAP("ar").values(rankings).tolist() == [1 / 2]
    assert OneTargetMAP("de").values(rankings).tolist() == [1 / 5]


def test_several_passages_of_the_language_stay(ranks_of):
    # de at 2, 4 and 9; the others at 1 and 5 go, so de stands at 1, 3 and 7
    rankings = ranks_of([(1, 1, 0), (2, 3, 1), (4, 1, 1), (5, 1, 2), (9, 1, 1)], languages=LANGUAGES)
    assert OneTargetMAP("de").values(rankings) == pytest.approx([(1 / 1 + 2 / 3 + 3 / 7) / 3], abs=1e-15)


def test_queries_do_not_disturb_each_other_and_have_no_value_without_the_language(ranks_of):
    rankings = ranks_of(
        [(1, 1, 1), (2, 1, 0)], [(1, 1, 0), (4, 1, 2)], [(2, 1, 0), (3, 1, 1)], [(inf, 1, 1)], languages=LANGUAGES
    )
    values = OneTargetMAP("de").values(rankings)
    assert np.isnan(values).tolist() == [False, True, False, False]
    assert values[[0, 2, 3]].tolist() == [1, 1 / 2, 0]


def test_it_is_average_precision_after_the_passages_are_removed(run_rankings):
    rng = np.random.default_rng(3)
    documents = [f"{code}:{number}" for code in LANGUAGES for number in range(15)]
    run = {f"en:{query}": dict(zip(documents, rng.normal(size=45), strict=True)) for query in range(20)}
    qrels = {query: dict.fromkeys(rng.permutation(documents)[:12], 1) for query in run}
    _, rankings = run_rankings(run, qrels, "en")
    removed = {query: {d for d in qrels[query] if not d.startswith("de:")} for query in run}
    smaller = {query: {d: s for d, s in run[query].items() if d not in removed[query]} for query in run}
    targets = {query: {d: 1 for d in qrels[query] if d not in removed[query]} for query in run}
    queries, expected = run_rankings(smaller, targets, "en")
    assert len(queries) == 20
    assert OneTargetMAP("de").values(rankings) == pytest.approx(AveragePrecision().values(expected), abs=1e-12)


def test_it_gives_one_measure_per_language():
    assert [m.name for m in OneTargetMAP().for_languages(["de", "en"])] == ["one_target_map[de]", "one_target_map[en]"]


def test_without_a_language_there_is_no_value(ranks_of):
    with pytest.raises(ConfigurationError, match=r"a value per language\. Name one: one_target_map\[en\]"):
        OneTargetMAP().values(ranks_of([1]))


def test_a_language_that_the_pool_lacks_has_no_value(ranks_of):
    assert np.isnan(OneTargetMAP("fr").values(ranks_of([1]))).all()
