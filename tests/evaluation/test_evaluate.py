from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.results import Results
from beir_hybrid.passage import Passage

CLASSIC = ("map", "ndcg@1", "ndcg@10", "recall@1", "recall@3")


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
                document: float(np.dot(vectors[collection.queries[query_language][query]], vectors[text]))
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
            if len(ranks) > 1:
                distances.append(max(ranks) - min(ranks))
        return {"queries": len(run), **means, "rank_distance": np.mean(distances) if distances else 0}

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
    results = evaluate(make_model(vectors), collection, measures=[*CLASSIC, "rank_distance"], intervals=False)
    assert_all_settings(results, collection, vectors, by_the_book)
    assert [values["queries"] for values in results.settings.values()] == [4] * 12


@pytest.mark.parametrize("seed", range(3))
def test_every_setting_of_uneven_graded_data_equals_pytrec_eval(make_model, uneven, vectors_of, by_the_book, seed):
    vectors = vectors_of(uneven, seed)
    results = evaluate(make_model(vectors), uneven, measures=[*CLASSIC, "rank_distance"], intervals=False)
    assert_all_settings(results, uneven, vectors, by_the_book)
    assert {"en", "zh", "en-zh", "zh-en", "en-all", "zh-all"} <= set(results.settings)


@pytest.mark.parametrize(("name", "searched"), [("en-zh+ar", ("zh", "ar")), ("zh-en+zh", ("zh", "en"))])
def test_a_part_of_the_pool_equals_pytrec_eval(make_model, uneven, vectors_of, by_the_book, name, searched):
    vectors = vectors_of(uneven)
    measures = [*CLASSIC, "rank_distance"]
    results = evaluate(make_model(vectors), uneven, settings=[f"uneven.{name}"], measures=measures, intervals=False)
    [(found, values)] = results.settings.items()
    assert found == f"{name[:2]}-{'+'.join(searched)}"  # in the collection's order
    assert values == pytest.approx(by_the_book(uneven, vectors, name[:2], searched), abs=1e-9)
    assert list(results.scores) == ["multi"]


def test_the_share_of_ties_is_over_the_queries_of_a_kind(by_number, embeddings_of):
    # en:3 and en:5 are level, which answer both English questions; the German one finds neither of them
    collection, vectors = by_number
    embeddings = embeddings_of(collection, vectors | {"3": [5]})
    found = evaluate(embeddings, collection, measures=["map"], intervals=False)
    assert found.ties == {"mono": 2 / 3, "cross": 0, "multi": 2 / 3}


def test_cosine_ranks_normalised_vectors(make_model, collection, texts_of, by_the_book):
    # four entries of one size have a norm of twice that: cosines are exact, and the dot products rank otherwise
    rng = np.random.default_rng(2)
    texts = texts_of(collection)
    signs = dict(zip(texts, rng.choice([-1.0, 1.0], (len(texts), 4)), strict=True))
    scaled = {text: sign * 2.0 ** rng.integers(-3, 4) for text, sign in signs.items()}
    measures = [*CLASSIC, "rank_distance"]
    cosine = evaluate(make_model(scaled, "cosine"), collection, measures=measures, intervals=False)
    dot = evaluate(make_model(scaled, "dot"), collection, measures=measures, intervals=False)
    assert_all_settings(cosine, collection, signs, by_the_book)
    assert_all_settings(dot, collection, scaled, by_the_book)
    assert cosine.scores != dot.scores


@pytest.fixture
def partly():
    """Two English questions; de lacks an answer to q1. Both find their English answer first, q0 its German one second.

    Its vectors are given too.
    """
    collection = MultilingualCollection(
        name="partly",
        corpora={
            "de": {"de:0": Passage("Null"), "de:x": Passage("X")},
            "en": {"en:0": Passage("0"), "en:1": Passage("1")},
        },
        queries={"en": {"en:q0": "q0", "en:q1": "q1"}},
        qrels={"en:q0": {"de:0": 1, "en:0": 1}, "en:q1": {"en:1": 1}},
    )
    return collection, {"q0": [1, 0], "q1": [0, 1], "0": [4, 0], "1": [0, 4], "Null": [1, 1], "X": [2, 2]}


def test_only_answerable_queries_count(make_model, partly):
    collection, vectors = partly
    settings = evaluate(make_model(vectors), collection, intervals=False).settings
    assert settings["en"] == {"queries": 2, "map": 1, "recall@1": 1, "ndcg@10": 1}
    assert settings["en-de"] == pytest.approx({"queries": 1, "map": 1 / 2, "recall@1": 0, "ndcg@10": 1 / np.log2(3)})
    # q0: ranks 1 and 3, average precision (1 + 2/3) / 2; q1: rank 1
    assert settings["en-all"]["queries"] == 2
    assert settings["en-all"]["map"] == pytest.approx((5 / 6 + 1) / 2)
    assert settings["en-all"]["rank_distance"] == 2  # q1 has a single answer


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
    results = evaluate(make_model(vectors), collection, intervals=False)
    # the four tied passages share rank (2 + 3 + 4 + 5) / 4; by document id they would be at 2 and 5 or so
    assert results.settings["en-all"]["rank_distance"] == 3.5 - 1
    assert results.scores["multi"]["rank_distance"] == 2.5
    # in its own corpus the best answer stands alone; those in de and es are level with the others there
    assert results.ties == {"mono": 0, "cross": 1, "multi": 1}


def test_macro_and_micro_means_are_as_by_hand(by_number, embeddings_of):
    collection, vectors = by_number
    found = evaluate(embeddings_of(collection, vectors), collection, measures=["map", "rank_distance"])
    # en among 7 5 3 2: a at rank 2, b at 3; de among 1 4 6 (smallest first): ranks 1 and 3
    assert found.settings["en"] == pytest.approx({"queries": 2, "map": (1 / 2 + 1 / 3) / 2})
    assert found.settings["de"] == pytest.approx({"queries": 1, "map": (1 + 2 / 3) / 2})
    # en-de among 6 4 1: a at 2; b is answered in English only. de-en among 2 3 5 7: rank 4
    assert found.settings["en-de"] == {"queries": 1, "map": 1 / 2}
    assert found.settings["de-en"] == {"queries": 1, "map": 1 / 4}
    # all: 7 6 5 4 3 2 1: a at 3 and 4, b at 5; the other way round: ranks 1, 6 and 7
    en, de = [(1 / 3 + 2 / 4) / 2, 1 / 5], (1 + 2 / 6 + 3 / 7) / 3
    assert found.settings["en-all"] == pytest.approx({"queries": 2, "map": sum(en) / 2, "rank_distance": 1})
    assert found.settings["de-all"] == pytest.approx({"queries": 1, "map": de, "rank_distance": 6})
    assert found.scores["mono"]["map"] == pytest.approx((5 / 12 + 5 / 6) / 2)
    assert found.micro["mono"]["map"] == pytest.approx((1 / 2 + 1 / 3 + 5 / 6) / 3)
    assert found.scores["cross"] == found.micro["cross"] == {"map": 3 / 8}
    assert found.scores["multi"] == pytest.approx({"map": (sum(en) / 2 + de) / 2, "rank_distance": (1 + 6) / 2})
    assert found.micro["multi"] == pytest.approx({"map": (sum(en) + de) / 3, "rank_distance": (1 + 6) / 2})
    assert found.notes == (
        "a note of the data",
        "mono settings have 1 to 2 queries: means over settings and over queries differ",
        "multi settings have 1 to 2 queries: means over settings and over queries differ",
        "rank_distance is undefined for 1 of the 3 multi queries, which its means leave out",
        "few questions (mono 2, cross 1, multi 1): below 20, 95 % intervals are too narrow where values are skewed",
    )
    assert found.passages == {"de": 3, "en": 4}
    # two values say little: 5 / 12, and 12.7 times half their distance to either side, within the measure's bounds
    assert found.intervals["settings"]["en"] == {"map": [0.0, 1.0]}
    assert found.ties == {"mono": 0, "cross": 0, "multi": 0}
    assert found.data == collection.checksums()


@pytest.mark.parametrize(
    ("names", "settings"),
    [
        (["en-de"], ["en-de"]),
        (["multi", "tiny.en"], ["de-all", "en-all", "es-all", "en"]),
        (["en-de+es", "es-all", "en-de+es"], ["en-de+es", "es-all"]),
    ],
    ids=["one", "a-kind", "a-part-of-the-pool"],
)
def test_only_the_settings_asked_for_are_scored(make_model, collection, vectors_of, names, settings):
    model = make_model(vectors_of(collection))
    found = evaluate(model, collection, settings=names, measures=["map"], intervals=False)
    assert list(found.settings) == settings
    everything = evaluate(model, collection, measures=["map"], intervals=False)
    assert {name: everything.settings.get(name, found.settings[name]) for name in settings} == found.settings


def test_a_wrong_setting_is_refused_before_anything_is_encoded(make_model, collection):
    with pytest.raises(UnknownNameError, match="tiny has no setting 'en-fr'"):
        evaluate(make_model({"no text of the collection": [1.0]}), collection, settings=["en-fr"])


def test_a_part_of_the_pool_that_answers_nothing_is_refused(make_model, collection):
    qrels = {"en:q0": {"en:0": 1}}
    with pytest.raises(ConfigurationError, match=r"No query of en-de\+es has a relevant passage"):
        evaluate(make_model({"no text": [1.0]}), replace(collection, qrels=qrels), settings=["en", "en-de+es"])


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
    results = evaluate(make_model(vectors_of(chosen)), chosen, intervals=False)
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
    assert set(results.environment) - {"commit"} == {"versions", "device", "seconds"}
    assert set(results.environment["seconds"]) == {"encode", "rank", "measure", "intervals"}
    assert all(seconds >= 0 for seconds in results.environment["seconds"].values())


def test_every_mean_has_an_interval_around_it_unless_told(collection, vectors_of, embeddings_of):
    embeddings = embeddings_of(collection, vectors_of(collection))
    found = evaluate(embeddings, collection)
    assert set(found.intervals) == {"scores", "settings"}
    for part, means in (("scores", found.scores), ("settings", found.settings)):
        assert set(found.intervals[part]) == set(means)
        for name, of_measure in means.items():
            assert set(found.intervals[part][name]) == set(of_measure) - {"queries"}
            for measure, (low, high) in found.intervals[part][name].items():
                assert low <= of_measure[measure] <= high
    bare = evaluate(embeddings, collection, intervals=False)
    assert bare.intervals == {}
    assert bare.scores == found.scores


def test_values_of_queries_come_with_their_groups(uneven, vectors_of, embeddings_of):
    found = evaluate(embeddings_of(uneven, vectors_of(uneven)), uneven, measures=["map"], intervals=False)
    assert [setting.name for setting in found.values.settings] == list(found.settings)
    for setting in found.values.settings:
        assert setting.groups == tuple(uneven.group_of.get(query, query) for query in setting.queries)
        assert found.settings[setting.name]["map"] == pytest.approx(setting.values["map"].mean())
        assert len(setting.queries) == found.settings[setting.name]["queries"]


def test_checksums_tell_other_data_apart(collection, vectors_of, embeddings_of):
    embeddings = embeddings_of(collection, vectors_of(collection))
    first = evaluate(embeddings, collection, measures=["map"], intervals=False).data
    other = replace(collection, qrels={**collection.qrels, "en:q0": {"en:0": 2}})
    second = evaluate(embeddings, other, measures=["map"], intervals=False).data
    assert set(first) == {"queries", "passages", "qrels"}
    assert {name for name in first if first[name] != second[name]} == {"qrels"}


def test_a_model_without_a_name_is_unnamed(make_model, collection, vectors_of):
    assert evaluate(make_model(vectors_of(collection)), collection, intervals=False).model == "unnamed"


def test_progress_is_shown_only_when_asked(make_model, collection, vectors_of, capfd):
    model = make_model(vectors_of(collection))
    evaluate(model, collection, intervals=False)
    assert capfd.readouterr().err == ""
    evaluate(model, collection, show_progress=True, intervals=False)
    assert "Ranking: 100%" in capfd.readouterr().err


@pytest.mark.parametrize("qrels", [{}, {"en:q0": {"en:0": 0, "de:0": -1}}], ids=["none", "not-relevant"])
def test_a_collection_without_relevant_passages_is_refused(make_model, collection, vectors_of, qrels):
    with pytest.raises(ConfigurationError, match="No query of tiny has a relevant passage"):
        evaluate(make_model(vectors_of(collection)), replace(collection, qrels=qrels))


@pytest.mark.parametrize("name", ["de", "en-th", "th-all"], ids=["mono", "cross", "multi"])
def test_xquad_r_equals_pytrec_eval(data, trec_eval, exact_vectors, name):
    collection = load_dataset("xquad-r", source=data, languages=["de", "en", "th"])
    rng = np.random.default_rng(7)
    embeddings = Embeddings(
        {language: exact_vectors(rng, len(texts), 8) for language, texts in collection.queries.items()},
        {language: exact_vectors(rng, len(texts), 8) for language, texts in collection.corpora.items()},
    )
    results = evaluate(embeddings, collection, settings=[name], measures=CLASSIC, intervals=False)
    [found] = results.values.settings
    asked = name[:2]
    searched = tuple(collection.corpora) if name.endswith("all") else (name[-2:],)
    corpus, queries, qrels = collection.beir(asked, searched)
    passages = np.concatenate([embeddings.passages[language] for language in searched])
    assert len(queries) == len(collection.queries[asked]) == 1190
    assert found.queries == tuple(queries)
    assert results.ties[found.kind] > 0.1  # or else ties would not be tested
    for start in range(0, len(queries), 200):  # a part at a time: the dicts of all would fill the memory
        part = list(queries)[start : start + 200]
        scores = (embeddings.queries[asked][start : start + 200] @ passages.T).tolist()
        run = {query: dict(zip(corpus, row, strict=True)) for query, row in zip(part, scores, strict=True)}
        expected = trec_eval(run, {query: qrels[query] for query in part})
        for measure in CLASSIC:
            values = found.values[measure][start : start + 200]
            assert values == pytest.approx([expected[query][measure] for query in part], abs=1e-9), measure
