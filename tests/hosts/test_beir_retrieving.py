"""Retrieving: every setting is scored from the vectors of the script's own search, or a line says why not."""

import copy
import os
import pickle
import tempfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

import beir_hybrid.hosts.beir as host
from beir_hybrid import load_dataset, load_pairs
from beir_hybrid.collection import Passage
from beir_hybrid.datasets.beir_folder import write_beir_folder
from beir_hybrid.evaluation.encoding import Embeddings
from beir_hybrid.evaluation.evaluate import evaluate, evaluate_embeddings
from beir_hybrid.evaluation.results import Results
from beir_hybrid.hosts.beir import named_vectors
from beir_hybrid.hosts.beir import report as reporting
from beir_hybrid.hosts.beir.loaded import forget_all
from beir_hybrid.hosts.beir.retrieval import retrievals

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MEASURES = ["default", "bias", "peer@10"]
CHANGED = "reranked, changed or read from a file"


@pytest.fixture(autouse=True)
def active(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_RESULTS", str(tmp_path / "found"))
    monkeypatch.delenv("RANK", raising=False)
    forget_all()
    retrievals.forget()
    reporting._said.clear()
    host.activate()
    yield
    host.deactivate()


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


@pytest.fixture
def texts(collection):
    """The tiny collection with texts of unequal lengths, so that searches encode them in another order."""
    corpora = {
        language: {name: Passage(f"{name} " + "x" * (number * 7 % 5)) for number, name in enumerate(corpus)}
        for language, corpus in collection.corpora.items()
    }
    return replace(collection, corpora=corpora)


def load(collection, folder, setting="", loader="data_loader.GenericDataLoader"):
    module, _, name = loader.partition(".")
    kind = getattr(import_module(f"beir.datasets.{module}"), name)
    return kind(data_folder=str(write_beir_folder(collection, folder, setting).path)).load(split="test")


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
    from beir_hybrid.hosts.beir.search import ExactSearch

    return ExactSearch(model, batch_size=4, corpus_chunk_size=3)


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
    return evaluate_embeddings(
        collection, Embeddings(side(queries), side(passages)), settings=settings, measures=MEASURES
    )


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


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
@pytest.mark.parametrize(
    ("search", "loader"),
    [
        *((search, "data_loader.GenericDataLoader") for search in (exact, flat, graph, ours)),
        (exact, "data_loader_hf.HFDataLoader"),
    ],
)
def test_search_by_a_dense_model_gives_every_setting(search, loader, function, texts, tmp_path, capsys):
    corpus, queries, qrels = load(texts, tmp_path / "tiny", loader=loader)
    model = Encoder()
    evaluation = retriever(search(model), function)
    results = evaluation.retrieve(corpus, queries)
    kept = copy.deepcopy(results)
    assert len(model.encoded) == 12 + 15  # each text once
    assert "encode_queries" not in vars(model)
    assert evaluation.evaluate(qrels, results, evaluation.k_values) == type(evaluation).evaluate.__wrapped__(
        qrels, kept, evaluation.k_values
    )
    assert_same(found(tmp_path), expected(Encoder(), texts, function == "cos_sim"))
    assert len(found(tmp_path).settings) == 3 + 6 + 3
    out = capsys.readouterr().out
    assert all(word in out for word in ("monolingual", "cross-lingual", "multilingual", "one_target_map", "mrc@10"))
    assert "as they are" not in out


def test_results_are_those_without_this_host(texts, tmp_path):
    corpus, queries, _ = load(texts, tmp_path / "tiny")
    mine = [retriever(search(Encoder())).retrieve(corpus, queries) for search in (exact, ours)]
    host.deactivate()
    assert mine == [retriever(search(Encoder())).retrieve(corpus, queries) for search in (exact, ours)]


@pytest.mark.parametrize("setting", ["en", "en-de", "en-all", "de-en+es"])
def test_single_setting_gives_what_its_texts_allow(setting, texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / f"tiny.{setting}", setting)
    evaluation = retriever(exact(Encoder()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = found(tmp_path, f"tiny.{setting}")
    names = {"en-all": ["en", "en-de", "en-es", "en-all"], "de-en+es": ["de-en", "de-es", "de-en+es"]}
    assert sorted(written.settings) == sorted(names.get(setting, [setting]))
    whole = expected(Encoder(), texts, settings=list(written.settings))
    for name, values in whole.settings.items():
        lacking = {"mrc@10"}  # no other query language was searched
        assert written.settings[name] == pytest.approx({k: v for k, v in values.items() if k not in lacking}, abs=1e-6)
    undefined = " ".join(written.notes)
    assert ("mrc@10: undefined, as no question is asked in several languages" in undefined) == ("multi" in whole.scores)
    assert ("mrc, one_target_map" in undefined) == ("multi" not in whole.scores)


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


def test_script_of_beirs_own_models_is_scored_as_by_evaluate_with_the_same_prompts(saved, tmp_path):
    from beir.retrieval.models import SentenceBERT

    sample = load_dataset("sample")
    corpus, queries, qrels = load(sample, tmp_path / "sample")
    model = SentenceBERT(saved, prompt_names={"query": "query", "passage": "document"}, device="cpu")
    evaluation = retriever(exact(model), "cos_sim")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = found(tmp_path, "sample")
    assert len(written.settings) == 132
    assert not any("beir-hybrid evaluate" in note for note in written.notes)
    assert_same(written, evaluate(model.doc_model, sample, measures=MEASURES))


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
def test_difference_to_evaluate_is_told_in_a_line(options, function, words, saved, texts, tmp_path, capsys):
    from beir.retrieval.models import SentenceBERT

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    path = (saved, saved) if options.pop("tuple", False) else saved
    evaluation = retriever(exact(SentenceBERT(path, device="cpu", **options)), function)
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    [note] = [note for note in found(tmp_path).notes if note.startswith("beir-hybrid evaluate may find other numbers")]
    assert all(word in note for word in words)
    assert ("queries begin" in note) == ("prompts" not in options)
    assert note.split()[0] in capsys.readouterr().out


def test_encoded_files_give_every_setting(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.encode_and_retrieve(corpus, queries, encode_output_path=str(tmp_path / "vectors"))
    evaluation.evaluate(qrels, results, [10])
    assert_same(found(tmp_path), expected(Encoder(), texts, cosine=False))


def test_vectors_beyond_memory_are_kept_in_a_temporary_folder(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(named_vectors, "IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    assert list((tmp_path / "temporary").rglob("*.npy"))
    evaluation.evaluate(qrels, results, [10])
    assert_same(found(tmp_path), expected(Encoder(), texts))
    host.deactivate()
    assert not list((tmp_path / "temporary").iterdir())


def test_vectors_without_room_are_told(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(named_vectors, "IN_MEMORY", 0)
    monkeypatch.setattr(named_vectors, "_SPARE", 1e30)
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert "The vectors of 12 queries take 0.0 GiB" in reason(tmp_path)


def test_reranked_results_are_scored_as_they_are(texts, tmp_path):
    from beir.reranking.rerank import Rerank

    class CrossEncoder:
        def predict(self, pairs, **_):
            return [len(text) for _, text in pairs]

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    reranked = Rerank(CrossEncoder()).rerank(corpus, queries, results, top_k=5)
    evaluation.evaluate(qrels, reranked, [5])
    assert CHANGED in reason(tmp_path)
    assert list(found(tmp_path).settings) == ["de-all", "en-all", "es-all"]
    evaluation.evaluate(qrels, results, [5])  # which are as they were
    assert len(found(tmp_path, "tiny-2").settings) == 12


def test_changed_results_are_scored_as_they_are(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    results["en:q1"].popitem()
    evaluation.evaluate(qrels, results, [5])
    assert f"of 1 of the 12 queries are not those of a search in this script: {CHANGED}" in reason(tmp_path)


def test_sorted_and_copied_results_are_recognised(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    again = {query: dict(sorted(ranked.items())) for query, ranked in reversed(results.items())}
    evaluation.evaluate(dict(qrels), again, [5])
    assert_same(found(tmp_path), expected(Encoder(), texts))


def test_each_of_two_models_is_scored_by_its_own_vectors(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluations = [retriever(exact(Encoder(seed))) for seed in (1, 2)]
    results = [evaluation.retrieve(corpus, queries) for evaluation in evaluations]
    for evaluation, one in zip(evaluations, results, strict=True):
        evaluation.evaluate(qrels, one, [5])
    assert_same(found(tmp_path), expected(Encoder(1), texts))
    assert_same(found(tmp_path, "tiny-2"), expected(Encoder(2), texts))


@pytest.mark.parametrize("search", [exact, flat])
def test_queries_retrieved_in_parts_are_scored_together(search, texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(search(Encoder()))
    results = {}
    for language in ("es", "de", "en"):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        results |= evaluation.retrieve(corpus, part)
    evaluation.evaluate(qrels, results, [5])
    for name, values in expected(Encoder(), texts).settings.items():
        assert found(tmp_path).settings[name] == pytest.approx(values, abs=1e-6), name


def test_parts_by_different_models_are_scored_as_they_are(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    results = {}
    for seed, language in enumerate(("es", "de", "en")):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        results |= retriever(exact(Encoder(seed))).retrieve(corpus, part)
    retriever(None).evaluate(qrels, results, [5])
    assert "different models" in reason(tmp_path)


def test_parts_of_different_corpora_are_scored_as_they_are(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    results = {}
    for language in ("es", "de", "en"):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        passages = {name: passage for name, passage in corpus.items() if name.startswith(language)}
        results |= retriever(exact(Encoder())).retrieve(passages, part)
    retriever(None).evaluate(qrels, results, [5])
    assert "different corpora" in reason(tmp_path)


def test_queries_that_were_not_searched_are_left_out_and_told(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    some = {query: text for query, text in queries.items() if not query.endswith("q3")}
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, some), [5])
    written = found(tmp_path)
    assert {values["queries"] for values in written.settings.values()} == {3}
    assert "queries without a result, which this and BEIR leave out of means: 3" in written.notes


def test_single_query_is_scored(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    evaluation.evaluate({"en:q2": qrels["en:q2"]}, evaluation.retrieve(corpus, {"en:q2": queries["en:q2"]}), [5])
    assert sorted(found(tmp_path).settings) == ["en", "en-all", "en-de", "en-es"]


def test_part_of_the_corpus_that_lacks_relevant_documents_is_scored_as_it_is(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    some = {name: passage for name, passage in corpus.items() if not name.endswith(":1")}
    evaluation.evaluate(qrels, evaluation.retrieve(some, queries), [5])
    assert "3 relevant documents such as" in reason(tmp_path)


def test_one_result_is_told_once_and_again_with_other_judgements(texts, tmp_path, capsys):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    for k in (1, 5, 10):
        evaluation.evaluate(qrels, results, [k])
    assert capsys.readouterr().out.count("Written to") == 1
    english = {query: grades for query, grades in qrels.items() if query.startswith("en")}
    evaluation.evaluate(english, results, [10])
    assert capsys.readouterr().out.count("Written to") == 1
    assert {name.partition("-")[0] for name in found(tmp_path, "tiny-2").settings} == {"en"}


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


def test_search_of_a_scripts_own_is_scored_if_its_results_follow_from_vectors(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(Search(Encoder()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert_same(found(tmp_path), expected(Encoder(), texts, cosine=False))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"score": lambda value: value + 1}, "The scores of Search are not the similarities of vectors"),
        ({"keep": lambda query, document: query[:2] == document[:2]}, "Search leaves out passages that score higher"),
    ],
)
def test_search_whose_results_do_not_follow_from_vectors_is_told(options, problem, texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(Search(Encoder(), **options), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert problem in reason(tmp_path)


def test_search_without_vectors_is_told(texts, tmp_path):
    class BM25Search:
        def search(self, corpus, queries, top_k, score_function, **_):
            return {query: {document: float(len(document) % 7) for document in corpus} for query in queries}

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(BM25Search())
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert "BM25Search has no model that returns vectors" in reason(tmp_path)


def test_binary_codes_are_no_vectors(texts, tmp_path):
    from beir.retrieval.search.dense import BinaryFaissSearch

    class Codes(Encoder):
        def encode_corpus(self, documents, **options):
            return np.packbits(super().encode_corpus(documents, **options) > 0, axis=1)

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(BinaryFaissSearch(Codes()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries, binary_k=15), [10])
    assert "BinaryFaissSearch searches codes, not vectors" in reason(tmp_path)


def test_index_that_rounds_is_scored_by_what_it_holds(texts, tmp_path):
    from beir.retrieval.search.dense import SQFaissSearch

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    search = SQFaissSearch(Encoder(), quantizer_type="QT_4bit")
    evaluation = retriever(search, "dot")
    results = evaluation.retrieve(corpus, queries)
    evaluation.evaluate(qrels, results, [15])
    ids = [search.rev_mapping[number] for number in range(15)]
    held = dict(zip(ids, search.faiss_index.index.reconstruct_n(0, 15), strict=True))
    by_index = Embeddings(
        {code: np.array([Encoder().vector(text) for text in rows.values()]) for code, rows in texts.queries.items()},
        {code: np.array([held[name] for name in rows]) for code, rows in texts.corpora.items()},
    )
    assert_same(found(tmp_path), evaluate_embeddings(texts, by_index, measures=MEASURES))


@pytest.mark.parametrize("function", ["cos_sim", "dot"])
def test_sparse_vectors_are_scored_as_such(function, texts, tmp_path):
    class Sparse(Encoder):
        def encode_queries(self, texts, **options):
            return super().encode_queries(texts, convert_to_tensor=True).to_sparse()

        def encode_corpus(self, documents, **options):
            return self.encode_queries([document["text"] for document in documents])

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(ours(Sparse()), function)
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert_same(found(tmp_path), expected(Encoder(), texts, function == "cos_sim"))


def test_half_precision_is_scored_and_told(texts, tmp_path):
    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder(dtype=torch.float16)))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    written = found(tmp_path)
    assert len(written.settings) == 12
    assert "this one is of the class Encoder" in written.notes[0]


def test_model_is_its_own_again_after_a_search_that_fails(texts, tmp_path):
    corpus, queries, _ = load(texts, tmp_path / "tiny")
    model = Encoder()
    model.encode_corpus = lambda *_, **__: 1 / 0
    method = model.encode_corpus
    with pytest.raises(ZeroDivisionError):
        retriever(exact(model)).retrieve(corpus, queries)
    assert model.encode_corpus is method
    assert "encode_queries" not in vars(model)


def test_model_that_is_listened_to_can_go_to_another_process(texts, tmp_path):
    class Sending(Search):
        def search(self, corpus, queries, *args, **options):
            sent = pickle.loads(pickle.dumps(self.model))
            method = pickle.loads(pickle.dumps(self.model.encode_corpus))
            for other in (sent, method.__self__, copy.deepcopy(self.model)):
                assert other.encode_queries(["a"]).tolist() == [other.vector("a").tolist()]
            return super().search(corpus, queries, *args, **options)

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(Sending(Encoder()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert len(found(tmp_path).settings) == 12


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        (lambda corpus: list(corpus.values()), "The vectors of passages have the shape ()."),
        (lambda corpus: corpus, "The vectors of Odd cannot be kept: KeyError: 'text'"),
    ],
)
def test_model_that_returns_anything_disturbs_nobody(documents, problem, texts, tmp_path):
    class Odd(Encoder):
        def encode_corpus(self, documents, **options):
            return object()

    class Own(Search):
        def search(self, corpus, queries, *_, **__):
            assert type(self.model.encode_corpus(documents(corpus))) is object
            return {query: dict.fromkeys(corpus, 1.0) for query in queries}

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(Own(Odd()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert problem in reason(tmp_path)


def test_model_that_encodes_by_itself_is_heard_once(texts, tmp_path):
    class Nested(Encoder):
        def encode_corpus(self, documents, **options):
            return self.encode_queries([document["text"] for document in documents], **options) * 1

    corpus, queries, qrels = load(texts, tmp_path / "tiny")
    evaluation = retriever(exact(Nested()))
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert_same(found(tmp_path), expected(Encoder(), texts))


def test_data_without_languages_are_not_listened_to(tmp_path, capsys):
    class Watching(Search):
        def search(self, *args, **options):
            assert "encode_queries" not in vars(self.model)
            return super().search(*args, **options)

    corpus = {f"d{number}": {"title": "", "text": f"{number}"} for number in range(5)}
    evaluation = retriever(Watching(Encoder()))
    results = evaluation.retrieve(corpus, {"q1": "a", "q2": "b"})
    evaluation.evaluate({"q1": {"d1": 1}, "q2": {"d2": 1}}, results, [3])
    assert capsys.readouterr().out == ""
    assert not Path(os.environ["BEIR_HYBRID_RESULTS"]).exists()


def test_peer_is_measured_where_it_is_defined(collection, tmp_path):
    both = {query: {**grades, f"{query[:2]}:4": 1} for query, grades in collection.qrels.items()}
    several = replace(collection, qrels=both)
    corpus, queries, qrels = load(several, tmp_path / "tiny")
    evaluation = retriever(exact(Encoder()))
    results = evaluation.retrieve(corpus, queries)
    evaluation.evaluate(qrels, results, [10])
    assert 0 <= found(tmp_path).scores["multi"]["peer@10"] <= 1
    assert not any("peer" in note for note in found(tmp_path).notes)
    results["en:q0"].popitem()  # the same of results as they are
    evaluation.evaluate(qrels, results, [10])
    assert 0 <= found(tmp_path, "tiny-2").scores["multi"]["peer@10"] <= 1
