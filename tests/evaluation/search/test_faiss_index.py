import subprocess
import sys

import faiss
import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.vectors import StoredVectors, VectorStore
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.faiss_index import FaissIndex
from beir_hybrid.evaluation.search.hits import Hits


def identifiers(passages):
    return [f"x:{number * 7919 % 10007}" for number in passages.tolist()]


def normalised(rng, count, dimensions=16):
    vectors = rng.standard_normal((count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def pool(rng):
    return [normalised(rng, size) for size in (700, 1, 0, 500)]


@pytest.mark.parametrize("depth", [1, 7, 1201, 5000])
def test_flat_index_finds_what_exact_search_finds(rng, pool, depth):
    queries = normalised(rng, 20)
    found, exact = (
        FaissIndex(pool, "Flat").search(queries, depth, identifiers),
        exact_search(queries, pool, depth, identifiers),
    )
    assert np.array_equal(found.passage, exact.passage)
    assert np.array_equal(found.score, exact.score)


def test_ties_fall_as_in_exact_search(rng, exact_vectors):
    pool = [exact_vectors(rng, 60), exact_vectors(rng, 40)]
    queries = exact_vectors(rng, 30)
    found = FaissIndex(pool, "Flat").search(queries, 100, identifiers)
    exact = exact_search(queries, pool, 100, identifiers)
    assert (np.diff(exact.score, axis=1) == 0).any()
    assert np.array_equal(found.passage, exact.passage)
    assert np.array_equal(found.score, exact.score)


@pytest.mark.parametrize("factory", ["HNSW32", "IVF16,Flat:nprobe=16", "SQ8", "L2norm,HNSW32"])
def test_approximate_indexes_find_nearly_all(rng, pool, factory):
    queries = normalised(rng, 50)
    found = FaissIndex(pool, factory).search(queries, 50, identifiers)
    exact = exact_search(queries, pool, 50, identifiers)
    assert found.recall(exact, 10) > 0.95


def test_scores_are_exact_where_the_index_is_coarse(rng, pool):
    queries, vectors = normalised(rng, 20), np.concatenate(pool)
    found = FaissIndex(pool, "OPQ4,IVF4,PQ4x4:nprobe=4").search(queries, 20, identifiers)
    exact = np.take_along_axis(queries.astype(np.float64) @ vectors.astype(np.float64).T, found.passage, axis=1)
    assert np.array_equal(found.score, exact.astype(np.float32))
    assert (np.diff(found.score, axis=1) <= 0).all()
    assert found.recall(exact_search(queries, pool, 20, identifiers), 20) < 1


def test_what_an_index_does_not_find_is_left_out(rng, pool):
    found = FaissIndex(pool, "IVF16,Flat:nprobe=1").search(normalised(rng, 20), 1201, identifiers)
    count = (found.passage >= 0).sum(axis=1)
    assert ((count > 0) & (count < 1201)).all()
    assert np.array_equal(found.passage >= 0, np.arange(1201) < count[:, None])
    assert np.array_equal(np.isfinite(found.score), found.passage >= 0)


def test_vectors_on_disk_are_read_in_blocks(rng, tmp_path):
    vectors = normalised(rng, 40_000, 4)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    store = VectorStore()
    store.commit(np.arange(80_000, dtype=np.uint64).reshape(-1, 2), vectors)
    read = []

    class Watched(StoredVectors):
        def __getitem__(self, rows):
            found = super().__getitem__(rows)
            read.append(len(found))
            return found

    queries = normalised(rng, 5, 4)
    expected = FaissIndex([vectors], "Flat").search(queries, 10, identifiers)
    for passages in (mapped, Watched(store, np.arange(40_000))):
        assert np.array_equal(FaissIndex([passages], "Flat").search(queries, 10, identifiers).passage, expected.passage)
    assert max(read) <= 2**14


def test_training_depends_on_the_seed_only(rng):
    pool, queries = [normalised(rng, 70_000, 4)], normalised(rng, 20, 4)  # more than are trained on
    first, same, other = (
        FaissIndex(pool, "IVF64,Flat:nprobe=1", seed=seed).search(queries, 50, identifiers) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.passage, same.passage)
    assert not np.array_equal(first.passage, other.passage)


def test_search_options_follow_the_depth_unless_given(rng, pool):
    queries = normalised(rng, 2)
    index = FaissIndex(pool, "HNSW16")
    index.search(queries, 10, identifiers)
    assert index.options == {"efSearch": 64}
    index.search(queries, 200, identifiers)
    assert index.options == {"efSearch": 200}
    given = FaissIndex(pool, "HNSW16:efSearch=32,efConstruction=80")
    given.search(queries, 200, identifiers)
    assert given.options == {"efSearch": 32, "efConstruction": 80}
    lists = FaissIndex(pool, "IVF16,Flat")
    lists.search(queries, 10, identifiers)
    assert lists.options == {"nprobe": 4}  # the square root
    lists.search(queries, 200, identifiers)
    assert lists.options == {"nprobe": 11}  # 800 of 1,201 passages


def test_progress_adds_up_to_one(rng, pool):
    built, searched = [], []
    index = FaissIndex(pool, "Flat", advance=built.append)
    index.search(normalised(rng, 600), 1000, identifiers, searched.append)
    assert sum(built) == pytest.approx(1)
    assert sum(searched) == pytest.approx(1)
    assert len(searched) > 1


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("Flt", "could not parse index string Flt"),
        ("", "could not parse index string"),
        ("IVF,Flat", "could not parse"),
        ("IVF99999999999999,Flat", "stoi"),
        ("LSH", "not metric == METRIC_L2"),
        ("HNSW16_PQ4", "it is not for inner products"),
        ("PQ7", "should be a multiple"),
        ("OPQ7,Flat", "should be a multiple"),
        ("IVF2000,Flat", "Number of training points (1201) should be at least as large as number of clusters (2000)"),
        ("IDMap,Flat", "add does not make sense"),
        ("Flat:efSearch=10", "could not set parameter efSearch"),
        ("HNSW16:bogus=1", "could not set parameter bogus"),
        ("HNSW16:efSearch=0", "no number above 0"),
        ("HNSW16:efSearch", "no number above 0"),
        ("HNSW16:efSearch=nan", "no number above 0"),
        ("HNSW0", "'0' in the index 'HNSW0' cannot be used"),
        ("IVF0,Flat", "'0' in the index 'IVF0,Flat' cannot be used"),
        ("IVF16_HNSW1,Flat", "'HNSW1' in the index"),
        ("NSG32", "'NSG32' in the index"),
    ],
)
def test_index_that_cannot_be_is_told_in_one_line(pool, factory, said):
    with pytest.raises(ConfigurationError) as error:
        FaissIndex(pool, factory)
    assert said in str(error.value)
    assert repr(factory) in str(error.value)
    assert "\n" not in str(error.value)


def test_pool_without_passages_is_refused():
    with pytest.raises(ConfigurationError, match="no passage for the index 'Flat'"):
        FaissIndex([np.empty((0, 4), np.float32)], "Flat")


def test_number_of_threads_is_put_back(rng, pool):
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(3)
    try:
        FaissIndex(pool, "HNSW16").search(normalised(rng, 3), 5, identifiers)
        with pytest.raises(ConfigurationError):
            FaissIndex(pool, "IVF2000,Flat").search(normalised(rng, 3), 5, identifiers)
        assert faiss.omp_get_max_threads() == 3
    finally:
        faiss.omp_set_num_threads(before)


def test_faiss_works_beside_torch_and_exact_search():
    script = """
import numpy as np, torch
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.faiss_index import FaissIndex
vectors = np.random.default_rng(0).standard_normal((3000, 64)).astype(np.float32)
ids = lambda rows: [f"x:{row}" for row in rows]
for _ in range(3):
    (torch.from_numpy(vectors) @ torch.from_numpy(vectors).T).topk(10)
    exact = exact_search(vectors[:200], [vectors], 10, ids)
    found = FaissIndex([vectors], "Flat").search(vectors[:200], 10, ids)
    assert np.array_equal(exact.passage, found.passage)
    FaissIndex([vectors], "HNSW16").search(vectors[:200], 10, ids)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def hits(*scores):
    found = np.array(scores, np.float32)
    return Hits(np.where(np.isfinite(found), np.arange(found.shape[1]), -1), found)


def test_recall_is_the_mean_share_of_the_exact_top():
    exact = hits([0.9, 0.8, 0.7], [0.9, 0.8, 0.7])
    found = hits([0.9, 0.7, 0.6], [0.9, 0.8, 0.7])
    assert [found.recall(exact, depth) for depth in (1, 2, 3)] == pytest.approx([1, 3 / 4, 5 / 6])


def test_recall_counts_what_is_level_with_the_last_one():
    exact = Hits(np.array([[0, 1]]), np.array([[0.9, 0.8]], np.float32))
    found = Hits(np.array([[0, 2]]), np.array([[0.9, 0.8]], np.float32))
    assert found.recall(exact, 2) == 1


def test_recall_does_not_count_what_is_not_there():
    infinite = -np.inf
    assert hits([0.9, infinite, infinite]).recall(hits([0.9, 0.8, 0.7]), 3) == pytest.approx(1 / 3)
    assert hits([-0.5, -0.9]).recall(hits([-0.5, -0.9]), 2) == 1


@pytest.mark.parametrize(("found", "depth"), [(hits([0.5, 0.4]), 2), (hits([0.5], [0.5]), 2), (hits([0.5], [0.5]), 0)])
def test_rankings_that_do_not_match_are_not_compared(found, depth):
    with pytest.raises(ConfigurationError, match="cannot be compared"):
        found.recall(hits([0.5, 0.4], [0.5, 0.4]), depth)
