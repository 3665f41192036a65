"""HFDataLoader with streaming: the fault of BEIR as it is, and what becomes of it."""

import logging

import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid import load_dataset
from beir_hybrid.datasets.beir.export import materialise


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "hf")
    return str(materialise("sample.en-de", tmp_path))


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


def loader(folder, **options):
    from beir.datasets.data_loader_hf import HFDataLoader

    return HFDataLoader(data_folder=folder, **options)


@pytest.mark.parametrize("method", ["load", "load_corpus"])
def test_stock_loader_asks_a_stream_for_its_length(method, folder):
    try:
        getattr(loader(folder, streaming=True), method)()
    except TypeError as error:
        assert "len()" in str(error)
    else:
        pytest.skip("this version of BEIR has no such fault")


def test_mended_loader_streams_the_corpus(folder, active):
    from datasets import Dataset, IterableDataset

    corpus, queries, qrels = found = loader(folder, streaming=True).load(split="test")
    assert [type(one) for one in found[:2]] == [IterableDataset, Dataset]
    passages, texts, judged = load_dataset("sample").beir("en", "de")
    assert {row["id"]: {"title": row["title"], "text": row["text"]} for row in corpus} == passages
    assert {row["id"]: row["text"] for row in queries} == texts
    assert qrels == judged
    assert isinstance(loader(folder, streaming=True).load_corpus(), IterableDataset)


def test_mended_loader_finds_the_same_without_streaming(folder, active):
    streamed, whole = (loader(folder, streaming=streaming).load() for streaming in (True, False))
    assert list(streamed[0]) == list(whole[0])
    assert list(streamed[1]) == list(whole[1])
    assert streamed[2] == whole[2]


def test_mended_loader_takes_another_split_of_a_stream(folder, active):
    streaming = loader(folder, streaming=True)
    assert streaming.load(split="train")[2] == load_dataset("sample", split="train").beir("en", "de")[2]
    with pytest.raises(ValueError, match="not present"):
        streaming.load(split="dev")


def test_mended_stream_is_searched(folder, active):
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    class Letters:
        def encode_queries(self, texts, **_):
            import torch

            return torch.tensor([[float(text.count(letter)) for letter in "aeinrst"] for text in texts])

        def encode_corpus(self, documents, **_):
            return self.encode_queries([document["text"] for document in documents])

    corpus, queries, qrels = loader(folder, streaming=True).load()
    found = DenseRetrievalExactSearch(Letters()).search(corpus, queries, 3, "dot")
    assert found.keys() == qrels.keys()
    assert {len(scores) for scores in found.values()} == {3}


def test_corpus_alone_is_loaded_without_a_traceback_in_the_log(folder, active, capsys):
    logger = logging.getLogger("beir.datasets.data_loader_hf")
    handler = logging.StreamHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        assert len(loader(folder).load_corpus()) == len(load_dataset("sample").beir("en", "de")[0])
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert "Traceback" not in capsys.readouterr().err
