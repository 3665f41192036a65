from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.search import exact as search
from beir_hybrid.evaluation.search.exact import exact_search, merge_hits
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.ranks import exact_ranks


def assert_exact(brute_force, named, queries, passages, ids, depth, kept=None):
    """Compare with the ranking by the book; ``kept`` are the passages as something else than arrays."""
    hits = exact_search(queries, kept or passages, depth, named(ids))
    scores, order = brute_force(queries, passages, ids)
    np.testing.assert_array_equal(hits.passage, order[:, :depth])
    np.testing.assert_array_equal(hits.score, np.take_along_axis(scores, order, axis=1)[:, :depth])
    assert hits.score.dtype == np.float32
    return hits


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any),
    queries=st.integers(0, 7),
    depth=st.integers(1, 40),
    cut=st.sampled_from(["whole", "one passage a block", "one query a block and a job", "small blocks"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_hits_are_the_first_of_a_sorted_ranking(
    draw_pool, brute_force, named, cut_work, sizes, queries, depth, cut, seed
):
    case = draw_pool(np.random.default_rng(seed), sizes, queries)
    with cut_work(cut):
        assert_exact(brute_force, named, *case, depth)


@pytest.mark.parametrize("depth", [1, 2, 10, 64, 299, 1000])
@pytest.mark.parametrize("dimensions", [2, 50], ids=["ties", "few-ties"])
def test_hits_are_exact_at_any_depth(draw_pool, brute_force, named, cut_work, limits, depth, dimensions):
    # blocks wide enough that a bound from below is made of groups of columns, which ties and padding must not hurt
    case = draw_pool(np.random.default_rng(4), [130, 0, 1, 169], 6, dimensions)
    with cut_work(limits):
        hits = assert_exact(brute_force, named, *case, depth)
    assert hits.passage.shape == (6, min(depth, 300))


@pytest.mark.parametrize(
    "sizes", [[1], [0, 1, 0], [64, 64], [0, 0, 2]], ids=["one", "one-among-empty", "words", "empty-first"]
)
def test_small_and_empty_corpora_are_searched(draw_pool, brute_force, named, cut_work, limits, sizes):
    with cut_work(limits):
        assert_exact(brute_force, named, *draw_pool(np.random.default_rng(1), sizes, 3), 5)


@pytest.mark.parametrize("sizes", [[0], [0, 0], []], ids=str)
def test_nothing_is_found_where_nothing_is(named, sizes):
    hits = exact_search(np.ones((3, 2), np.float32), [np.empty((size, 2), np.float32) for size in sizes], 10, named([]))
    assert hits.passage.shape == hits.score.shape == (3, 0)


@pytest.mark.parametrize("kind", ["as_stored", "as_mapped"])
def test_passages_need_not_be_in_memory(draw_pool, brute_force, named, cut_work, request, kind):
    queries, passages, ids = draw_pool(np.random.default_rng(5), [7, 0, 30], 4)
    kept = [request.getfixturevalue(kind)(vectors) for vectors in passages]
    with cut_work("small blocks"):
        assert_exact(brute_force, named, queries, passages, ids, 9, kept)


@pytest.mark.parametrize("dimensions", [3, 100, 385])
def test_near_misses_are_told_apart(brute_force, named, cut_work, limits, dimensions):
    # scores differ by a few units in the last place, if at all: less than the product may be wrong
    rng = np.random.default_rng(dimensions)
    passages = [np.repeat(rng.standard_normal((1, dimensions)), 150, axis=0).astype(np.float32)]
    rows, changed = np.arange(150), rng.integers(dimensions, size=150)
    passages[0][rows, changed] += (2e-7 * dimensions**0.5 * rng.integers(-1, 2, 150)).astype(np.float32)
    queries = rng.standard_normal((6, dimensions)).astype(np.float32)
    with cut_work(limits):
        hits = assert_exact(brute_force, named, queries, passages, [f"{n:03}" for n in range(150)], 12)
    assert (np.diff(hits.score) == 0).any()


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e-20, 1e15], ids=str)
def test_hits_hold_at_any_scale(brute_force, named, scale):
    rng = np.random.default_rng(8)
    passages = [(rng.standard_normal((size, 20)) * scale).astype(np.float32) for size in (300, 20)]
    queries = (rng.standard_normal((5, 20)) * scale).astype(np.float32)
    assert_exact(brute_force, named, queries, passages, [str(n) for n in range(320)], 7)


def test_a_tie_at_the_last_place_goes_to_the_largest_id(named):
    passages = [np.array([[2], [2], [3]], np.float32), np.array([[2], [1]], np.float32)]
    hits = exact_search(np.ones((1, 1), np.float32), passages, 2, named(["en:10", "en:9", "en:1", "de:x", "de:y"]))
    assert hits.passage.tolist() == [[2, 1]]
    assert hits.score.tolist() == [[3, 2]]


def test_scores_are_the_same_in_any_pool(named):
    # whatever is beside them: the product itself would give equal vectors other last digits
    rng = np.random.default_rng(3)
    pool = rng.standard_normal((700, 384)).astype(np.float32)
    queries = rng.standard_normal((40, 384)).astype(np.float32)
    ids = [f"{number:03}" for number in range(700)]
    whole = exact_search(queries, [pool], 700, named(ids))
    for passages in ([pool[:211], pool[211:]], [pool[:1], pool[1:640], pool[640:]]):
        found = exact_search(queries, passages, 700, named(ids))
        np.testing.assert_array_equal(found.passage, whole.passage)
        np.testing.assert_array_equal(found.score, whole.score)
    first = exact_search(queries, [pool[:90]], 90, named(ids))
    of_first = whole.passage < 90
    np.testing.assert_array_equal(first.passage, whole.passage[of_first].reshape(40, 90))
    np.testing.assert_array_equal(first.score, whole.score[of_first].reshape(40, 90))


def test_ranks_and_search_agree(draw_pool, named):
    rng = np.random.default_rng(6)
    queries, passages, ids = draw_pool(rng, [80, 0, 41], 9, 3)
    query = np.repeat(np.arange(9), 5)
    passage = np.concatenate([rng.choice(121, 5, replace=False) for _ in range(9)])
    ranks = exact_ranks(queries, passages, query, passage, named(ids))
    hits = exact_search(queries, passages, 121, named(ids))
    assert ranks.tied.any()
    np.testing.assert_array_equal(hits.passage[query, ranks.above.sum(axis=1)], passage)


def test_ids_are_asked_for_only_where_scores_tie():
    asked = []

    def identifiers(numbers):
        asked.extend(numbers.tolist())
        return [str(number) for number in numbers]

    exact_search(np.ones((1, 1), np.float32), [np.array([[1], [2], [3], [3], [4], [1]], np.float32)], 3, identifiers)
    assert set(asked) == {2, 3}


def test_progress_adds_up_to_the_whole(draw_pool, named, cut_work, limits):
    queries, passages, ids = draw_pool(np.random.default_rng(0), [4, 0, 5], 9)
    done = []
    with cut_work(limits):
        exact_search(queries, passages, 3, named(ids), done.append)
    assert sum(done) == pytest.approx(1)


def test_a_collapsed_model_keeps_few_candidates(named, cut_work, monkeypatch):
    queries, passages = np.ones((4, 3), np.float32), [np.ones((400, 3), np.float32)]
    kept, add = [], search._Candidates.add

    def watched(candidates, *block):
        add(candidates, *block)
        kept.append(len(candidates.query))

    monkeypatch.setattr(search._Candidates, "add", watched)
    ids = [f"en:{number:03}" for number in range(400)]
    with cut_work("small blocks"):
        hits = exact_search(queries, passages, 5, named(ids))
    np.testing.assert_array_equal(hits.passage, np.tile(np.arange(399, 394, -1), (4, 1)))
    assert max(kept) <= 2 * 5 * 4


@settings(deadline=None, max_examples=40)
@given(
    total=st.integers(1, 40),
    rows=st.integers(1, 12),
    queries=st.integers(0, 5),
    depth=st.integers(1, 45),
    seed=st.integers(0, 2**32 - 1),
)
def test_hits_of_parts_merge_to_those_of_the_pool(draw_pool, named, total, rows, queries, depth, seed):
    asked, (pool,), ids = draw_pool(np.random.default_rng(seed), [total], queries)
    whole = exact_search(asked, [pool], depth, named(ids))
    parts = []
    for first in range(0, total, rows):
        part = exact_search(asked, [pool[first : first + rows]], depth, named(ids[first:]))
        parts.append(Hits(part.passage + first, part.score))
    merged = merge_hits(parts, depth, named(ids))
    np.testing.assert_array_equal(merged.passage, whole.passage)
    np.testing.assert_array_equal(merged.score, whole.score)


def test_merging_reads_ids_only_of_what_may_be_kept():
    asked = []

    def identifiers(numbers):
        asked.extend(numbers.tolist())
        return [str(number) for number in numbers]

    scores = [[[3, 2]], [[2, 1]], [[1, 1]], [[-np.inf, -np.inf]]]
    numbers = [[[0, 1]], [[2, 3]], [[4, 5]], [[-1, -1]]]
    parts = [
        Hits(np.array(passage), np.array(score, np.float32)) for passage, score in zip(numbers, scores, strict=True)
    ]
    merged = merge_hits(parts, 2, identifiers)
    assert merged.passage.tolist() == [[0, 2]]
    assert sorted(asked) == [1, 2]
