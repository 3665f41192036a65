"""Fixtures of the tests of BEIR's scripts: encoders, searches, and what they must find."""

from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import beir_hybrid.hosts.beir as host
from beir_hybrid import evaluate
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.results import Results
from beir_hybrid.hosts.beir import report as reporting
from beir_hybrid.hosts.beir.loaded_data import loaded_datasets
from beir_hybrid.hosts.beir.remembered_searches import remembered_searches
from beir_hybrid.passage import Passage

MEASURES = ["default", "bias", "peer@10"]


@pytest.fixture
def active(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_RESULTS", str(tmp_path / "found"))
    monkeypatch.delenv("RANK", raising=False)
    loaded_datasets.forget()
    remembered_searches.forget()
    reporting._said.clear()
    host.activate()
    yield
    host.deactivate()


@pytest.fixture
def texts(collection):
    """The tiny collection with texts of unequal lengths, so that searches encode them in another order."""
    corpora = {
        language: {name: Passage(f"{name} " + "x" * (number * 7 % 5)) for number, name in enumerate(corpus)}
        for language, corpus in collection.corpora.items()
    }
    return replace(collection, corpora=corpora)


class Encoder:
    """One of BEIR's models, of random numbers for each text, that counts what it encodes."""

    def __init__(self, seed=0, dtype=torch.float32):
        self.seed = seed
        self.dtype = dtype
        self.encoded = []

    def vector(self, text):
        return np.random.default_rng([self.seed, *text.encode()]).normal(size=8).astype(np.float32)

    def encode_queries(self, texts, convert_to_tensor=False, normalize_embeddings=False, **_):
        self.encoded += texts
        vectors = np.array([self.vector(text) for text in texts])
        if normalize_embeddings:
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return torch.from_numpy(vectors).to(self.dtype) if convert_to_tensor else vectors

    def encode_corpus(self, documents, **options):
        return self.encode_queries([document["text"] for document in documents], **options)


class Search:
    """A search of a script's own."""

    def __init__(self, model, score=None, keep=None):
        self.model = model
        self.score = score or (lambda value: value)
        self.keep = keep or (lambda query, document: True)

    def search(self, corpus, queries, top_k, score_function, **_):
        left = np.asarray(self.model.encode_queries(list(queries.values())))
        right = np.asarray(self.model.encode_corpus(list(corpus.values())))
        return {
            query: {
                document: float(self.score(value))
                for document, value in zip(corpus, row, strict=True)
                if self.keep(query, document)
            }
            for query, row in zip(queries, left @ right.T, strict=True)
        }


def load(collection, folder, setting="", loader="data_loader.GenericDataLoader"):
    module, _, name = loader.partition(".")
    kind = getattr(import_module(f"beir.datasets.{module}"), name)
    return kind(data_folder=str(BeirFolder(folder).write(collection, setting).path)).load(split="test")


def retriever(search, function="cos_sim", k_values=(1, 3, 10)):
    from beir.retrieval.evaluation import EvaluateRetrieval

    return EvaluateRetrieval(search, k_values=list(k_values), score_function=function)


def exact(model, **options):
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    return DenseRetrievalExactSearch(model, batch_size=4, corpus_chunk_size=13, show_progress_bar=False, **options)


def flat(model):
    from beir.retrieval.search.dense import FlatIPFaissSearch

    return FlatIPFaissSearch(model, batch_size=4)


def graph(model):
    from beir.retrieval.search.dense import HNSWFaissSearch

    return HNSWFaissSearch(model, batch_size=4)


def ours(model):
    from beir_hybrid.hosts.beir.exact_search import BeirExactSearch

    return BeirExactSearch(model, batch_size=4, corpus_chunk_size=3)


def found(tmp_path, name="tiny"):
    return Results.load(tmp_path / "found" / name)


def expected(model, collection, cosine=True, settings=None):
    """What the engine finds with vectors that are encoded anew."""

    def side(texts):
        vectors = {code: np.array([model.vector(text) for text in rows]) for code, rows in texts.items()}
        return {
            code: rows / np.linalg.norm(rows, axis=1, keepdims=True) if cosine else rows
            for code, rows in vectors.items()
        }

    passages = {code: [passage.text for passage in corpus.values()] for code, corpus in collection.corpora.items()}
    queries = {code: list(rows.values()) for code, rows in collection.queries.items()}
    return evaluate(Embeddings(side(queries), side(passages)), collection, settings=settings, measures=MEASURES)


def assert_same(mine, other):
    assert mine.settings.keys() == other.settings.keys()
    for name, values in other.settings.items():
        assert mine.settings[name] == pytest.approx(values, abs=1e-6), name
    assert mine.scores.keys() == other.scores.keys()
    for kind, bounds in other.intervals["scores"].items():
        for measure, pair in bounds.items():
            assert mine.intervals["scores"][kind][measure] == pytest.approx(pair, abs=1e-6)
    assert (mine.data, mine.passages) == (other.data, other.passages)


def reason(tmp_path, name="tiny"):
    """Why only the results were scored."""
    [note] = [note for note in found(tmp_path, name).notes if "scored as they are" in note]
    return note


@pytest.fixture
def scripts(active):
    """What scripts are written with, this host being active."""
    return SimpleNamespace(
        MEASURES=MEASURES,
        Encoder=Encoder,
        Search=Search,
        load=load,
        retriever=retriever,
        exact=exact,
        flat=flat,
        graph=graph,
        ours=ours,
        found=found,
        expected=expected,
        assert_same=assert_same,
        reason=reason,
    )
