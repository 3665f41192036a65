import numpy as np
from scipy.sparse import csr_array

from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows


def draw(seed, rows=40, dimensions=300, share=0.1):
    rng = np.random.default_rng(seed)
    kept = rng.random((rows, dimensions)) < share
    return (rng.standard_normal((rows, dimensions)) * kept).astype(np.float32)


def in_order(queries, passages):
    """Inner products added up in float64 one dimension after another."""
    sums = np.zeros((len(queries), len(passages)))
    for dimension in range(queries.shape[1]):
        sums += queries[:, dimension, None].astype(np.float64) * passages[:, dimension].astype(np.float64)
    return sums.astype(np.float32)


def test_products_are_the_sums_in_the_order_of_the_dimensions():
    queries, passages = draw(0), draw(1, 50)
    found = SparseRows(queries).products(SparseRows(passages))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, in_order(queries, passages))


def test_pairs_get_the_same_scores_to_the_bit_whatever_they_are_scored_with(monkeypatch):
    monkeypatch.setattr("beir_hybrid.evaluation.encoding.sparse_rows._PAIRS", 7)
    queries, passages = SparseRows(draw(2, share=0.5)), SparseRows(draw(3, share=0.5))
    whole = queries.products(passages)
    mine, theirs = np.random.default_rng(4).integers(0, 40, (2, 100))
    np.testing.assert_array_equal(queries.paired(mine, passages, theirs), whole[mine, theirs])
    np.testing.assert_array_equal(queries[3:5].products(passages[[8, 2]]), whole[3:5][:, [8, 2]])


def test_rows_are_those_of_the_array():
    array = draw(5)
    rows = SparseRows(array)
    assert (len(rows), rows.shape, rows.ndim) == (40, (40, 300), 2)
    for wanted in (slice(3, 9), [5, 1, 5], np.arange(40) % 3 == 0, slice(0, 0)):
        np.testing.assert_array_equal(rows[wanted].matrix.toarray(), array[wanted])
    np.testing.assert_array_equal(SparseRows.stack([rows[:7], rows[7:]]).matrix.toarray(), array)
    np.testing.assert_allclose(rows.lengths(), np.linalg.norm(array.astype(np.float64), axis=1))


def test_normalised_rows_have_length_1_and_zeros_stay():
    array = draw(6)
    array[3] = 0
    lengths = SparseRows(array).normalised().lengths()
    assert lengths[3] == 0
    np.testing.assert_allclose(np.delete(lengths, 3), 1, atol=1e-6)


def test_a_matrix_with_repeated_places_is_added_up_and_left_as_it_is():
    matrix = csr_array((np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2))
    assert SparseRows(matrix).matrix.toarray().tolist() == [[2, 5]]
    assert matrix.indices.tolist() == [1, 0, 1]
