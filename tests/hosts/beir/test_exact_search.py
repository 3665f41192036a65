import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, ModelError
from beir_hybrid.hosts.beir.embedding_files import read_embeddings, write_embeddings
from beir_hybrid.hosts.beir.exact_search import BeirExactSearch


class Encoder:
    """One of BEIR's models: the same vector for the same text."""

    def __init__(self, as_list=False):
        self.as_list = as_list

    def encode_queries(self, texts, convert_to_tensor=False, **_):
        rows = [np.random.default_rng(list(text.encode())).normal(size=8) for text in texts]
        vectors = np.array(rows, np.float32).reshape(len(texts), 8)
        found = torch.from_numpy(vectors) if convert_to_tensor else vectors
        return list(found) if self.as_list else found

    def encode_corpus(self, documents, **options):
        return self.encode_queries([document["title"] + document["text"] for document in documents], **options)


def data(passages=60, queries=5):
    corpus = {f"d{number}": {"title": "", "text": f"passage {number}"} for number in range(passages)}
    return corpus, {f"q{number}": f"query {number}" for number in range(queries)}


def exact(model, **options):
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    return DenseRetrievalExactSearch(model, **options)


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for query, found in theirs.items():
        assert ours[query] == pytest.approx(found, abs=1e-5)
        assert list(ours[query].values()) == sorted(ours[query].values(), reverse=True)


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
@pytest.mark.parametrize("chunk", [7, 1000])
@pytest.mark.parametrize("top_k", [1, 5, 59, 1000])
def test_search_finds_what_beirs_finds(function, chunk, top_k):
    corpus, queries = data()
    ours = BeirExactSearch(Encoder(), batch_size=4, corpus_chunk_size=chunk).search(corpus, queries, top_k, function)
    theirs = exact(Encoder(), corpus_chunk_size=max(chunk, top_k + 1)).search(corpus, queries, top_k, function)
    assert_same(ours, theirs)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(2, 6), st.integers(1, 40), st.integers(1, 40), st.sets(st.integers(0, 9)))
def test_search_leaves_out_the_query_itself_as_beirs_does(passages, queries, chunk, top_k, shared):
    corpus, asked = data(passages, queries)
    asked |= {f"d{number}": corpus[f"d{number}"]["text"] for number in shared if number < passages}
    theirs = exact(Encoder()).search(corpus, asked, top_k, "cos_sim")
    assert_same(BeirExactSearch(Encoder(), corpus_chunk_size=chunk).search(corpus, asked, top_k, "cos_sim"), theirs)


def test_evaluation_through_beir_is_the_same():
    from beir.retrieval.evaluation import EvaluateRetrieval

    corpus, queries = data()
    qrels = {query: {f"d{number}": 1} for number, query in enumerate(queries)}
    found = []
    for search in (BeirExactSearch(Encoder()), exact(Encoder())):
        retriever = EvaluateRetrieval(search, k_values=[1, 5, 20], score_function="dot")
        found.append(retriever.evaluate(qrels, retriever.retrieve(corpus, queries), retriever.k_values))
    assert found[0] == found[1]


def test_single_query_and_none_work():
    corpus, queries = data(queries=1)
    assert len(BeirExactSearch(Encoder()).search(corpus, queries, 3, "dot")["q0"]) == 3
    assert BeirExactSearch(Encoder()).search(corpus, {}, 3, "dot") == {}
    assert BeirExactSearch(Encoder()).search({}, queries, 3, "dot") == {"q0": {}}


def test_ties_at_the_cut_fall_to_the_larger_id():
    corpus = {name: {"title": "", "text": "same"} for name in ("a", "c", "b", "d")}
    for chunk in (1, 3, 10):
        found = BeirExactSearch(Encoder(), corpus_chunk_size=chunk).search(
            corpus, {"q": "same", "d": "same"}, 2, "cos_sim"
        )
        assert set(found["q"]) == {"c", "d"}
        assert set(found["d"]) == {"b", "c"}


def test_vector_that_is_no_number_scores_minus_one_as_in_beir():
    class Broken(Encoder):
        def encode_corpus(self, documents, **options):
            vectors = super().encode_corpus(documents, **options)
            vectors[[document["text"] == "passage 3" for document in documents]] = float("nan")
            return vectors

    corpus, queries = data(10)
    ours = BeirExactSearch(Broken(), corpus_chunk_size=4).search(corpus, queries, 100, "cos_sim")
    assert_same(ours, exact(Broken()).search(corpus, queries, 100, "cos_sim"))
    assert ours["q0"]["d3"] == -1


def test_rows_and_lists_of_tensors_are_taken():
    from datasets import Dataset

    corpus, queries = data()
    rows = Dataset.from_list([{"id": key, **passage} for key, passage in corpus.items()])
    asked = Dataset.from_list([{"id": key, "text": text} for key, text in queries.items()])
    expected = BeirExactSearch(Encoder()).search(corpus, queries, 5, "dot")
    assert BeirExactSearch(Encoder(as_list=True)).search(rows, asked, 5, "dot") == expected


def test_sentence_transformers_model_is_taken(pairs):
    from beir_hybrid.training.base_models import static_model

    model = static_model(pairs, 8)
    model.prompts = {"query": "question: ", "document": ""}
    corpus = {f"d{row}": {"title": "de", "text": f"passage {row}"} for row in range(9)}
    found = BeirExactSearch(model, show_progress_bar=False).search(corpus, {"q": "question 3"}, 9, "cos_sim")
    vectors = model.encode_document([f"de passage {row}" for row in range(9)], normalize_embeddings=True)
    asked = model.encode_query("question 3", normalize_embeddings=True)
    expected = {f"d{row}": float(vectors[row] @ asked) for row in range(9)}
    assert found["q"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("passage", [{"title": "de", "text": None}, {"title": "de"}], ids=["none", "no field"])
def test_sentence_transformers_model_reads_a_missing_text_as_empty(passage, pairs):
    from beir_hybrid.training.base_models import static_model

    model = static_model(pairs, 8)
    corpus = {"without": passage, "empty": {"title": "de", "text": ""}, "word": {"title": "de", "text": "None"}}
    found = BeirExactSearch(model, show_progress_bar=False).search(corpus, {"q": "de"}, 3, "cos_sim")["q"]
    assert found["without"] == found["empty"] != found["word"]


def test_model_that_encodes_nothing_is_refused():
    with pytest.raises(ModelError, match="A str cannot encode"):
        BeirExactSearch("name")


def test_unknown_score_function_is_refused():
    with pytest.raises(ConfigurationError, match=r"'cosine'. Did you mean 'cos_sim'\?"):
        BeirExactSearch(Encoder()).search(*data(), 3, "cosine")


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
def test_encoded_files_are_searched(function, tmp_path):
    from beir.retrieval.evaluation import EvaluateRetrieval

    corpus, queries = data()
    search = BeirExactSearch(Encoder(), corpus_chunk_size=25)
    found = EvaluateRetrieval(search, k_values=[7]).encode_and_retrieve(
        corpus, queries, str(tmp_path / "vectors"), score_function=function
    )
    assert sorted(path.name for path in (tmp_path / "vectors").iterdir()) == [
        *(f"corpus.{number}.pkl" for number in range(3)),
        "queries.pkl",
    ]
    assert_same(found, search.search(corpus, queries, 7, function))


def test_files_are_beirs_both_ways(tmp_path):
    corpus, queries = data()
    for writer, name in ((BeirExactSearch(Encoder()), "ours"), (exact(Encoder()), "theirs")):
        writer.encode(corpus, queries, str(tmp_path / name))
    for name in ("ours", "theirs"):
        files = [str(tmp_path / name / "corpus.0.pkl")]
        asked = str(tmp_path / name / "queries.pkl")
        ours = BeirExactSearch(Encoder()).search_from_files(asked, files, 9)
        assert_same(ours, exact(Encoder()).search_from_files(asked, files, 9))


def test_encoding_keeps_what_is_there_unless_told(tmp_path):
    corpus, queries = data()
    search = BeirExactSearch(Encoder())
    search.encode(corpus, queries, str(tmp_path))
    search.encode(data(3)[0], queries, str(tmp_path))
    assert len(read_embeddings(tmp_path / "corpus.0.pkl")[1]) == 60
    search.encode(data(3)[0], queries, str(tmp_path), overwrite=True)
    assert len(read_embeddings(tmp_path / "corpus.0.pkl")[1]) == 3


class Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize("content", [Evil(), (Evil(), ["a"]), "text", (np.ones(3), ["a"]), (np.ones((2, 3)), ["a"])])
def test_file_of_anything_else_is_refused_and_not_run(content, tmp_path):
    (tmp_path / "file.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(DataFormatError, match="holds no vectors with ids"):
        read_embeddings(tmp_path / "file.pkl")


def test_missing_and_broken_files_are_told(tmp_path):
    with pytest.raises(MissingDataError, match="There is no file"):
        read_embeddings(tmp_path / "none.pkl")
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps((np.ones((2, 3)), ["a", "b"]))[:-9])
    with pytest.raises(DataFormatError):
        read_embeddings(tmp_path / "cut.pkl")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["f4", "f2", "u1"])
def test_vectors_come_back_as_they_were(protocol, dtype, tmp_path):
    vectors = np.arange(6).reshape(2, 3).astype(dtype)
    (tmp_path / "file.pkl").write_bytes(pickle.dumps((vectors, ["a", "b"]), protocol))
    found, ids = read_embeddings(tmp_path / "file.pkl")
    assert ids == ["a", "b"]
    assert found.dtype == vectors.dtype
    assert (found == vectors).all()
    write_embeddings(tmp_path / "again.pkl", found, ids)
    assert (read_embeddings(tmp_path / "again.pkl")[0] == vectors).all()


@pytest.mark.filterwarnings("ignore:Sparse")  # of PyTorch, for the host's own similarity
@pytest.mark.parametrize("function", ["dot", "cos_sim"])
def test_a_sparse_encoder_is_searched_by_its_sparse_vectors(make_sparse_model, function):
    corpus, queries = data(30)
    texts = {document: passage["text"] for document, passage in corpus.items()}
    model = make_sparse_model([*texts.values(), *queries.values()], {"dot": "dot", "cos_sim": "cosine"}[function])
    found = BeirExactSearch(model, corpus_chunk_size=7, show_progress_bar=False).search(corpus, queries, 5, function)
    scores = model.similarity(model.encode_query(list(queries.values())), model.encode_document(list(texts.values())))
    for query, row in zip(queries, scores.to_dense().tolist(), strict=True):
        scored = dict(zip(corpus, row, strict=True))
        assert found[query] == pytest.approx({document: scored[document] for document in found[query]}, abs=1e-6)
        assert list(found[query].values()) == pytest.approx(sorted(row, reverse=True)[:5], abs=1e-6)


def test_sparse_vectors_go_into_no_file(make_sparse_model, tmp_path):
    corpus, queries = data(3, 2)
    model = make_sparse_model(queries.values())
    with pytest.raises(ModelError, match="is a SparseEncoder, and dense vectors are needed here"):
        BeirExactSearch(model).encode(corpus, queries, str(tmp_path))


@pytest.mark.parametrize("kind", ["MultiVectorEncoder", "CrossEncoder"])
def test_models_of_other_kinds_are_refused(kind):
    class Other:
        model_type = kind

        def encode_query(self, texts, **_): ...

        encode_document = encode_query

    with pytest.raises(ModelError, match=f"The model is a {kind}, which gives"):
        BeirExactSearch(Other())


@pytest.mark.parametrize("number", [np.nan, np.inf], ids=str)
@pytest.mark.parametrize("function", ["dot", "cos_sim"])
def test_a_vector_that_is_not_finite_finds_nothing_and_is_not_found(number, function, caplog):
    corpus, queries = data(6, 2)

    class Broken(Encoder):
        def encode_corpus(self, documents, **options):
            found = super().encode_corpus(documents, **options)
            for row, document in enumerate(documents):
                if document["text"] == "passage 3":
                    found[row][2] = number
            return found

    found = BeirExactSearch(Broken()).search(corpus, queries, 6, function)
    whole = BeirExactSearch(Encoder()).search(corpus, queries, 6, function)
    for query in queries:
        assert found[query] == {**whole[query], "d3": -1}
    assert "Some vectors are not finite" in caplog.text


def test_vectors_of_other_dimensions_are_refused(tmp_path):
    write_embeddings(tmp_path / "q.pkl", np.ones((1, 3), np.float32), ["q"])
    write_embeddings(tmp_path / "c.pkl", np.ones((2, 4), np.float32), ["a", "b"])
    with pytest.raises(DataFormatError, match="queries have 3 dimensions, those of the corpus 4"):
        BeirExactSearch(Encoder()).search_from_files(str(tmp_path / "q.pkl"), [str(tmp_path / "c.pkl")], 1)
