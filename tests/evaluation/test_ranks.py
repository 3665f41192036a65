from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation import ranks as module
from beir_hybrid.evaluation.ranks import SettingRanks, exact_ranks

SIZES = {  # bytes of a block and of a job, and the number of threads
    "whole": (2**25, 2**20, 1),
    "one query a block and a job": (1, 1, 1),
    "two queries a block": (4 * 64 * 4 * 2 * 3, 1, 3),
    "several queries a job": (2**25, 64 * 4 * 6, 2),
}


def naive(queries, passages, query, passage, id_order):
    """Count above, tied and tied_above passage by passage: score descending, then document id descending."""
    language = np.repeat(np.arange(len(passages)), [len(corpus) for corpus in passages])
    scores = queries.astype(np.float64) @ np.concatenate(passages).astype(np.float64).T
    above, tied, tied_above = np.zeros((3, len(query), len(passages)), int)
    for row, (asked, own) in enumerate(zip(query, passage, strict=True)):
        order = sorted(range(len(language)), key=lambda other: (scores[asked, other], id_order[other]), reverse=True)
        for other in order[: order.index(own)]:
            above[row, language[other]] += 1
        for other in set(order) - {own}:
            if scores[asked, other] == scores[asked, own]:
                tied[row, language[other]] += 1
                tied_above[row, language[other]] += id_order[other] > id_order[own]
    return above, tied, tied_above


def assert_exact(queries, passages, query, passage, id_order, sizes=SIZES["whole"]):
    block, job, threads = sizes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK_BYTES", block)
        patch.setattr(module, "_JOB_BYTES", job)
        patch.setattr(os, "cpu_count", lambda: threads)
        found = exact_ranks(queries, passages, query, passage, np.ones_like(query), id_order)
    above, tied, tied_above = naive(queries, passages, query, passage, id_order)
    np.testing.assert_array_equal(found.above, above)
    np.testing.assert_array_equal(found.tied, tied)
    np.testing.assert_array_equal(found.tied_above, tied_above)


def draw_case(rng, sizes, queries, relevant):
    """Vectors of few values, so that many scores tie and many vectors are equal; ``relevant`` passages per query."""
    total = sum(sizes)
    passages = [(rng.integers(-1, 2, (size, 2)) / 2).astype(np.float32) for size in sizes]
    query = np.repeat(np.arange(queries), relevant)
    passage = np.array([own for each in relevant for own in rng.choice(total, each, replace=False)], np.int64)
    return rng.integers(-1, 2, (queries, 2)).astype(np.float32), passages, query, passage, rng.permutation(total)


@settings(deadline=None, max_examples=120)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any),
    relevant=st.data(),
    queries=st.integers(1, 7),
    limits=st.sampled_from(sorted(SIZES)),
    seed=st.integers(0, 2**32 - 1),
)
def test_counts_are_those_of_a_sorted_ranking(sizes, relevant, queries, limits, seed):
    each = st.integers(0, min(4, sum(sizes)))
    counts = relevant.draw(st.lists(each, min_size=queries, max_size=queries))
    assert_exact(*draw_case(np.random.default_rng(seed), sizes, queries, counts), SIZES[limits])


@pytest.mark.parametrize("limits", SIZES)
@pytest.mark.parametrize(
    "sizes", [[63, 64, 65], [1, 200, 0, 7], [130]], ids=["around-a-word", "uneven-with-an-empty-one", "one-language"]
)
def test_counts_are_exact_for_any_width_and_block(sizes, limits):
    case = draw_case(np.random.default_rng(3), sizes, 6, [1, 0, 12, 1, 3, 12])
    assert_exact(*case, SIZES[limits])


def test_ties_are_broken_by_the_larger_document_id():
    # scores 1, 2 | 2, 2, 0 of passages 0, 1 | 2, 3, 4; passage 1 ties with 2 (smaller id) and 3 (larger id)
    passages = [np.array([[1], [2]], np.float32), np.array([[2], [2], [0]], np.float32)]
    id_order = np.array([4, 2, 1, 3, 0])
    zero = np.zeros(2, np.int64)
    found = exact_ranks(np.ones((1, 1), np.float32), passages, zero, np.array([0, 1]), zero + 1, id_order)
    assert found.above.tolist() == [[1, 2], [0, 1]]
    assert found.tied.tolist() == [[0, 0], [0, 2]]
    assert found.tied_above.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("sizes", [(1181, 1234, 37), (5, 3)], ids=["wide", "narrow"])
def test_equal_vectors_tie_wherever_they_stand(sizes):
    # a matrix product may add up in another order near its edges, so that equal columns differ in the last bit
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(384).astype(np.float32)
    queries = rng.standard_normal((60, 384)).astype(np.float32)
    passages = [np.repeat(vector[None], size, axis=0) for size in sizes]
    query = np.arange(60)
    found = exact_ranks(queries, passages, query, query * 0, query * 0 + 1, np.arange(sum(sizes)))
    assert (found.tied == [sizes[0] - 1, *sizes[1:]]).all()


def test_queries_without_a_relevant_passage_have_no_row():
    queries, corpus = np.ones((3, 1), np.float32), [np.ones((2, 1), np.float32)]
    one = np.array([1])
    found = exact_ranks(queries, corpus, one, one, one, np.arange(2))
    assert found.above.shape == found.tied.shape == found.tied_above.shape == (1, 1)
    assert found.tied.tolist() == [[1]]


@pytest.mark.parametrize("limits", SIZES)
def test_progress_adds_up_to_the_queries(limits, monkeypatch):
    block, job, threads = SIZES[limits]
    monkeypatch.setattr(module, "_BLOCK_BYTES", block)
    monkeypatch.setattr(module, "_JOB_BYTES", job)
    monkeypatch.setattr(os, "cpu_count", lambda: threads)
    queries, passages, query, passage, id_order = draw_case(np.random.default_rng(0), [4, 5], 9, [0, 1, 2] * 3)
    done = []
    exact_ranks(queries, passages, query, passage, query * 0 + 1, id_order, done.append)
    assert sum(done) == 9


def test_a_setting_counts_rows_by_query():
    ranks = SettingRanks(
        query=np.array([0, 0, 1, 2, 2, 2]),
        rank=np.array([1, 5, 2, 1, 2, 9]),
        mid_rank=np.array([1.0, 5, 2, 1, 2, 9]),
        grade=np.ones(6, np.int64),
        queries=3,
        passages=9,
    )
    assert ranks.starts.tolist() == [0, 2, 3]
    assert ranks.relevant.tolist() == [2, 1, 3]
    assert ranks.place.tolist() == [1, 2, 1, 1, 2, 3]
    assert ranks.sum_by_query(np.array([1.0, 2, 4, 8, 16, 32])).tolist() == [3, 4, 56]
