from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection, Passage
from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation.encoding import Embeddings
from beir_hybrid.evaluation.evaluate import Scorer, build_measures, evaluate
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.settings import Setting

CLASSIC = ("map", "ndcg@1", "ndcg@10", "recall@1", "recall@3")


@pytest.fixture
def uneven():
    """Corpora of 13, 1 and 70 passages in an order that is not that of their ids, with grades from -1 to 3."""
    rng = np.random.default_rng(11)
    sizes = {"zh": 13, "ar": 1, "en": 70}
    documents = {
        language: [f"{language}:{number}" for number in rng.permutation(size)] for language, size in sizes.items()
    }
    everything = [document for ids in documents.values() for document in ids]
    queries = {
        language: {f"{language}:q{n}": f"{language} question {n}" for n in range(6)} for language in ("en", "zh")
    }
    return MultilingualCollection(
        name="uneven",
        corpora={language: {document: Passage(document) for document in ids} for language, ids in documents.items()},
        queries=queries,
        qrels={
            query: {str(document): int(rng.integers(-1, 4)) for document in rng.choice(everything, 12, replace=False)}
            for texts in queries.values()
            for query in list(texts)[:5]  # the last query has no judgement at all
        },
    )


@pytest.fixture
def vectors_of(exact_vectors):
    """Give every text of a collection a vector."""

    def give(collection, seed=0):
        texts = [text for queries in collection.queries.values() for text in queries.values()]
        texts += [passage.text for passages in collection.corpora.values() for passage in passages.values()]
        return dict(zip(texts, exact_vectors(np.random.default_rng(seed), len(texts)), strict=True))

    return give


@pytest.fixture
def by_the_book(trec_eval):
    """Score one setting without this package: pytrec_eval over the inner products, and rank distance by counting."""

    def score(collection, vectors, query_language, corpus_languages):
        passages = {id_: p.text for language in corpus_languages for id_, p in collection.corpora[language].items()}
        qrels = {
            query: {
                document: grade for document, grade in collection.qrels.get(query, {}).items() if document in passages
            }
            for query in collection.queries[query_language]
        }
        qrels = {query: judged for query, judged in qrels.items() if any(grade > 0 for grade in judged.values())}
        run = {
            query: {
                document: float(vectors[collection.queries[query_language][query]] @ vectors[text])
                for document, text in passages.items()
            }
            for query in qrels
        }
        values = trec_eval(run, qrels)
        means = {name: np.mean([values[query][name] for query in run]) for name in CLASSIC} if run else {}
        distances = []
        for query, scores in run.items():
            ranks = [
                1
                + sum(s > scores[doc] for s in scores.values())
                + (sum(s == scores[doc] for s in scores.values()) - 1) / 2
                for doc, grade in qrels[query].items()
                if grade > 0
            ]
            distances.append(max(ranks) - min(ranks))
        return {"queries": len(run), **means, "rank_distance": np.mean(distances) if run else 0}

    return score


def assert_all_settings(results, collection, vectors, by_the_book):
    """Compare every setting that can be scored, and find no others."""
    expected = {}
    for asked in collection.queries:
        for searched in [*((language,) for language in collection.corpora), tuple(collection.corpora)]:
            several = len(searched) > 1
            name = f"{asked}-all" if several else asked if searched == (asked,) else f"{asked}-{searched[0]}"
            values = by_the_book(collection, vectors, asked, searched)
            if values["queries"]:
                expected[name] = values if several else {k: v for k, v in values.items() if k != "rank_distance"}
    assert set(results.settings) == set(expected)
    for name, values in expected.items():
        assert results.settings[name] == pytest.approx(values, abs=1e-9), name


@pytest.mark.parametrize("seed", range(3))
def test_every_setting_of_parallel_data_equals_pytrec_eval(make_model, collection, vectors_of, by_the_book, seed):
    vectors = vectors_of(collection, seed)
    results = evaluate(make_model(vectors), collection, measures=[*CLASSIC, "rank_distance"])
    assert_all_settings(results, collection, vectors, by_the_book)
    assert [values["queries"] for values in results.settings.values()] == [4] * 12


@pytest.mark.parametrize("seed", range(3))
def test_every_setting_of_uneven_graded_data_equals_pytrec_eval(make_model, uneven, vectors_of, by_the_book, seed):
    vectors = vectors_of(uneven, seed)
    results = evaluate(make_model(vectors), uneven, measures=[*CLASSIC, "rank_distance"])
    assert_all_settings(results, uneven, vectors, by_the_book)
    assert {"en", "zh", "en-zh", "zh-en", "en-all", "zh-all"} <= set(results.settings)


def test_cosine_ranks_normalised_vectors(make_model, collection, by_the_book):
    # four entries of one size have a norm of twice that: cosines are exact, and the dot products rank otherwise
    rng = np.random.default_rng(2)
    texts = [text for queries in collection.queries.values() for text in queries.values()]
    texts += [passage.text for passages in collection.corpora.values() for passage in passages.values()]
    signs = dict(zip(texts, rng.choice([-1.0, 1.0], (len(texts), 4)), strict=True))
    scaled = {text: sign * 2.0 ** rng.integers(-3, 4) for text, sign in signs.items()}
    measures = [*CLASSIC, "rank_distance"]
    cosine = evaluate(make_model(scaled, "cosine"), collection, measures=measures)
    dot = evaluate(make_model(scaled, "dot"), collection, measures=measures)
    assert_all_settings(cosine, collection, signs, by_the_book)
    assert_all_settings(dot, collection, scaled, by_the_book)
    assert cosine.scores != dot.scores


def test_only_answerable_queries_count(make_model):
    # de lacks an answer to q1; both queries find their English answer first, q0 its German answer second of two
    collection = MultilingualCollection(
        name="partly",
        corpora={
            "de": {"de:0": Passage("Null"), "de:x": Passage("X")},
            "en": {"en:0": Passage("0"), "en:1": Passage("1")},
        },
        queries={"en": {"en:q0": "q0", "en:q1": "q1"}},
        qrels={"en:q0": {"de:0": 1, "en:0": 1}, "en:q1": {"en:1": 1}},
    )
    vectors = {"q0": [1, 0], "q1": [0, 1], "0": [4, 0], "1": [0, 4], "Null": [1, 1], "X": [2, 2]}
    settings = evaluate(make_model(vectors), collection).settings
    assert settings["en"] == {"queries": 2, "map": 1, "recall@1": 1, "ndcg@10": 1}
    assert settings["en-de"] == pytest.approx({"queries": 1, "map": 1 / 2, "recall@1": 0, "ndcg@10": 1 / np.log2(3)})
    # q0: ranks 1 and 3, average precision (1 + 2/3) / 2; q1: rank 1
    assert settings["en-all"]["queries"] == 2
    assert settings["en-all"]["map"] == pytest.approx((5 / 6 + 1) / 2)
    assert settings["en-all"]["rank_distance"] == (2 + 0) / 2


def test_rank_distance_uses_mid_ranks_over_the_pool(make_model):
    # scores of the query: en:0 8; de:0, es:0 and two distractors 4; one distractor 2
    texts = {"de": ["same", "other"], "en": ["best", "low"], "es": ["same", "other"]}
    collection = MultilingualCollection(
        name="ties",
        corpora={code: {f"{code}:{n}": Passage(text) for n, text in enumerate(both)} for code, both in texts.items()},
        queries={"en": {"en:q": "question"}},
        qrels={"en:q": {"de:0": 1, "en:0": 1, "es:0": 1}},
    )
    vectors = {"question": [2, 0], "best": [4, 0], "same": [2, 0], "other": [2, 3], "low": [1, 0]}
    results = evaluate(make_model(vectors), collection)
    # the four tied passages share rank (2 + 3 + 4 + 5) / 4; by document id they would be at 2 and 5 or so
    assert results.settings["en-all"]["rank_distance"] == 3.5 - 1
    assert results.scores["multi"]["rank_distance"] == 2.5


def test_macro_means_count_each_setting_once(make_model, uneven, vectors_of):
    # settings with different numbers of queries, so that a mean over queries would differ
    results = evaluate(make_model(vectors_of(uneven)), uneven, measures=["map", "rank_distance"])
    kinds = {
        "mono": [name for name in results.settings if "-" not in name],
        "cross": [name for name in results.settings if "-" in name and "all" not in name],
        "multi": [name for name in results.settings if name.endswith("-all")],
    }
    assert len({results.settings[name]["queries"] for name in kinds["cross"]}) > 1
    for kind, names in kinds.items():
        expected = sum(results.settings[name]["map"] for name in names) / len(names)
        assert results.scores[kind]["map"] == pytest.approx(expected, abs=1e-12)
    assert set(results.scores["multi"]) == {"map", "rank_distance"}
    assert set(results.scores["mono"]) == set(results.scores["cross"]) == {"map"}


def test_each_kind_has_its_own_measures_unless_asked(make_model, collection, vectors_of):
    scores = evaluate(make_model(vectors_of(collection)), collection).scores
    assert {kind: list(values) for kind, values in scores.items()} == {
        "mono": ["map", "recall@1", "ndcg@10"],
        "cross": ["map", "recall@1", "ndcg@10"],
        "multi": ["map", "recall@10", "ndcg@10", "rank_distance"],
    }


def test_a_measure_of_bias_alone_is_measured_where_languages_meet(make_model, collection, vectors_of):
    results = evaluate(make_model(vectors_of(collection)), collection, measures=["rank_distance"])
    assert list(results.settings) == ["de-all", "en-all", "es-all"]
    assert list(results.scores) == ["multi"]


def test_a_measure_of_bias_alone_is_refused_for_one_language(make_model, collection, vectors_of):
    with pytest.raises(ConfigurationError, match="rank_distance compares languages, and tiny has one corpus"):
        evaluate(make_model(vectors_of(collection)), collection.select(["en"]), measures=["rank_distance"])


@pytest.mark.parametrize(
    ("languages", "settings", "kinds"),
    [
        (["en"], ["en"], ["mono"]),
        (["de", "en"], ["de", "en", "de-en", "en-de", "de-all", "en-all"], ["mono", "cross", "multi"]),
    ],
    ids=["one-language", "two-languages"],
)
def test_few_languages_have_few_settings(make_model, collection, vectors_of, languages, settings, kinds):
    chosen = collection.select(languages)
    results = evaluate(make_model(vectors_of(chosen)), chosen)
    assert list(results.settings) == settings
    assert list(results.scores) == kinds
    assert results.languages == tuple(languages)


def test_results_follow_their_contract(make_model, collection, vectors_of, tmp_path):
    results = evaluate(make_model(vectors_of(collection)), collection, model_name="mine")
    results.save(tmp_path)
    assert Results.load(tmp_path) == results
    assert (results.dataset, results.model, results.passage_text) == ("tiny", "mine", "sentence")
    assert results.languages == ("de", "en", "es")
    names = {name for values in [*results.scores.values(), *results.settings.values()] for name in values} - {"queries"}
    assert all(re.fullmatch(r"[a-z_]+(@[1-9][0-9]*)?", name) for name in names)
    assert set(results.environment) == {"versions", "device", "seconds"}
    assert set(results.environment["seconds"]) == {"encode", "rank", "measure"}
    assert all(seconds >= 0 for seconds in results.environment["seconds"].values())


def test_a_model_without_a_name_is_unnamed(make_model, collection, vectors_of):
    assert evaluate(make_model(vectors_of(collection)), collection).model == "unnamed"


def test_progress_is_shown_only_when_asked(make_model, collection, vectors_of, capfd):
    model = make_model(vectors_of(collection))
    evaluate(model, collection)
    assert capfd.readouterr().err == ""
    evaluate(model, collection, show_progress=True)
    assert "Ranking: 100%" in capfd.readouterr().err


@pytest.mark.parametrize("qrels", [{}, {"en:q0": {"en:0": 0, "de:0": -1}}], ids=["none", "not-relevant"])
def test_a_collection_without_relevant_passages_is_refused(make_model, collection, vectors_of, qrels):
    with pytest.raises(ConfigurationError, match="No query of tiny has a relevant passage"):
        evaluate(make_model(vectors_of(collection)), replace(collection, qrels=qrels))


def test_a_wrong_measure_is_refused_before_anything_is_encoded(make_model, collection):
    with pytest.raises(UnknownNameError, match="There is no measure 'mpa'"):
        evaluate(make_model({"no text of the collection": [1.0]}), collection, measures=["mpa"])


def test_measures_are_the_same_for_every_kind_if_given():
    built = [build_measure("recall@5")]
    assert build_measures(["recall@5"]) == {"mono": built, "cross": built, "multi": built}


@pytest.mark.parametrize(
    ("asked", "searched"),
    [("de", ("de",)), ("en", ("th",)), ("th", ("de", "en", "th"))],
    ids=["mono", "cross", "multi"],
)
def test_xquad_r_equals_pytrec_eval(data, trec_eval, exact_vectors, asked, searched):
    collection = load_dataset("xquad-r", source=data, languages=["de", "en", "th"])
    rng = np.random.default_rng(7)
    embeddings = Embeddings(
        {language: exact_vectors(rng, len(texts), 8) for language, texts in collection.queries.items()},
        {language: exact_vectors(rng, len(texts), 8) for language, texts in collection.corpora.items()},
    )
    setting = Setting(asked, searched, pool=len(searched) > 1)
    found = Scorer(collection, embeddings).measure(setting, [build_measure(name) for name in CLASSIC])
    corpus, queries, qrels = collection.beir(asked, searched)
    passages = np.concatenate([embeddings.passages[language] for language in searched])
    assert len(queries) == len(collection.queries[asked]) == 1190
    for start in range(0, len(queries), 200):  # a part at a time: the dicts of all would fill the memory
        part = list(queries)[start : start + 200]
        scores = (embeddings.queries[asked][start : start + 200] @ passages.T).tolist()
        run = {query: dict(zip(corpus, row, strict=True)) for query, row in zip(part, scores, strict=True)}
        expected = trec_eval(run, {query: qrels[query] for query in part})
        for name in CLASSIC:
            values = found[name][start : start + 200]
            assert values == pytest.approx([expected[query][name] for query in part], abs=1e-9), name
