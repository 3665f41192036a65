"""Retrieving: every setting is scored from the vectors of the script's own search, however it keeps them."""

import copy
import os
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import beir_hybrid.hosts.beir as host
from beir_hybrid import load_dataset, load_pairs
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.hosts.beir import named_vectors

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder of a static model with prompts."""
    from beir_hybrid.training.base_models import static_model

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = static_model(load_pairs("sample", split="test"), 32)
    model.prompts = {"query": "ask: ", "document": "say: "}
    folder = tmp_path_factory.mktemp("model")
    model.save_pretrained(str(folder))
    return str(folder)


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
@pytest.mark.parametrize(
    ("search", "loader"),
    [
        *((search, "data_loader.GenericDataLoader") for search in ("exact", "flat", "graph", "ours")),
        ("exact", "data_loader_hf.HFDataLoader"),
    ],
)
def test_search_by_a_dense_model_gives_every_setting(scripts, search, loader, function, texts, tmp_path, capsys):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny", loader=loader)
    model = scripts.Encoder()
    evaluation = scripts.retriever(getattr(scripts, search)(model), function)
    results = evaluation.retrieve(corpus, queries)
    kept = copy.deepcopy(results)
    assert len(model.encoded) == 12 + 15  # each text once
    assert "encode_queries" not in vars(model)
    assert evaluation.evaluate(qrels, results, evaluation.k_values) == type(evaluation).evaluate.__wrapped__(
        qrels, kept, evaluation.k_values
    )
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts, function == "cos_sim"))
    assert len(scripts.found(tmp_path).settings) == 3 + 6 + 3
    [note] = [note for note in scripts.found(tmp_path).notes if "peer@10" in note]
    assert note.startswith("peer@10: undefined, as no query has several relevant passages in one language")
    out = capsys.readouterr().out
    assert [
        word for word in ("Monolingual", "Cross-lingual", "Multilingual", "one-target mAP", "MRC@10") if word not in out
    ] == []
    assert "as they are" not in out


def test_results_are_those_without_this_host(scripts, texts, tmp_path):
    corpus, queries, _ = scripts.load(texts, tmp_path / "tiny")
    mine = [
        scripts.retriever(getattr(scripts, search)(scripts.Encoder())).retrieve(corpus, queries)
        for search in ("exact", "ours")
    ]
    host.deactivate()
    assert mine == [
        scripts.retriever(getattr(scripts, search)(scripts.Encoder())).retrieve(corpus, queries)
        for search in ("exact", "ours")
    ]


@pytest.mark.parametrize("setting", ["en", "en-de", "en-all", "de-en+es"])
def test_single_setting_gives_what_its_texts_allow(scripts, setting, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / f"tiny.{setting}", setting)
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = scripts.found(tmp_path, f"tiny.{setting}")
    names = {"en-all": ["en", "en-de", "en-es", "en-all"], "de-en+es": ["de-en", "de-es", "de-en+es"]}
    assert sorted(written.settings) == sorted(names.get(setting, [setting]))
    whole = scripts.expected(scripts.Encoder(), texts, settings=list(written.settings))
    for name, values in whole.settings.items():
        lacking = {"mrc@10"}  # no other query language was searched
        assert written.settings[name] == pytest.approx({k: v for k, v in values.items() if k not in lacking}, abs=1e-6)
    undefined = " ".join(written.notes)
    assert ("mrc@10: undefined, as no question is asked in several languages" in undefined) == ("multi" in whole.scores)
    assert ("mrc, one_target_map" in undefined) == ("multi" not in whole.scores)


def test_script_of_beirs_own_models_is_scored_as_by_evaluate_with_the_same_prompts(scripts, saved, tmp_path):
    from beir.retrieval.models import SentenceBERT

    sample = load_dataset("sample")
    corpus, queries, qrels = scripts.load(sample, tmp_path / "sample")
    model = SentenceBERT(saved, prompt_names={"query": "query", "passage": "document"}, device="cpu")
    evaluation = scripts.retriever(scripts.exact(model), "cos_sim")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = scripts.found(tmp_path, "sample")
    assert len(written.settings) == 132
    assert not any("beir-hybrid evaluate" in note for note in written.notes)
    scripts.assert_same(written, evaluate(model.doc_model, sample, measures=scripts.MEASURES))


@pytest.mark.parametrize(
    ("options", "function", "words"),
    [
        ({}, "cos_sim", ["queries begin with 'ask: ' there and with '' here", "passages begin with 'say: ' there"]),
        (
            {"prompts": {"query": "ask: ", "passage": "x"}},
            "cos_sim",
            ["passages begin with 'say: ' there and with 'x'"],
        ),
        ({"max_length": 5}, "cos_sim", ["texts are cut at 5 tokens here, by max_length"]),
        ({"sep": "|"}, "cos_sim", ["titles and texts are joined by '|' here"]),
        ({}, "dot", ["its similarity is the model's own, cosine, and here it is dot"]),
        ({"tuple": True}, "cos_sim", ["queries and passages have models of their own here"]),
    ],
    ids=["no prompts", "prompts", "length", "separator", "similarity", "two models"],
)
def test_difference_to_evaluate_is_told_in_a_line(scripts, options, function, words, saved, texts, tmp_path, capsys):
    from beir.retrieval.models import SentenceBERT

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    path = (saved, saved) if options.pop("tuple", False) else saved
    evaluation = scripts.retriever(scripts.exact(SentenceBERT(path, device="cpu", **options)), function)
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    [note] = [
        note for note in scripts.found(tmp_path).notes if note.startswith("beir-hybrid evaluate may find other numbers")
    ]
    assert all(word in note for word in words)
    assert ("queries begin" in note) == ("prompts" not in options)
    assert note.split()[0] in capsys.readouterr().out


def test_encoded_files_give_every_setting(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.encode_and_retrieve(corpus, queries, encode_output_path=str(tmp_path / "vectors"))
    evaluation.evaluate(qrels, results, [10])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts, cosine=False))


def test_vectors_beyond_memory_are_kept_in_a_temporary_folder(scripts, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(named_vectors, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    assert list((tmp_path / "temporary").rglob("*.npy"))
    evaluation.evaluate(qrels, results, [10])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts))
    host.deactivate()
    assert not list((tmp_path / "temporary").iterdir())


def test_vectors_without_room_are_told(scripts, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(named_vectors, "IN_MEMORY", 0)
    monkeypatch.setattr(named_vectors, "_SPARE", 1e30)
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert "The vectors of 12 queries take 0.0 GiB" in scripts.reason(tmp_path)


def test_binary_codes_are_no_vectors(scripts, texts, tmp_path):
    from beir.retrieval.search.dense import BinaryFaissSearch

    class Codes(scripts.Encoder):
        def encode_corpus(self, documents, **options):
            return np.packbits(super().encode_corpus(documents, **options) > 0, axis=1)

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(BinaryFaissSearch(Codes()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries, binary_k=15), [10])
    assert "BinaryFaissSearch searches codes, not vectors" in scripts.reason(tmp_path)


def test_index_that_rounds_is_scored_by_what_it_holds(scripts, texts, tmp_path):
    from beir.retrieval.search.dense import SQFaissSearch

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    search = SQFaissSearch(scripts.Encoder(), quantizer_type="QT_4bit")
    evaluation = scripts.retriever(search, "dot")
    results = evaluation.retrieve(corpus, queries)
    evaluation.evaluate(qrels, results, [15])
    ids = [search.rev_mapping[number] for number in range(15)]
    held = dict(zip(ids, search.faiss_index.index.reconstruct_n(0, 15), strict=True))
    by_index = Embeddings(
        {
            code: np.array([scripts.Encoder().vector(text) for text in rows.values()])
            for code, rows in texts.queries.items()
        },
        {code: np.array([held[name] for name in rows]) for code, rows in texts.corpora.items()},
    )
    scripts.assert_same(scripts.found(tmp_path), evaluate(by_index, texts, measures=scripts.MEASURES))


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
def test_sparse_vectors_are_scored_as_such(scripts, function, texts, tmp_path):
    class Sparse(scripts.Encoder):
        def encode_queries(self, texts, **options):
            return super().encode_queries(texts, convert_to_tensor=True).to_sparse()

        def encode_corpus(self, documents, **options):
            return self.encode_queries([document["text"] for document in documents])

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.ours(Sparse()), function)
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts, function == "cos_sim"))


def test_half_precision_is_scored_and_told(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder(dtype=torch.float16)))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = scripts.found(tmp_path)
    assert len(written.settings) == 12
    assert "this one is of the class Encoder" in written.notes[0]


def test_peer_is_measured_where_it_is_defined(scripts, collection, tmp_path):
    both = {query: {**grades, f"{query[:2]}:4": 1} for query, grades in collection.qrels.items()}
    several = replace(collection, qrels=both)
    corpus, queries, qrels = scripts.load(several, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    evaluation.evaluate(qrels, results, [10])
    assert 0 <= scripts.found(tmp_path).scores["multi"]["peer@10"] <= 1
    assert not any("peer" in note for note in scripts.found(tmp_path).notes)
    results["en:q0"].popitem()  # the same of results as they are
    evaluation.evaluate(qrels, results, [10])
    assert 0 <= scripts.found(tmp_path, "tiny-2").scores["multi"]["peer@10"] <= 1


def test_search_of_a_stream_is_left_alone_and_told(scripts, texts, tmp_path):
    """A search of one's own may only iterate over the corpus, which then has no length."""
    from beir_hybrid.hosts.beir.search_recorder import record_search

    _, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    found = {query: {next(iter(grades)): 1.0} for query, grades in qrels.items()}

    class Search:
        model = scripts.Encoder()

    assert (
        record_search(lambda: found, Search(), iter([{"id": "en:1", "text": "x", "title": ""}]), queries, "dot")
        is found
    )
    scripts.retriever(scripts.exact(scripts.Encoder()), "dot").evaluate(qrels, found, [1, 10])
    assert any("the corpus or the queries are a stream." in note for note in scripts.found(tmp_path).notes)


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
