import logging

import faiss
import numpy as np
import pytest

from beir_hybrid import load_model
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError
from beir_hybrid.evaluation import encode
from beir_hybrid.evaluation.search import exact_search
from beir_hybrid_pyserini.folder import ABOUT, DOCID, INDEX
from beir_hybrid_pyserini.index import index_collection
from beir_hybrid_pyserini.search import model_of, open_searcher, search_topics


@pytest.fixture(scope="module")
def chosen(sample):
    return sample.select(["de", "en", "th"])


@pytest.fixture
def index(tmp_path, model, chosen):
    index_collection(model, chosen, tmp_path / "index", model_name="the model")
    return tmp_path / "index"


def read_run(path):
    run = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, document, rank, score, _ = line.split(" ")
        run.setdefault(query, []).append((document, float(score)))
        assert int(rank) == len(run[query])
    return run


def test_pyserini_finds_what_our_exact_search_finds(java, tmp_path, index, model, chosen):
    topics = {query: text for texts in chosen.queries.values() for query, text in texts.items()}
    run = read_run(search_topics(index, topics, tmp_path / "run.trec", model, depth=10_000))
    embeddings = encode(model, chosen)
    ids = [document for corpus in chosen.corpora.values() for document in corpus]
    queries = np.concatenate(list(embeddings.queries.values()))
    hits = exact_search(
        queries, list(embeddings.passages.values()), len(ids), lambda rows: [ids[row] for row in rows.tolist()]
    )
    assert list(run) == list(topics)
    for number, query in enumerate(topics):
        wanted = dict(zip((ids[row] for row in hits.passage[number]), hits.score[number].tolist(), strict=True))
        found = dict(run[query])
        assert found.keys() == wanted.keys()
        np.testing.assert_allclose([found[document] for document in wanted], list(wanted.values()), rtol=0, atol=1e-5)
        # up to ties: whoever stands elsewhere has the score of who stands there in our ranking
        in_order = [wanted[document] for document, _ in run[query]]
        np.testing.assert_allclose(in_order, list(wanted.values()), rtol=0, atol=2e-6)


def test_equal_scores_stand_as_trec_eval_ranks_them(java, tmp_path, index, model):
    found = read_run(search_topics(index, {"q": "?"}, tmp_path / "run.trec", model))["q"]
    assert found == sorted(found, key=lambda hit: (hit[1], hit[0]), reverse=True)


def test_many_topics_are_searched_in_parts(java, tmp_path, index, model, monkeypatch):
    topics = {f"q{number}": f"what {number}" for number in range(7)}
    whole = search_topics(index, topics, tmp_path / "whole.trec", model, depth=3).read_text()
    monkeypatch.setattr("beir_hybrid_pyserini.search._QUERIES", 2)
    assert search_topics(index, topics, tmp_path / "parts.trec", model, depth=3, threads=1).read_text() == whole
    assert whole.count("\n") == 21


def test_run_that_is_there_stays(java, tmp_path, index, model):
    (tmp_path / "run.trec").write_text("theirs")
    with pytest.raises(OutputError, match="--overwrite"):
        search_topics(index, {"q": "a"}, tmp_path / "run.trec", model)
    assert (tmp_path / "run.trec").read_text() == "theirs"
    search_topics(index, {"q": "a"}, tmp_path / "run.trec", model, depth=1, overwrite=True)
    assert (tmp_path / "run.trec").read_text().startswith("q Q0 ")


def test_damaged_index_is_told_before_faiss_reads_it(index, model):
    content = bytearray((index / INDEX).read_bytes())
    content[-3] ^= 1
    (index / INDEX).write_bytes(content)
    with pytest.raises(DataFormatError, match="is damaged: index has another checksum"):
        open_searcher(index, model)


@pytest.fixture
def foreign(index):
    """An index that does not say what its files hold, as Pyserini's own do not."""
    (index / ABOUT).unlink()
    return index


def test_more_ids_than_vectors_are_told(java, foreign, model, chosen):
    index = foreign
    with (index / DOCID).open("a") as file:
        file.write("en:one-more\n")
    count = sum(map(len, chosen.corpora.values()))
    with pytest.raises(DataFormatError, match=f"docid has {count + 1:,} ids, and index another number"):
        open_searcher(index, model)


def test_double_id_is_told(java, index, model):
    first = (index / DOCID).read_text(encoding="utf-8").splitlines()[0]
    with (index / DOCID).open("a", encoding="utf-8") as file:
        file.write(first)
    with pytest.raises(DataFormatError, match=f"{first!r} comes twice"):
        open_searcher(index, model)


def test_cut_off_index_is_told_in_one_line(java, foreign, model):
    index = foreign
    (index / INDEX).write_bytes((index / INDEX).read_bytes()[:-100])
    with pytest.raises(DataFormatError, match="index cannot be read") as caught:
        open_searcher(index, model)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("about", [True, False], ids=["ours", "Pyserini's own"])
def test_model_of_other_dimensions_is_refused(java, index, make_model, about):
    if not about:
        (index / ABOUT).unlink()
    other = load_model(make_model(["one two"], dimensions=8), "cpu")
    with pytest.raises(ConfigurationError, match="holds vectors of 32 dimensions, and the model's have 8"):
        open_searcher(index, other)


def test_model_that_did_not_build_the_index_is_told(java, index, make_model, model, caplog):
    with caplog.at_level(logging.WARNING, "beir_hybrid_pyserini"):
        open_searcher(index, model)
        assert not caplog.records
        open_searcher(index, load_model(make_model(["one two"], seed=1), "cpu"))
    assert "was built with another model, the model" in caplog.text


def test_index_names_its_model_or_one_must_be_given(tmp_path, index):
    assert model_of(index) == "the model"
    (index / ABOUT).unlink()
    with pytest.raises(ConfigurationError, match="Give --model"):
        model_of(index)
    with pytest.raises(MissingDataError, match="is no index"):
        model_of(tmp_path)


def test_approximate_index_is_searched_too(java, tmp_path, model, chosen):
    index_collection(model, chosen, tmp_path / "hnsw", "HNSW16:efConstruction=80")
    searcher = open_searcher(tmp_path / "hnsw", model)
    assert isinstance(searcher.index, faiss.IndexHNSW)
    query = next(iter(chosen.queries["en"].values()))
    index_collection(model, chosen, tmp_path / "flat")
    exact = open_searcher(tmp_path / "flat", model).search(query, 5)
    assert [hit.docid for hit in searcher.search(query, 5)] == [hit.docid for hit in exact]
