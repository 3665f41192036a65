from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection, Passage
from beir_hybrid.errors import ModelError
from beir_hybrid.evaluation.encoding import encode

VECTORS = {"one": [1, 0], "two": [0, 2], "three": [3, 4], "title one": [4, -3]}


def collection_of(queries, passages):
    """One query and one passage per text, by language."""
    return MultilingualCollection(
        name="tiny",
        corpora={
            language: {f"{language}:{n}": Passage(*text) for n, text in enumerate(texts)}
            for language, texts in passages.items()
        },
        queries={
            language: {f"{language}:q{n}": text for n, text in enumerate(texts)} for language, texts in queries.items()
        },
        qrels={},
    )


@pytest.fixture
def two_languages():
    """A text that occurs twice in a language, and one that occurs in both; the same texts as queries and passages."""
    return collection_of(
        {"de": ["one", "two", "one"], "en": ["three", "one"]}, {"de": [("two",)], "en": [("two",), ("one",), ("two",)]}
    )


def test_vectors_stand_in_the_collections_order(make_model, two_languages):
    found = encode(make_model(VECTORS), two_languages)
    assert {language: vectors.tolist() for language, vectors in found.queries.items()} == {
        "de": [[1, 0], [0, 2], [1, 0]],
        "en": [[3, 4], [1, 0]],
    }
    assert {language: vectors.tolist() for language, vectors in found.passages.items()} == {
        "de": [[0, 2]],
        "en": [[0, 2], [1, 0], [0, 2]],
    }
    assert found.queries["de"].dtype == np.float32


def test_each_distinct_text_is_encoded_once(make_model, two_languages, monkeypatch):
    model, encoded = make_model(VECTORS), []
    forward = model.forward

    def counting(features, **options):
        encoded.append(len(features["offsets"]))
        return forward(features, **options)

    monkeypatch.setattr(model, "forward", counting)
    encode(model, two_languages, batch_size=2)
    assert encoded == [2, 1, 2]  # queries: one, two, three; passages: two, one


def test_queries_get_the_query_prompt_and_passages_the_document_prompt(make_model):
    vectors = {"Q: one": [5, 0], "D: one": [0, 7]}
    found = encode(
        make_model(vectors, prompts={"query": "Q: ", "document": "D: "}),
        collection_of({"en": ["one"]}, {"en": [("one",)]}),
    )
    assert found.queries["en"].tolist() == [[5, 0]]
    assert found.passages["en"].tolist() == [[0, 7]]


def test_a_title_is_part_of_the_passage(make_model):
    found = encode(make_model(VECTORS), collection_of({"en": ["one"]}, {"en": [("one", "title", "a context")]}))
    assert found.passages["en"].tolist() == [[4, -3]]


@pytest.mark.parametrize(
    ("similarity", "expected"), [("dot", [[3, 4], [0, 2]]), ("cosine", [[0.6, 0.8], [0, 1]])], ids=["dot", "cosine"]
)
def test_the_models_similarity_decides_about_normalising(make_model, similarity, expected):
    texts = collection_of({"en": ["three", "two"]}, {"en": [("three",), ("two",)]})
    found = encode(make_model(VECTORS, similarity), texts)
    np.testing.assert_allclose(found.queries["en"], expected, atol=1e-6)
    np.testing.assert_allclose(found.passages["en"], expected, atol=1e-6)


@pytest.mark.parametrize("similarity", ["euclidean", "manhattan"])
def test_another_similarity_is_refused(make_model, two_languages, similarity):
    with pytest.raises(ModelError, match=f"The model's similarity is '{similarity}'; ranks are computed for cosine"):
        encode(make_model(VECTORS, similarity), two_languages)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("role", ["query", "passage"])
def test_a_vector_that_is_not_finite_is_refused_with_its_text(make_model, value, role):
    broken = make_model({**VECTORS, "broken": [0, value]})
    texts = collection_of(
        {"en": ["one", "broken" if role == "query" else "two"]},
        {"en": [("one",), ("broken" if role == "passage" else "two",)]},
    )
    with pytest.raises(ModelError, match="The model's vector of 'broken' is not finite"):
        encode(broken, texts)


def test_a_language_without_passages_has_no_vectors(make_model):
    found = encode(make_model(VECTORS), collection_of({"de": ["one"], "en": []}, {"de": [("one",)], "en": []}))
    assert len(found.queries["en"]) == len(found.passages["en"]) == 0
