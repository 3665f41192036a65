import numpy as np
import pytest

from beir_hybrid import load_model
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import encode
from beir_hybrid.passage import Passage
from beir_hybrid_pyserini.encoder import PREFIX, DocumentEncoder, QueryEncoder, encode_texts
from beir_hybrid_pyserini.index import index_collection


def test_queries_are_encoded_as_an_evaluation_does(model_folder, model, sample):
    queries = sample.queries["en"]
    encoder = QueryEncoder(str(model_folder))
    wanted = encode(model, sample.select(["en"])).queries["en"]
    np.testing.assert_allclose(encoder.encode_batch(list(queries.values())), wanted, rtol=0, atol=1e-6)
    np.testing.assert_allclose(encoder.encode(next(iter(queries.values()))), wanted[0], rtol=0, atol=1e-6)


def test_documents_are_encoded_as_an_evaluation_does(model_folder, model, sample):
    passages = sample.corpora["de"]
    wanted = encode(model, sample.select(["de"])).passages["de"]
    found = DocumentEncoder(f"{PREFIX}{model_folder}").encode([passage.text for passage in passages.values()])
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_title_goes_before_the_text_and_none_is_nothing(model):
    encoder = DocumentEncoder(model)
    found = encoder.encode(["b c", "d", None], titles=["a", None, "d"], max_length=256, fp16=False)
    np.testing.assert_array_equal(found, encode_texts(model, ["a b c", "d", "d"], "document"))


def test_roles_have_their_prompts_and_vectors_length_one(model, sample):
    text = next(iter(sample.corpora["en"].values())).text
    query, document = encode_texts(model, [text], "query"), encode_texts(model, [text], "document")
    assert not np.allclose(query, document)
    np.testing.assert_allclose(np.linalg.norm([query[0], document[0]], axis=1), 1, rtol=1e-6)


def test_vectors_of_a_dot_model_keep_their_length(make_model):
    model = load_model(make_model(["one two"], similarity="dot"), "cpu")
    assert abs(np.linalg.norm(encode_texts(model, ["one two"], "query")) - 1) > 0.1


def test_no_texts_are_no_vectors(model):
    assert len(encode_texts(model, [], "query")) == 0


def test_same_text_twice_has_its_vector_twice(model):
    one, two, again = encode_texts(model, ["what is this", "is", "what is this"], "query")
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, two)


def test_half_precision_is_used(model_folder):
    assert str(QueryEncoder(model_folder, fp16=True).model.dtype) == "torch.float16"


@pytest.mark.parametrize("option", ["tokenizer_name", "prefix"])
def test_options_that_the_model_decides_are_refused(model_folder, option):
    with pytest.raises(ConfigurationError, match="'mine', but the model brings its own"):
        QueryEncoder(model_folder, **{option: "mine"})


def test_missing_model_is_told(tmp_path):
    with pytest.raises(ModelError, match="no model folder"):
        QueryEncoder(PREFIX + str(tmp_path / "none"))


def test_models_without_dense_vectors_are_refused(tmp_path):
    class Sparse:
        model_type = "SparseEncoder"

    class Several:
        model_type = "MultiVectorEncoder"

    collection = MultilingualCollection("texts", {"en": {"en:1": Passage("one")}}, {}, {})
    for model, kind in ((Sparse(), "SparseEncoder"), (Several(), "MultiVectorEncoder")):
        for use in (
            lambda model=model: encode_texts(model, ["one"], "query"),
            lambda model=model: index_collection(model, collection, tmp_path / "index"),
        ):
            with pytest.raises(ModelError, match=f"The model is a {kind}"):
                use()
