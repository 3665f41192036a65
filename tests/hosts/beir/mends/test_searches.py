"""Searches but the dense ones on one device: the fault of BEIR as it is, and what becomes of it."""

import os
import socket

import numpy as np
import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.hosts.beir.exact_search import BeirExactSearch

pytestmark = [
    # BEIR leaves files to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CORPUS = {
    "d1": {"title": "", "text": "the capital of France is Paris"},
    "d2": {"title": "Paris", "text": "a city of museums"},
    "d3": {"title": "", "text": "Berlin is the capital of Germany"},
    "d4": {"title": "", "text": "lions eat meat"},
}
QUERIES = {"q1": "capital of France", "q2": "Paris", "d3": "capital"}


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


class Words:
    """Encodes a text as numbers drawn by it, as dense models do, and as counts of words, as sparse ones."""

    vocabulary = sorted(
        {word for passage in CORPUS.values() for word in f"{passage['title']} {passage['text']}".split()}
    )

    def encode_queries(self, texts, convert_to_tensor=False, **_):
        vectors = np.array([np.random.default_rng(list(text.encode())).normal(size=8) for text in texts], np.float32)
        if convert_to_tensor:
            import torch

            return torch.from_numpy(vectors)
        return vectors

    def encode_corpus(self, documents, batch_size=None, **options):
        if not options:  # as SparseSearch calls it, which wants words x passages
            from scipy.sparse import csr_matrix

            texts = [f"{document['title']} {document['text']}".split() for document in documents]
            return csr_matrix([[float(text.count(word)) for text in texts] for word in self.vocabulary])
        texts = documents["text"] if isinstance(documents, dict) else [document["text"] for document in documents]
        return self.encode_queries(texts, **options)

    def encode_query(self, text):
        return [self.vocabulary.index(word) for word in text.split() if word in self.vocabulary]


def rows(texts):
    from datasets import Dataset

    return Dataset.from_list(
        [{"id": key, **(text if isinstance(text, dict) else {"text": text})} for key, text in texts.items()]
    )


# sparse search


def test_stock_sparse_search_is_abstract():
    from beir.retrieval.search.sparse import SparseSearch

    if not SparseSearch.__abstractmethods__:
        pytest.skip("this version of BEIR has no such fault")
    with pytest.raises(TypeError, match="abstract"):
        SparseSearch(Words())


def sparse(top_k, corpus=CORPUS, queries=QUERIES):
    from beir.retrieval.search.sparse import SparseSearch

    return SparseSearch(Words()).search(corpus, queries, top_k, "dot")


COUNTS = {
    "q1": {"d1": 3.0, "d3": 2.0, "d2": 1.0, "d4": 0.0},
    "q2": {"d1": 1.0, "d2": 1.0, "d3": 0.0, "d4": 0.0},
    "d3": {"d1": 1.0, "d2": 0.0, "d4": 0.0},
}


@pytest.mark.parametrize("top_k", [4, 1000])
def test_mended_sparse_search_finds_all_of_a_small_corpus(top_k, active):
    assert sparse(top_k) == COUNTS


def test_mended_sparse_search_finds_the_best_as_ever(active):
    found = sparse(1)
    assert found["q1"] == {"d1": 3.0}
    assert found["q2"] in ({"d1": 1.0}, {"d2": 1.0})


def test_stock_sparse_search_fails_on_a_corpus_smaller_than_the_depth(active):
    from beir.retrieval.search.sparse import SparseSearch

    stock = SparseSearch.search
    while hasattr(stock, "__wrapped__"):
        stock = stock.__wrapped__
    try:
        stock(SparseSearch(Words()), CORPUS, QUERIES, 1000, "dot")
    except ValueError as error:
        assert "kth" in str(error)
    else:
        pytest.skip("this version of BEIR has no such fault")


def test_mended_sparse_search_reads_rows(active):
    assert sparse(1000, rows(CORPUS), rows(QUERIES)) == COUNTS


@pytest.mark.parametrize("method", ["encode", "search_from_files"])
def test_searches_without_vectors_say_so(method, active):
    from beir.retrieval.search.sparse import SparseSearch

    with pytest.raises(ConfigurationError, match=r"SparseSearch encodes nothing into files\. Call retrieve"):
        getattr(SparseSearch(Words()), method)(CORPUS, QUERIES, "there")


# Elasticsearch


def bm25(stand_in, **options):
    pytest.importorskip("elasticsearch", reason="BEIR's extra: pip install 'elasticsearch>=7.17.13'")
    from beir.retrieval.search.lexical import BM25Search

    return BM25Search("my-index", stand_in.host, sleep_for=0, **options)


def test_stock_bm25_search_is_abstract(elasticsearch_stand_in):
    pytest.importorskip("elasticsearch")
    from beir.retrieval.search.lexical import BM25Search

    if not BM25Search.__abstractmethods__:
        pytest.skip("this version of BEIR has no such fault")
    with pytest.raises(TypeError, match="abstract"):
        bm25(elasticsearch_stand_in)
    assert not elasticsearch_stand_in.calls


def test_stock_bm25_search_cannot_call_the_client_of_today():
    elasticsearch = pytest.importorskip("elasticsearch")
    if elasticsearch.__version__[0] < 8:
        pytest.skip("this is the client that BEIR was written for")
    from beir.retrieval.search.lexical.elastic_search import ElasticSearch

    config = {"index_name": "mine", "language": "german", "keys": {"title": "title", "body": "txt"}}
    config |= {"hostname": "localhost", "number_of_shards": 1, "timeout": 1, "retry_on_timeout": True, "maxsize": 1}
    try:
        ElasticSearch(config)
    except (TypeError, ValueError):
        return
    pytest.skip("this version of BEIR has no such fault")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost", "http://localhost:9200"),
        ("my.host:9201", "http://my.host:9201"),
        ("https://my.host:443", "https://my.host:443"),
    ],
)
def test_host_of_a_script_is_completed_to_an_address(host, address):
    from beir_hybrid.hosts.beir.mends.elasticsearch import _address

    assert _address(host) == address


@pytest.mark.parametrize("as_rows", [False, True], ids=["dicts", "rows"])
def test_mended_bm25_search_indexes_and_searches(as_rows, active, elasticsearch_stand_in):
    from math import log

    from beir.retrieval.evaluation import EvaluateRetrieval

    search = bm25(elasticsearch_stand_in, number_of_shards=1, language="german")
    given = (rows(CORPUS), rows(QUERIES)) if as_rows else (CORPUS, QUERIES)
    found = EvaluateRetrieval(search, k_values=[3]).retrieve(*given)
    assert {query: list(scores) for query, scores in found.items()} == {
        "q1": ["d1", "d3", "d2"],
        "q2": ["d1", "d2"],
        "d3": ["d1"],
    }
    # one passage of one has the word in its title: tf 1, length 1 of 1 on average; the text lacks it
    assert found["q2"]["d2"] == pytest.approx(log(1 + 0.5 / 1.5) / 2.2)
    assert elasticsearch_stand_in.indices["my-index"]["settings"] == {"number_of_shards": 1}
    mapping = elasticsearch_stand_in.indices["my-index"]["mappings"]["properties"]
    assert {field["analyzer"] for field in mapping.values()} == {"german"}


def test_mended_bm25_search_makes_its_index_anew(active, elasticsearch_stand_in):
    bm25(elasticsearch_stand_in).search(CORPUS, QUERIES, 3)
    search = bm25(elasticsearch_stand_in)
    assert elasticsearch_stand_in.documents == {"my-index": {}}
    search.index({"d9": CORPUS["d1"]})
    assert search.es.lexical_search("France", 3)["hits"] == [("d9", pytest.approx(0.1307645))]
    assert bm25(elasticsearch_stand_in, initialize=False).search({}, {"q": "France"}, 3).keys() == {"q"}


# reranking


def test_mended_evaluation_reranks_the_best_of_what_was_found(active):
    from beir.retrieval.evaluation import EvaluateRetrieval
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    retriever = EvaluateRetrieval(DenseRetrievalExactSearch(Words(), show_progress_bar=False), score_function="dot")
    first = {"q1": {"d1": 3.0, "d3": 2.0, "d4": 1.0}, "q2": {"d2": 1.0}}
    asked = {query: QUERIES[query] for query in first}
    found = retriever.rerank(CORPUS, asked, first, top_k=2)
    kept = {document: CORPUS[document] for document in ("d1", "d3", "d2")}
    expected = BeirExactSearch(Words()).search(kept, asked, 2, "dot")
    assert found == {query: pytest.approx(scores) for query, scores in expected.items()}
    assert retriever.rerank(rows(CORPUS), rows(asked), first, top_k=2) == found


def test_stock_evaluation_reranks_nothing_and_does_so_again_afterwards():
    from beir.retrieval.evaluation import EvaluateRetrieval

    if hasattr(EvaluateRetrieval, "rerank"):
        pytest.skip("this version of BEIR has no such fault")
    host.activate()
    assert hasattr(EvaluateRetrieval, "rerank")
    host.deactivate()
    assert not hasattr(EvaluateRetrieval, "rerank")


def test_mended_reranker_reads_rows(active):
    from beir.reranking import Rerank

    class Lengths:
        def predict(self, pairs, batch_size):
            return [len(passage) for _, passage in pairs]

    found = Rerank(Lengths()).rerank(rows(CORPUS), rows(QUERIES), {"q1": {"d1": 1.0, "d2": 0.5, "d4": 0.1}}, top_k=2)
    assert found == {"q1": {"d1": 30.0, "d2": 23.0}}


# several processes


@pytest.fixture
def processes(monkeypatch):
    """Join a process group of one, as torchrun lets each of its processes do."""
    import torch.distributed as distributed

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in {"RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}.items():
        monkeypatch.setenv(name, str(value))
    distributed.init_process_group("gloo")
    yield
    distributed.destroy_process_group()


def parallel(**options):
    from beir.retrieval.search.dense import DenseRetrievalParallelExactSearch

    return DenseRetrievalParallelExactSearch(Words(), show_progress_bar=False, **options)


def test_stock_parallel_search_is_abstract():
    from beir.retrieval.search.dense import DenseRetrievalParallelExactSearch

    if not DenseRetrievalParallelExactSearch.__abstractmethods__:
        pytest.skip("this version of BEIR has no such fault")
    with pytest.raises(TypeError, match="abstract"):
        parallel()


@pytest.fixture
def without_a_gpu():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")


@pytest.mark.usefixtures("processes", "without_a_gpu")
def test_stock_parallel_search_wants_a_gpu():
    from beir.retrieval.search.dense import DenseRetrievalParallelExactSearch

    class Stock(DenseRetrievalParallelExactSearch):
        encode = search_from_files = None  # so that it can be made

    try:
        Stock(Words()).search(rows(CORPUS), rows(QUERIES), 3, "dot", ignore_identical_ids=False)
    except (AssertionError, RuntimeError) as error:
        assert "CUDA" in str(error) or "NVIDIA" in str(error)
    else:
        pytest.skip("this version of BEIR has no such fault")


@pytest.mark.usefixtures("active", "processes")
@pytest.mark.parametrize("top_k", [2, 1000])
@pytest.mark.parametrize("function", ["dot", "cos_sim"])
def test_mended_parallel_search_finds_what_exact_search_does(top_k, function):
    found = parallel(corpus_chunk_size=2).search(
        rows(CORPUS), rows(QUERIES), top_k, function, ignore_identical_ids=False
    )
    for query, text in QUERIES.items():
        [expected] = BeirExactSearch(Words()).search(CORPUS, {"q": text}, top_k, function).values()
        assert found[query] == pytest.approx(expected, abs=1e-5)


@pytest.mark.usefixtures("active", "processes")
def test_mended_parallel_search_pads_no_short_ranking(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")  # whose rankings would be of two, one and one of the four passages
    search = parallel()
    found = search.search(rows(CORPUS), rows(QUERIES), 1000, "dot", ignore_identical_ids=False)
    assert found["q1"] == pytest.approx(BeirExactSearch(Words()).search(CORPUS, {"q1": QUERIES["q1"]}, 4, "dot")["q1"])
    assert found is search.results
    monkeypatch.setenv("WORLD_SIZE", "2")  # of two and one, once the passage that is a query has been taken out
    found = search.search(rows(CORPUS), rows(QUERIES), 1000, "dot")
    assert {query: set(scores) for query, scores in found.items()} == {query: {"d1", "d2", "d4"} for query in QUERIES}


@pytest.mark.usefixtures("active")
def test_mended_parallel_search_encodes_and_searches_files(tmp_path):
    from beir.retrieval.evaluation import EvaluateRetrieval

    retriever = EvaluateRetrieval(parallel(corpus_chunk_size=3), k_values=[4], score_function="dot")
    found = retriever.encode_and_retrieve(rows(CORPUS), rows(QUERIES), str(tmp_path))
    assert len(list(tmp_path.glob("corpus.*.pkl"))) == 2
    assert found["q1"] == pytest.approx(BeirExactSearch(Words()).search(CORPUS, QUERIES, 4, "dot")["q1"], abs=1e-5)
    assert "WORLD_SIZE" not in os.environ
