import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from beir_hybrid import evaluate
from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation import FaissSearch
from beir_hybrid.evaluation.encoding.conversion import as_rows, first_unusable
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows

FORMS = {
    "float16": lambda array: array.astype(np.float16),
    "float64": lambda array: array.astype(np.float64),
    "whole numbers": lambda array: (array * 4).astype(np.int64),
    "bytes": lambda array: (array * 4).astype(np.int8),
    "other order in memory": np.asfortranarray,
    "list": lambda array: array.tolist(),
    "list of arrays": list,
    "tensor": torch.tensor,
    "bfloat16": lambda array: torch.tensor(array).bfloat16(),
    "half precision": lambda array: torch.tensor(array).half(),
    "tensor of whole numbers": lambda array: torch.tensor(array * 4).long(),
    "tensor of a graph": lambda array: torch.tensor(array, requires_grad=True),
    "list of tensors": lambda array: list(torch.tensor(array)),
    "list of bfloat16": lambda array: list(torch.tensor(array).bfloat16()),
    "sparse matrix": csr_array,
    "sparse tensor": lambda array: torch.tensor(array).to_sparse(),
    "compressed sparse tensor": lambda array: torch.tensor(array).to_sparse_csr(),
}


def changed(embeddings, change):
    """Change the arrays of embeddings, each by itself."""
    return [{language: change(vectors) for language, vectors in part.items()} for part in vars(embeddings).values()]


@pytest.fixture
def whole(collection, vectors_of, embeddings_of):
    return embeddings_of(collection, vectors_of(collection, dimensions=5))  # multiples of 1/4, exact in any format


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
@pytest.mark.parametrize("faiss", [False, True], ids=["exact", "Faiss"])
def test_vectors_of_any_number_format_score_alike(collection, whole, form, faiss):
    def scores(embeddings):
        if faiss:
            return evaluate(embeddings, collection, search=FaissSearch("Flat"), intervals=False).scores
        return evaluate(embeddings, collection, intervals=False).scores

    if faiss and "sparse" in form:
        pytest.skip("Faiss has no sparse vectors")
    assert scores(Embeddings(*changed(whole, FORMS[form]))) == scores(whole)


def test_float32_stays_where_it_is(whole, as_mapped):
    mapped = as_mapped(whole.queries["en"])
    assert np.shares_memory(as_rows(mapped, "queries"), mapped)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e30], ids=str)
@pytest.mark.parametrize("part", ["queries", "passages"])
@pytest.mark.parametrize("form", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_a_vector_that_cannot_be_scored_is_named(whole, number, part, form):
    broken = whole.queries["en"].copy() if part == "queries" else whole.passages["en"].copy()
    broken[2, 1] = number
    parts = dict(zip(("queries", "passages"), changed(whole, form), strict=True))
    parts[part]["en"] = form(broken)
    said = "row 2 has numbers up to 1e" if number == 1e30 else "row 2 is not finite"
    with pytest.raises(DataFormatError, match=f"The vectors of {part} in en cannot be scored: {said}"):
        Embeddings(**parts)


def test_float64_beyond_float32_is_named(whole):
    queries, passages = changed(whole, lambda array: array.astype(np.float64) * 1e200)
    with pytest.raises(DataFormatError, match="cannot be scored: row 0 is not finite"):
        Embeddings(queries, passages)


def test_the_longest_vectors_that_are_taken_have_finite_scores():
    edge = np.sqrt(np.finfo(np.float32).max)
    assert first_unusable(np.array([[0], [edge]], np.float32)) is None
    assert np.isfinite(np.float32(edge) * np.float32(edge))
    assert first_unusable(np.array([[0], [edge * 1.001]], np.float32)) == 1


def test_rows_are_checked_in_every_block(monkeypatch):
    monkeypatch.setattr("beir_hybrid.evaluation.encoding.conversion._CHECKED", 6)
    array = np.ones((11, 3), np.float32)
    assert first_unusable(array) is None
    array[9, 2] = np.nan
    assert first_unusable(array) == 9


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.ones((4, 5), np.complex64), "are of type complex64. Pass real numbers"),
        (np.full((4, 5), "1"), "are of type <U1"),
        (np.ones((4, 5), object), "are of type object"),
        (np.ones(4, np.float32), r"have the shape \(4,\)"),
        (np.ones((4, 5, 6), np.float32), r"have the shape \(4, 5, 6\)"),
        ([[1.0], [1.0, 2.0]], "are no rows of numbers"),
        (None, r"are of type object|have the shape \(\)"),
        (np.ones((4, 6), np.float32), "have 6 dimensions, the vectors of queries in de 5"),
        (csr_array(np.ones((4, 5), np.float32)), "some are sparse and others are not"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_array_of_real_numbers_is_refused_in_one_line(whole, wrong, message):
    queries = {"en": wrong, **{code: vectors for code, vectors in whole.queries.items() if code != "en"}}
    with pytest.raises(DataFormatError, match=message) as caught:
        Embeddings(queries, whole.passages)
    assert "\n" not in str(caught.value)


def test_vectors_that_are_not_by_language_are_refused(whole):
    with pytest.raises(DataFormatError, match="The vectors of queries are of type ndarray"):
        Embeddings(whole.queries["en"], whole.passages)


def test_languages_without_a_text_take_the_others_dimensions(whole):
    found = Embeddings({**whole.queries, "fr": []}, {**whole.passages, "fr": np.empty((0, 0))})
    assert found.queries["fr"].shape == found.passages["fr"].shape == (0, 5)
    sparse = Embeddings({"en": csr_array(whole.queries["en"]), "fr": []}, {})
    assert isinstance(sparse.queries["fr"], SparseRows)
    assert sparse.queries["fr"].shape == (0, 5)


def test_vectors_without_dimensions_are_refused():
    with pytest.raises(DataFormatError, match="The vectors of queries in en have no dimensions"):
        Embeddings({"en": np.empty((3, 0))}, {})
