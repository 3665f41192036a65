from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.search.ranks import count_ranks, exact_ranks
from beir_hybrid.evaluation.search.scores import pair_scores


def assert_exact(brute_force, named, queries, passages, ids, query, passage, kept=None):
    """Compare with counts over the ranking by the book; ``kept`` are the passages as something else than arrays."""
    found = exact_ranks(queries, kept or passages, query, passage, named(ids))
    language = np.repeat(np.arange(len(passages)), [len(corpus) for corpus in passages])
    scores, order = brute_force(queries, passages, ids)
    above, tied, tied_above = np.zeros((3, len(query), len(passages)), int)
    for row, (asked, own) in enumerate(zip(query, passage, strict=True)):
        before = order[asked].tolist().index(own)
        for place, other in enumerate(order[asked]):
            level = other != own and scores[asked, other] == scores[asked, own]
            above[row, language[other]] += place < before
            tied[row, language[other]] += level
            tied_above[row, language[other]] += level and place < before
    np.testing.assert_array_equal(found.above, above)
    np.testing.assert_array_equal(found.tied, tied)
    np.testing.assert_array_equal(found.tied_above, tied_above)
    return found


def draw_relevant(rng, total, counts):
    """Draw so many relevant passages for each query."""
    passage = [own for each in counts for own in rng.choice(total, each, replace=False)]
    return np.repeat(np.arange(len(counts)), counts), np.array(passage, np.int64)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any),
    relevant=st.lists(st.integers(0, 4), min_size=1, max_size=7),
    cut=st.sampled_from(["whole", "one passage a block", "one query a block and a job", "small blocks"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_counts_are_those_of_a_sorted_ranking(draw_pool, brute_force, named, cut_work, sizes, relevant, cut, seed):
    rng = np.random.default_rng(seed)
    queries, passages, ids = draw_pool(rng, sizes, len(relevant))
    rows = draw_relevant(rng, sum(sizes), [min(each, sum(sizes)) for each in relevant])
    with cut_work(cut):
        assert_exact(brute_force, named, queries, passages, ids, *rows)


@pytest.mark.parametrize(
    "sizes",
    [[63, 64, 65], [0, 200, 0, 7, 0], [130], [1], [0, 0, 3], [64, 0, 64]],
    ids=["around a word", "uneven with empty ones", "one language", "one passage", "empty first", "whole words"],
)
def test_counts_are_exact_for_any_width_and_block(draw_pool, brute_force, named, cut_work, limits, sizes):
    rng = np.random.default_rng(3)
    queries, passages, ids = draw_pool(rng, sizes, 6)
    rows = draw_relevant(rng, sum(sizes), [min(each, sum(sizes)) for each in (1, 0, 12, 1, 3, 12)])
    with cut_work(limits):
        found = assert_exact(brute_force, named, queries, passages, ids, *rows)
    assert sum(sizes) < 3 or found.tied.any()


@pytest.mark.parametrize("kind", ["as_stored", "as_mapped"])
def test_passages_need_not_be_in_memory(draw_pool, brute_force, named, cut_work, request, kind):
    rng = np.random.default_rng(5)
    queries, passages, ids = draw_pool(rng, [7, 0, 30], 4)
    rows = draw_relevant(rng, 37, [2, 3, 0, 1])
    kept = [request.getfixturevalue(kind)(vectors) for vectors in passages]
    assert not isinstance(kept[2], np.ndarray) or isinstance(kept[2], np.memmap)
    with cut_work("small blocks"):
        assert_exact(brute_force, named, queries, passages, ids, *rows, kept=kept)


@pytest.mark.parametrize("dimensions", [3, 100, 385])
def test_near_misses_are_told_apart(brute_force, named, cut_work, limits, dimensions):
    # passages whose scores differ by a few units in the last place, if at all: less than the product may be wrong
    rng = np.random.default_rng(dimensions)
    one = rng.standard_normal(dimensions).astype(np.float32)
    passages = [np.repeat(one[None], size, axis=0) for size in (40, 50)]
    for vectors in passages:
        rows, changed = np.arange(len(vectors)), rng.integers(dimensions, size=len(vectors))
        vectors[rows, changed] += (2e-7 * dimensions**0.5 * rng.integers(-1, 2, len(vectors))).astype(np.float32)
    queries = rng.standard_normal((5, dimensions)).astype(np.float32)
    rows = draw_relevant(rng, 90, [4, 4, 1, 0, 9])
    with cut_work(limits):
        found = assert_exact(brute_force, named, queries, passages, [f"{n:02}" for n in range(90)], *rows)
    others = found.tied.sum(axis=1)
    assert others.any() and (others < 89).any()  # some are level and some are not


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e-20, 1.0, 1e15], ids=str)
def test_ranks_hold_at_any_scale(brute_force, named, scale):
    # from products that all are 0 in float32, over those below its normal numbers, to large ones
    rng = np.random.default_rng(8)
    passages = [(rng.standard_normal((size, 20)) * scale).astype(np.float32) for size in (30, 20)]
    queries = (rng.standard_normal((5, 20)) * scale).astype(np.float32)
    assert_exact(
        brute_force, named, queries, passages, [str(n) for n in range(50)], *draw_relevant(rng, 50, [3, 1, 4, 1, 5])
    )


def test_scores_that_are_equal_in_float32_tie(named):
    # 1 and 1 + 2^-30
    queries = np.array([[1, 2.0**-30]], np.float32)
    passages = [np.array([[1, 0]], np.float32), np.array([[1, 1]], np.float32)]
    zero = np.zeros(2, np.int64)
    found = exact_ranks(queries, passages, zero, np.array([0, 1]), named(["b", "a"]))
    assert found.tied.tolist() == [[0, 1], [1, 0]]
    assert found.above.tolist() == [[0, 0], [1, 0]]


def test_ties_are_broken_by_the_larger_document_id(named):
    # scores 1, 2 | 2, 2, 0 of passages 0, 1 | 2, 3, 4; passage 1 ties with 2 (smaller id) and 3 (larger id)
    passages = [np.array([[1], [2]], np.float32), np.array([[2], [2], [0]], np.float32)]
    zero = np.zeros(2, np.int64)
    found = exact_ranks(np.ones((1, 1), np.float32), passages, zero, np.array([0, 1]), named(["e", "c", "b", "d", "a"]))
    assert found.above.tolist() == [[1, 2], [0, 1]]
    assert found.tied.tolist() == [[0, 0], [0, 2]]
    assert found.tied_above.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("sizes", [(1181, 1234, 37), (5, 3)], ids=["wide", "narrow"])
def test_equal_vectors_tie_wherever_they_stand(named, sizes):
    # a matrix product may add up in another order near its edges, so that equal columns differ in the last bit
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(384).astype(np.float32)
    queries = rng.standard_normal((60, 384)).astype(np.float32)
    passages = [np.repeat(vector[None], size, axis=0) for size in sizes]
    query = np.arange(60)
    ids = [f"{number:04}" for number in range(sum(sizes))]
    found = exact_ranks(queries, passages, query, query * 0, named(ids))
    assert (found.tied == [sizes[0] - 1, *sizes[1:]]).all()
    np.testing.assert_array_equal(found.above, found.tied)  # the first passage has the smallest id


def test_queries_without_a_relevant_passage_have_no_row(named):
    queries, corpus = np.ones((3, 1), np.float32), [np.ones((2, 1), np.float32)]
    one = np.array([1])
    found = exact_ranks(queries, corpus, one, one, named(["a", "b"]))
    assert found.above.shape == found.tied.shape == found.tied_above.shape == (1, 1)
    assert found.tied.tolist() == [[1]]


def test_ids_are_asked_for_only_where_scores_tie():
    asked = []

    def identifiers(numbers):
        asked.extend(numbers.tolist())
        return [str(number) for number in numbers]

    passages = [np.array([[1], [2], [3], [3], [4]], np.float32)]
    zero = np.zeros(2, np.int64)
    exact_ranks(np.ones((1, 1), np.float32), passages, zero, np.array([1, 3]), identifiers)
    assert sorted(asked) == [2, 3]


def test_progress_adds_up_to_the_whole(draw_pool, named, cut_work, limits):
    rng = np.random.default_rng(0)
    queries, passages, ids = draw_pool(rng, [4, 0, 5], 9)
    query, passage = draw_relevant(rng, 9, [0, 1, 2] * 3)
    done = []
    with cut_work(limits):
        exact_ranks(queries, passages, query, passage, named(ids), done.append)
    assert sum(done) == pytest.approx(1)
    assert min(done) > 0


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=3).filter(any),
    relevant=st.lists(st.integers(0, 4), min_size=1, max_size=5),
    rows=st.integers(1, 10),
    seed=st.integers(0, 2**32 - 1),
)
def test_counts_of_parts_add_up_to_those_of_the_pool(draw_pool, named, sizes, relevant, rows, seed):
    rng = np.random.default_rng(seed)
    queries, passages, ids = draw_pool(rng, sizes, len(relevant))
    query, passage = draw_relevant(rng, sum(sizes), [min(each, sum(sizes)) for each in relevant])
    whole = exact_ranks(queries, passages, query, passage, named(ids))
    thresholds = pair_scores(queries, query, passages, passage)
    sums, first = np.zeros((3, len(query), len(sizes)), int), 0
    for language, corpus in enumerate(passages):
        for start in range(0, len(corpus), rows):
            part = corpus[start : start + rows]
            shifted = named(ids[first:] + ids[:first])  # numbers below the part's first count from the end
            counts = count_ranks(queries, [part], query, passage - first, thresholds, shifted)
            sums[:, :, language] += [each[:, 0] for each in (counts.above, counts.tied, counts.tied_above)]
            first += len(part)
    np.testing.assert_array_equal(sums, [whole.above, whole.tied, whole.tied_above])
