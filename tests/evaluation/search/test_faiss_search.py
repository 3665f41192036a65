import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation import FaissSearch
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.passage import Passage

LANGUAGES = ("ar", "de", "en")
CLASSIC = ["map", "recall@1", "ndcg@10", "mrr@10"]


@pytest.fixture
def parallel():
    """Forty questions in three languages, each answered by one passage per language, among sixty."""
    return MultilingualCollection(
        name="parallel",
        corpora={
            language: {f"{language}:{number}": Passage(f"{language} passage {number}") for number in range(60)}
            for language in LANGUAGES
        },
        queries={
            language: {f"{language}:q{number}": f"{language} question {number}" for number in range(40)}
            for language in LANGUAGES
        },
        qrels={
            f"{language}:q{number}": {f"{other}:{number}": 1 for other in LANGUAGES}
            for language in LANGUAGES
            for number in range(40)
        },
        group_of={f"{language}:q{number}": str(number) for language in LANGUAGES for number in range(40)},
    )


@pytest.fixture
def embeddings(exact_vectors):
    """Vectors that agree a little where they should, with many ties."""
    rng = np.random.default_rng(0)
    shared = exact_vectors(rng, 60, 6)
    return Embeddings(
        {language: shared[:40] + exact_vectors(rng, 40, 6) for language in LANGUAGES},
        {language: shared + exact_vectors(rng, 60, 6) for language in LANGUAGES},
    )


@pytest.fixture
def untied():
    """Vectors without ties, of which a cut-off index might keep others than exact search does."""
    rng = np.random.default_rng(0)
    return Embeddings(
        {language: rng.standard_normal((40, 6)).astype(np.float32) for language in LANGUAGES},
        {language: rng.standard_normal((60, 6)).astype(np.float32) for language in LANGUAGES},
    )


def test_whole_flat_ranking_measures_as_exact_ranks(parallel, embeddings):
    measures = [*CLASSIC, "rank_distance", "ndkl@10", "mrc@10", "same_language_share@10"]
    exact = evaluate(embeddings, parallel, measures=measures)
    found = evaluate(embeddings, parallel, search=FaissSearch("Flat", depth=180), measures=measures)
    assert found.scores == exact.scores
    assert found.settings == exact.settings
    assert found.ties == exact.ties
    assert found.intervals == exact.intervals
    assert any(found.ties.values())


def test_cut_ranking_measures_as_exact_ranks_down_to_its_depth(parallel, untied):
    measures = ["recall@10", "ndcg@10", "map@50", "rank_distance@50"]
    exact = evaluate(untied, parallel, measures=measures)
    found = evaluate(untied, parallel, search=FaissSearch("HNSW32:efSearch=200", depth=50), measures=measures)
    assert found.scores == exact.scores


def test_default_measures_rank_distance_at_the_depth(parallel, embeddings):
    found = evaluate(embeddings, parallel, search=FaissSearch("Flat", depth=20))
    assert set(found.scores["multi"]) == {"map", "recall@10", "ndcg@10", "rank_distance@20"}
    assert any("to depth 20;" in note for note in found.notes)


def test_measure_of_whole_rankings_is_refused(parallel, embeddings):
    with pytest.raises(ConfigurationError, match="rank_distance reads the full ranking"):
        evaluate(embeddings, parallel, search=FaissSearch("Flat", depth=20), measures=["rank_distance"])


def test_settings_are_chosen(parallel, embeddings):
    found = evaluate(
        embeddings,
        parallel,
        search=FaissSearch("Flat", depth=180),
        settings=["en-de", "en-ar+de"],
        measures=["map", "mrc@10"],
    )
    exact = evaluate(embeddings, parallel, settings=["en-de", "en-ar+de"], measures=["map", "mrc@10"])
    assert found.settings == exact.settings


def test_note_tells_recall_against_exact_search(parallel, embeddings):
    flat = evaluate(embeddings, parallel, search=FaissSearch("Flat", depth=100))
    coarse = evaluate(embeddings, parallel, search=FaissSearch("IVF8,Flat:nprobe=1", depth=100))
    assert "found by Faiss Flat to depth 100; it finds 100.00% of the exact first 10 and" in flat.notes[-1]
    assert "found by Faiss IVF8,Flat (nprobe 1) to depth 100; it finds" in coarse.notes[-1]
    assert "100.00%" not in coarse.notes[-1]
    assert "measured on 480 searches" in coarse.notes[-1]  # 120 queries in 4 sets of corpora


def test_depth_is_as_deep_as_measures_look(parallel, untied):
    found = evaluate(untied, parallel, search=FaissSearch("Flat", depth=2), measures=["ndkl@10"])
    exact = evaluate(untied, parallel, measures=["ndkl@10"])
    assert found.scores == exact.scores
    assert "to depth 10;" in found.notes[-1]


def test_seconds_of_the_stages_are_told(parallel, embeddings):
    seconds = evaluate(embeddings, parallel, search=FaissSearch("HNSW8")).environment["seconds"]
    assert {"index", "search", "check", "measure", "intervals"} == set(seconds)
    assert all(value >= 0 for value in seconds.values())


def test_model_is_encoded_and_named(collection, make_model):
    rng = np.random.default_rng(0)
    texts = [text for by_id in collection.queries.values() for text in by_id.values()]
    texts += [passage.searchable for by_id in collection.corpora.values() for passage in by_id.values()]
    model = make_model({text: rng.standard_normal(4) for text in texts})
    results = evaluate(
        model, collection, search=FaissSearch("Flat"), measures=["map"], model_name="mine", intervals=False
    )
    assert results.model == "mine"
    assert results.environment["device"] == "cpu"
    assert set(results.environment["seconds"]) == {"encode", "index", "search", "check", "measure", "intervals"}


@pytest.mark.parametrize(
    ("factory", "depth", "options", "error"),
    [
        ("Flt", 9, {}, ConfigurationError),
        ("PQ7", 9, {}, ConfigurationError),
        ("HNSW8:efSearch=few", 9, {}, ConfigurationError),
        ("Flat", 0, {}, ConfigurationError),
        ("Flat", 9, {"settings": ["en-fr"]}, UnknownNameError),
        ("Flat", 9, {"measures": ["mpa"]}, UnknownNameError),
    ],
)
def test_wrong_choice_is_told_before_anything_is_encoded(collection, make_model, factory, depth, options, error):
    model = make_model({"no text of the collection": np.ones(4)})  # fails on any other
    with pytest.raises(error):
        evaluate(model, collection, search=FaissSearch(factory, depth), **options)
