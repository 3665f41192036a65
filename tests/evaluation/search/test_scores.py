from __future__ import annotations

from threading import Lock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.search.scores import (
    WORD,
    error_bound,
    exact_scores,
    gather,
    id_places,
    over_blocks,
    passage_blocks,
)


def numbered(sizes):
    """Passages whose one number is their own in the pool."""
    starts = np.cumsum([0, *sizes])
    return [
        np.arange(start, start + size, dtype=np.float32)[:, None]
        for start, size in zip(starts[:-1], sizes, strict=True)
    ]


@settings(deadline=None, max_examples=60)
@given(sizes=st.lists(st.integers(0, 140), max_size=5), size=st.sampled_from([1, 2, 5, 63, 64, 65, 100, 1000]))
def test_every_passage_stands_in_one_column_of_its_language(sizes, size):
    passages, seen, first = numbered(sizes), [], 0
    for block in passage_blocks(passages, size):
        assert block.first == first
        assert 0 < len(block.vectors) <= size
        assert block.width % WORD == 0 and not (block.starts % WORD).any()
        parts = np.split(np.arange(block.width), block.starts[1:])
        for language, columns in enumerate(parts, start=block.languages.start):
            assert (block.language[columns] == language).all()
            rows = block.row[columns]
            seen += [(language, block.first + row) for row in rows[rows >= 0].tolist()]
        assert block.languages.stop - block.languages.start == len(parts)
        scores = np.full((2, block.width), np.nan, np.float32)
        block.score(np.array([[1], [-1]], np.float32), scores)
        real = block.row >= 0
        assert np.isneginf(scores[:, ~real]).all()
        np.testing.assert_array_equal(scores[0, real], block.row[real] + block.first)
        np.testing.assert_array_equal(scores[1, real], -scores[0, real])
        assert block.largest == block.first + len(block.vectors) - 1
        first += len(block.vectors)
    assert seen == [
        (language, int(number)) for language, vectors in enumerate(passages) for number in vectors[:, 0].tolist()
    ]


def test_small_corpora_share_a_block_and_large_ones_are_cut():
    blocks = [
        (len(block.vectors), block.languages, block.width) for block in passage_blocks(numbered([3, 0, 4, 9]), 10)
    ]
    # ten of the first, second, third and fourth language, of one word each; then the rest of the fourth
    assert blocks == [(10, slice(0, 4), 256), (6, slice(3, 4), 64)]


class Counted:
    """Vectors that count how often each is read."""

    def __init__(self, vectors):
        self.vectors, self.reads, self.shape = vectors, np.zeros(len(vectors), int), vectors.shape

    def __len__(self):
        return len(self.vectors)

    def __getitem__(self, rows):
        self.reads[rows] += 1
        return self.vectors[rows]


def test_all_queries_meet_all_passages_once_and_each_passage_is_read_once(cut_work, limits):
    passages = [Counted(vectors) for vectors in numbered([70, 0, 3, 30])]
    queries = np.arange(1, 12, dtype=np.float32)[:, None]
    order = np.array([7, 0, 3, 10, 4])
    met, lock, done = np.zeros((11, 103), int), Lock(), []

    def work(block, numbers, scores):
        real = np.flatnonzero(block.row >= 0)
        with lock:
            met[np.ix_(numbers, block.row[real] + block.first)] += 1
        np.testing.assert_array_equal(scores[:, real], queries[numbers] @ block.vectors[block.row[real]].T)

    with cut_work(limits):
        over_blocks(queries, order, passages, lambda: work, done.append)
    np.testing.assert_array_equal(met, np.isin(np.arange(11), order)[:, None].repeat(103, axis=1))
    assert all((vectors.reads == 1).all() for vectors in passages)
    assert sum(done) == pytest.approx(1)


def test_an_error_of_a_worker_is_not_lost():
    def work(block, numbers, scores):
        raise ZeroDivisionError("of a worker")

    with pytest.raises(ZeroDivisionError, match="of a worker"):
        over_blocks(np.ones((2, 1), np.float32), np.arange(2), numbered([3]), lambda: work)


@pytest.mark.parametrize("dimensions", [1, 7, 384, 2048])
@pytest.mark.parametrize("kind", ["random", "one sign", "one number", "tiny", "zero"])
def test_the_product_is_as_near_to_the_score_as_its_bound(dimensions, kind):
    rng = np.random.default_rng(dimensions)
    draw = {
        "random": lambda count: rng.standard_normal((count, dimensions)),
        "one sign": lambda count: rng.random((count, dimensions)),
        "one number": lambda count: np.repeat(rng.uniform(0.5, 1, (count, 1)), dimensions, axis=1),
        "tiny": lambda count: rng.standard_normal((count, dimensions)) * 1e-22,
        "zero": lambda count: np.zeros((count, dimensions)),
    }[kind]
    queries, passages = draw(50).astype(np.float32), draw(90).astype(np.float32)
    pairs = np.indices((50, 90)).reshape(2, -1)
    scores = exact_scores(queries, pairs[0], passages, pairs[1]).reshape(50, 90).astype(np.float64)
    bound = error_bound(queries, float(np.linalg.norm(passages.astype(np.float64), axis=1).max()))
    wrong = np.abs((queries @ passages.T).astype(np.float64) - scores)
    assert (wrong <= bound[:, None]).all()
    # and it is no wider than what rounding of all the products could do
    widest = np.linalg.norm(queries.astype(np.float64), axis=1) * np.linalg.norm(passages, axis=1).max()
    assert (bound <= (dimensions + 9) * (2.0**-24 * widest + 2.0**-148)).all()


@pytest.mark.parametrize("dimensions", [1, 3, 385])
def test_a_score_is_the_float64_product_rounded_to_float32(dimensions):
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((6, dimensions)).astype(np.float32)
    passages = rng.standard_normal((8, dimensions)).astype(np.float32)
    query, passage = rng.integers(6, size=3000), rng.integers(8, size=3000)
    expected = (queries.astype(np.longdouble)[query] * passages.astype(np.longdouble)[passage]).sum(axis=1)
    found = exact_scores(queries, query, passages, passage)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_equal_vectors_have_equal_scores_wherever_they_stand():
    rng = np.random.default_rng(2)
    queries = np.repeat(rng.standard_normal((1, 383)).astype(np.float32), 7, axis=0)
    passages = np.repeat(rng.standard_normal((1, 383)).astype(np.float32), 999, axis=0)
    pairs = np.indices((7, 999)).reshape(2, -1)
    assert len(np.unique(exact_scores(queries, pairs[0], passages, pairs[1]))) == 1


def test_no_pairs_have_no_scores():
    none = np.empty(0, np.int64)
    vectors = np.ones((2, 3), np.float32)
    assert exact_scores(vectors, none, vectors, none).shape == (0,)


@pytest.mark.parametrize("kind", ["array", "as_stored", "as_mapped"])
def test_vectors_are_gathered_once_each(kind, request):
    passages = numbered([4, 0, 5, 1])
    if kind != "array":
        passages = [request.getfixturevalue(kind)(vectors) for vectors in passages]
    wanted = np.array([9, 3, 4, 3, 9, 0, 8])
    found, place = gather(passages, wanted)
    assert found[:, 0].tolist() == [0, 3, 4, 8, 9]
    assert found[place, 0].tolist() == wanted.tolist()


def test_ids_compare_by_code_point():
    # code points, which UTF-8 keeps and UTF-16 does not: the last two would change places
    ids = ["en:10", "en:9", "en:Z", "en:a", "en:é", "en:\uffee", "en:\U0001f600"]
    shuffled = np.random.default_rng(0).permutation(len(ids))
    places = id_places(lambda numbers: [ids[number] for number in numbers], np.r_[shuffled, shuffled[:2]])
    assert places.tolist() == [*shuffled, *shuffled[:2]]
    assert sorted(ids) == sorted(ids, key=str.encode) == ids


@pytest.mark.parametrize("passages", [[], [4], [7, 3, 3, 5], [10**9, 5, 10**9], [3, 4, 5] * 4], ids=str)
def test_ids_of_passages_near_and_far_apart_are_ordered(passages):
    asked = []

    def name(numbers):
        asked.extend(numbers.tolist())
        return [f"{-number % 11}:{number}" for number in numbers]  # in another order than the numbers

    places = id_places(name, np.array(passages, np.int64))
    distinct = sorted(set(passages))
    assert asked == distinct
    ranked = sorted(distinct, key=lambda number: f"{-number % 11}:{number}")
    assert places.tolist() == [ranked.index(number) for number in passages]
