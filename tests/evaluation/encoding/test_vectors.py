from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.evaluation.encoding.vectors import KeyIndex, StoredVectors, VectorStore, keys_of


@pytest.fixture
def stored():
    """Twenty vectors in parts of a store, in an order of their own and partly more than once, and what they are."""
    rng = np.random.default_rng(0)
    store, parts = VectorStore(), []
    for start, count in ((0, 7), (7, 1), (8, 12)):
        parts.append(rng.standard_normal((count, 5)).astype(np.float32))
        store.commit(keys_of(f"{number}" for number in range(start, start + count)), parts[-1])
    rows = rng.integers(0, 20, 33)
    return StoredVectors(store, rows), np.concatenate(parts)[rows]


INDICES = {
    "all": slice(None),
    "a block": slice(3, 17),
    "past the end": slice(30, 50),
    "empty": slice(9, 4),
    "steps": slice(2, 30, 7),
    "backwards": slice(None, None, -1),
    "backwards in steps": slice(-2, 4, -5),
    "numbers": np.array([4, 4, 0, 32, -1]),
    "no numbers": np.empty(0, np.int64),
    "a list": [3, 1],
    "a table of numbers": np.array([[0, 5], [7, 5]]),
    "a mask": np.arange(33) % 3 == 0,
    "one number": 5,
    "one number of numpy": np.int64(-2),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_stored_vectors_are_indexed_as_an_array_is(stored, index):
    vectors, array = stored
    found = vectors[index]
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, array[index])


def test_stored_vectors_look_like_an_array(stored):
    vectors, array = stored
    assert (vectors.shape, vectors.dtype, vectors.ndim, len(vectors)) == ((33, 5), np.float32, 2, 33)
    np.testing.assert_array_equal(np.asarray(vectors), array)
    assert np.asarray(vectors, np.float64).dtype == np.float64
    np.testing.assert_array_equal(np.stack(list(vectors)), array)
    np.testing.assert_array_equal(np.concatenate([vectors, vectors]), np.concatenate([array, array]))
    assert repr(vectors) == "StoredVectors(shape=(33, 5))"


@pytest.mark.parametrize("index", [33, -34, np.array([0, 33]), (slice(None), 2)], ids=str)
def test_an_index_out_of_range_is_an_index_error(stored, index):
    with pytest.raises(IndexError):
        stored[0][index]


def test_what_is_gathered_is_a_copy(stored):
    vectors, array = stored
    vectors[:][:] = 0
    np.testing.assert_array_equal(vectors[:], array)
    with pytest.raises(ValueError, match="cannot become one array without a copy"):
        np.array(vectors, copy=False)


def test_an_empty_store_gives_no_vectors():
    store = VectorStore(4)
    assert store.take(np.empty(0, np.int64)).shape == (0, 4)
    assert store.find(keys_of(["one"])).tolist() == [-1]
    assert keys_of([]).shape == (0, 2)


def test_an_index_finds_what_a_dictionary_finds():
    rng = np.random.default_rng(1)
    index, known, row = KeyIndex(), {}, 0
    for count in (1, 1, 5, 100, 3, 40, 1, 300):
        # few first halves, so that many keys share theirs; some keys come twice
        keys = np.stack([rng.integers(0, 20, count), rng.integers(0, 30, count)], axis=1).astype(np.uint64)
        for number, key in enumerate(keys.tolist()):
            known.setdefault(tuple(key), set()).add(row + number)
        index.add(keys, row)
        row += count
        asked = np.array([[first, second] for first in range(22) for second in range(32)], np.uint64)
        found = index.find(asked).tolist()
        for key, number in zip(map(tuple, asked.tolist()), found, strict=True):
            assert number in known.get(key, {-1})
    assert len(index._runs) < 6


def test_a_lone_surrogate_has_a_key_of_its_own():
    keys = keys_of(["\ud800", "?", "\udfff"]).tolist()
    assert keys[0] != keys[1] != keys[2] != keys[0]
