"""Recorder: a model that is listened to does what it did."""

import copy
import os
import pickle
from pathlib import Path

import pytest

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_model_is_its_own_again_after_a_search_that_fails(scripts, texts, tmp_path):
    corpus, queries, _ = scripts.load(texts, tmp_path / "tiny")
    model = scripts.Encoder()
    model.encode_corpus = lambda *_, **__: 1 / 0
    method = model.encode_corpus
    with pytest.raises(ZeroDivisionError):
        scripts.retriever(scripts.exact(model)).retrieve(corpus, queries)
    assert model.encode_corpus is method
    assert "encode_queries" not in vars(model)


def test_model_that_is_listened_to_can_go_to_another_process(scripts, texts, tmp_path):
    class Sending(scripts.Search):
        def search(self, corpus, queries, *args, **options):
            sent = pickle.loads(pickle.dumps(self.model))
            method = pickle.loads(pickle.dumps(self.model.encode_corpus))
            for other in (sent, method.__self__, copy.deepcopy(self.model)):
                assert other.encode_queries(["a"]).tolist() == [other.vector("a").tolist()]
            return super().search(corpus, queries, *args, **options)

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(Sending(scripts.Encoder()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert len(scripts.found(tmp_path).settings) == 12


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        (lambda corpus: list(corpus.values()), "The vectors of passages have the shape ()."),
        (lambda corpus: corpus, "The vectors of Odd cannot be kept: KeyError: 'text'"),
    ],
)
def test_model_that_returns_anything_disturbs_nobody(scripts, documents, problem, texts, tmp_path):
    class Odd(scripts.Encoder):
        def encode_corpus(self, documents, **options):
            return object()

    class Own(scripts.Search):
        def search(self, corpus, queries, *_, **__):
            assert type(self.model.encode_corpus(documents(corpus))) is object
            return {query: dict.fromkeys(corpus, 1.0) for query in queries}

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(Own(Odd()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert problem in scripts.reason(tmp_path)


def test_model_that_encodes_by_itself_is_heard_once(scripts, texts, tmp_path):
    class Nested(scripts.Encoder):
        def encode_queries(self, texts, raw=False, **options):
            vectors = super().encode_queries(texts, **options)
            return {"vectors": vectors} if raw else vectors

        def encode_corpus(self, documents, **options):
            return self.encode_queries([document["text"] for document in documents], raw=True, **options)["vectors"]

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(Nested()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts))


def test_data_without_languages_are_not_listened_to(scripts, tmp_path, capsys):
    class Watching(scripts.Search):
        def search(self, *args, **options):
            assert "encode_queries" not in vars(self.model)
            return super().search(*args, **options)

    corpus = {f"d{number}": {"title": "", "text": f"{number}"} for number in range(5)}
    evaluation = scripts.retriever(Watching(scripts.Encoder()))
    results = evaluation.retrieve(corpus, {"q1": "a", "q2": "b"})
    evaluation.evaluate({"q1": {"d1": 1}, "q2": {"d2": 1}}, results, [3])
    assert capsys.readouterr().out == ""
    assert not Path(os.environ["BEIR_HYBRID_RESULTS"]).exists()
