"""Sparse encoders, scored as what they are: checked against the host's own similarity and evaluator."""

import numpy as np
import pytest
from sentence_transformers.sparse_encoder.evaluation import SparseInformationRetrievalEvaluator

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import EncodingOptions, FaissSearch
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import FolderEncoder, open_encoder
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.ranks import exact_ranks
from beir_hybrid.passage import Passage

# of PyTorch, for the host's own similarity
pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse invariant checks"),
    pytest.mark.filterwarnings("ignore:Sparse CSR tensor support"),
]

MEASURES = ("map", "ndcg@10", "recall@3", "mrr")


@pytest.fixture(scope="module")
def words():
    """Texts of random words: many passages share none with a query, so that many scores are 0."""
    rng = np.random.default_rng(5)

    def text():
        return " ".join(f"w{number}" for number in rng.zipf(1.4, rng.integers(2, 9)) % 90)

    corpora = {code: {f"{code}:{n}": Passage(text()) for n in rng.permutation(40)} for code in ("de", "en")}
    queries = {code: {f"{code}:q{n}": text() for n in range(8)} for code in ("de", "en")}
    everything = [document for texts in corpora.values() for document in texts]
    qrels = {
        query: {str(document): 1 for document in rng.choice(everything, 6, replace=False)}
        for texts in queries.values()
        for query in texts
    }
    return MultilingualCollection("words", corpora, queries, qrels)


@pytest.fixture
def model(words, make_sparse_model, texts_of):
    return make_sparse_model(texts_of(words))


def host_run(model, collection, setting):
    """The scores that the model's own similarity gives, by query and document."""
    queries = collection.queries[setting.query_language]
    corpus = {
        key: passage.text for code in setting.corpus_languages for key, passage in collection.corpora[code].items()
    }
    scores = model.similarity(model.encode_query(list(queries.values())), model.encode_document(list(corpus.values())))
    rows = scores.to_dense().tolist()
    return {query: dict(zip(corpus, row, strict=True)) for query, row in zip(queries, rows, strict=True)}


@pytest.mark.parametrize("similarity", [None, "dot", "cosine"])
def test_every_query_of_every_setting_is_scored_by_the_models_own_similarity(
    words, make_sparse_model, texts_of, trec_eval, similarity
):
    model = make_sparse_model(texts_of(words), similarity)
    results = evaluate(model, words, measures=MEASURES, intervals=False)
    parsed = results.parsed_settings()
    for setting in results.values.settings:
        corpora = parsed[setting.name].corpus_languages
        qrels = {
            query: {key: grade for key, grade in words.qrels[query].items() if key.split(":")[0] in corpora}
            for query in setting.queries
        }
        expected = trec_eval(host_run(model, words, parsed[setting.name]), qrels)
        for name in MEASURES:
            found = dict(zip(setting.queries, setting.values[name], strict=True))
            for query, value in found.items():
                assert value == pytest.approx(expected[query][name], abs=1e-6), (setting.name, name, query)


def test_means_are_those_of_the_hosts_evaluator(words, model):
    corpus = {key: passage.text for key, passage in words.corpora["en"].items()}
    relevant = {query: {key for key in words.qrels[query] if key in corpus} for query in words.queries["en"]}
    host = SparseInformationRetrievalEvaluator(
        words.queries["en"], corpus, relevant, accuracy_at_k=[1], precision_recall_at_k=[3], map_at_k=[1], mrr_at_k=[1]
    )
    expected = host(model)
    found = evaluate(model, words, settings=["en"], measures=["recall@3", "mrr@1"], intervals=False).settings["en"]
    assert found["recall@3"] == pytest.approx(expected["dot_recall@3"])
    assert found["mrr@1"] == pytest.approx(expected["dot_mrr@1"])


def test_vectors_are_the_models(words, model):
    found = encode(model, words, EncodingOptions(batch_size=3))
    texts = [passage.text for passage in words.corpora["de"].values()]
    np.testing.assert_array_equal(
        found.passages["de"].matrix.toarray(), model.encode_document(texts).to_dense().cpu().numpy()
    )
    assert found.dimensions == model.get_embedding_dimension()


def test_texts_of_a_window_come_back_in_their_places(words, model, monkeypatch):
    monkeypatch.setattr("beir_hybrid.evaluation.encoding.encode.WINDOW", 7)
    monkeypatch.setattr("beir_hybrid.evaluation.encoding.encode.CHUNK", 2)
    cut = encode(model, words, EncodingOptions(batch_size=2))
    whole = encode(model, words, EncodingOptions(batch_size=32))
    monkeypatch.undo()
    for code in ("de", "en"):
        np.testing.assert_array_equal(cut.queries[code].matrix.toarray(), whole.queries[code].matrix.toarray())
        np.testing.assert_array_equal(cut.passages[code].matrix.toarray(), whole.passages[code].matrix.toarray())


def test_sparse_rows_rank_as_the_same_rows_filled_up(words, model):
    embeddings = encode(model, words)
    dense = [
        {code: rows.matrix.toarray() for code, rows in of_part.items()}
        for of_part in (embeddings.queries, embeddings.passages)
    ]
    filled = evaluate(Embeddings(*dense), words, measures=["map", "ndkl@5"], intervals=False)
    found = evaluate(embeddings, words, measures=["map", "ndkl@5"], intervals=False)
    assert found.settings == filled.settings
    assert found.ties == filled.ties
    assert found.ties["multi"] > 0.5


def test_ranks_and_search_are_exact_in_any_blocks(draw_pool, brute_force, named, cut_work, limits):
    rng = np.random.default_rng(3)
    queries, passages, ids = draw_pool(rng, (70, 1, 130), 9, 5)
    scores, ranking = brute_force(queries, passages, ids)
    query = np.repeat(np.arange(9), 4)
    passage = np.concatenate([np.sort(rng.choice(201, 4, replace=False)) for _ in range(9)])
    rows = SparseRows(queries), [SparseRows(part) for part in passages]
    with cut_work(limits):
        ranks = exact_ranks(*rows, query, passage, named(ids))
        hits = exact_search(*rows, 20, named(ids))
    expected = [list(ranking[each]).index(wanted) for each, wanted in zip(query, passage, strict=True)]
    assert ranks.above.sum(axis=1).tolist() == expected
    level = [(scores[each] == scores[each, wanted]).sum() - 1 for each, wanted in zip(query, passage, strict=True)]
    assert ranks.tied.sum(axis=1).tolist() == level
    np.testing.assert_array_equal(hits.passage, ranking[:, :20])
    np.testing.assert_array_equal(hits.score, np.take_along_axis(scores, hits.passage, axis=1))


def test_products_are_not_scored_again_however_many_are_level(named, monkeypatch):
    queries, passages = SparseRows(np.eye(3, 9)), [SparseRows(np.zeros((300, 9)))]
    pairs = []
    monkeypatch.setattr(SparseRows, "paired", lambda *given: pairs.append(len(given[1])) or np.zeros(len(given[1])))
    ids = [str(number) for number in range(300)]
    ranks = exact_ranks(queries, passages, np.arange(3), np.arange(3), named(ids))
    hits = exact_search(queries, passages, 4, named(ids))
    assert sum(pairs) == 3  # the relevant ones
    assert ranks.tied.tolist() == [[299]] * 3
    assert ranks.above.tolist() == [[299 - sorted(ids).index(each)] for each in ids[:3]]
    assert hits.passage.tolist() == [[99, 98, 97, 96]] * 3


def test_the_evaluator_scores_a_sparse_encoder(words, model):
    found = MultilingualRetrievalEvaluator(words, measures=["map"])(model)
    assert found == {
        f"{kind}_map": scores["map"]
        for kind, scores in evaluate(model, words, measures=["map"], intervals=False).scores.items()
    }


def test_a_folder_is_scored_as_the_model_that_was_saved(words, model, tmp_path, caplog):
    model.save_pretrained(str(tmp_path / "sparse"))
    cache = EmbeddingCache(tmp_path / "cache")
    opened = open_encoder(str(tmp_path / "sparse"), EncodingOptions(device="cpu", cache=cache))
    assert not isinstance(opened, FolderEncoder)
    found = evaluate(opened, words, measures=["map"], cache=cache, intervals=False)
    assert found.scores == evaluate(model, words, measures=["map"], intervals=False).scores
    assert "vectors of a sparse encoder are not kept" in caplog.text
    assert not list(tmp_path.glob("cache/**/*.npy"))


def test_vectors_that_are_not_finite_are_told(words, make_sparse_model, texts_of):
    import torch

    model = make_sparse_model(texts_of(words))
    with torch.no_grad():
        model[0].weight[3] = float("nan")
    with pytest.raises(ModelError, match=r"The model's vector of '.*' is not finite"):
        encode(model, words)


@pytest.mark.parametrize("similarity", ["euclidean", "manhattan"])
def test_similarities_that_are_no_products_are_refused(words, make_sparse_model, texts_of, similarity):
    with pytest.raises(ModelError, match=f"The model's similarity is '{similarity}'"):
        encode(make_sparse_model(texts_of(words), similarity), words)


def test_faiss_takes_no_sparse_vectors(words, model):
    with pytest.raises(ModelError, match="is a SparseEncoder, and dense vectors are needed here"):
        evaluate(model, words, search=FaissSearch("Flat"))
    with pytest.raises(ConfigurationError, match="'Flat' holds dense vectors, and these are sparse"):
        evaluate(encode(model, words), words, search=FaissSearch("Flat"))
