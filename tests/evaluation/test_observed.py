from __future__ import annotations

import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.evaluate import evaluate_runs
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.observed import observed_collection
from beir_hybrid.evaluation.runs import run_of_results, split_run

QRELS = {"en:1": {"de:7": 2, "en:9": 0}, "de:1": {"de:7": 1}, "en:2": {"en:3": 1}}
RESULTS = {"en:1": {"en:3": 0.5, "de:7": 0.4}, "de:1": {"fr:4": 0.9, "de:7": 0.8}}


@pytest.fixture
def seen():
    return observed_collection("mine", QRELS, RESULTS)


def test_every_document_that_was_judged_or_retrieved_is_there_once(seen):
    assert {language: list(documents) for language, documents in seen.corpora.items()} == {
        "de": ["de:7"],
        "en": ["en:3", "en:9"],
        "fr": ["fr:4"],
    }


def test_every_query_that_was_judged_or_asked_is_there_once():
    seen = observed_collection("mine", QRELS, {**RESULTS, "fr:1": {"de:7": 0.1}})
    assert {language: list(queries) for language, queries in seen.queries.items()} == {
        "en": ["en:1", "en:2"],
        "de": ["de:1"],
        "fr": ["fr:1"],
    }


def test_judgements_are_kept_with_their_grades(seen):
    assert seen.qrels == QRELS


def test_it_is_named_and_tells_that_texts_are_unknown(seen):
    assert (seen.name, seen.passage_text) == ("mine", "unknown")
    assert {text for queries in seen.queries.values() for text in queries.values()} == {""}
    assert {passage.text for documents in seen.corpora.values() for passage in documents.values()} == {""}


def test_queries_that_agree_behind_the_language_are_translations(seen):
    assert seen.group_of == {"en:1": "1", "en:2": "2", "de:1": "1"}


def test_only_the_first_colon_ends_the_language():
    seen = observed_collection("mine", {"zh-hans:a:1": {"en:b:2": 1}}, {})
    assert seen.group_of == {"zh-hans:a:1": "a:1"}
    assert (list(seen.queries), list(seen.corpora)) == (["zh-hans"], ["en"])


def test_languages_that_were_searched_in_vain_belong_to_the_pool():
    seen = observed_collection("mine", QRELS, RESULTS, languages=["tr", "en", "ar"])
    assert list(seen.corpora) == ["ar", "de", "en", "fr", "tr"]
    assert (len(seen.corpora["ar"]), len(seen.corpora["tr"]), len(seen.corpora["en"])) == (0, 0, 2)


@pytest.mark.parametrize(
    ("qrels", "results", "message"),
    [
        ({"1": {"en:3": 1}}, {}, "The query id '1' does not tell its language"),
        ({}, {"1": {"en:3": 0.5}}, "The query id '1' does not tell its language"),
        ({":1": {"en:3": 1}}, {}, "The query id ':1' does not tell its language"),
        ({"en:1": {"3": 1}}, {}, r"The document id '3' does not tell its language\. Write it as in en:17_3\."),
        ({"en:1": {"en:3": 1}}, {"en:1": {"d3": 0.5}}, "The document id 'd3' does not tell its language"),
    ],
    ids=["judged query", "asked query", "empty language", "judged document", "retrieved document"],
)
def test_ids_without_a_language_are_refused(qrels, results, message):
    with pytest.raises(DataFormatError, match=message):
        observed_collection("mine", qrels, results)


def test_it_is_measured_like_any_collection(seen):
    judgements = Judgements(seen)
    pool = [setting for setting in judgements.settings if setting.pool]
    runs = split_run(run_of_results(RESULTS, judgements), judgements, pool)
    found = evaluate_runs(judgements, runs, measures=["map", "language_share@2"], intervals=False)
    # en:1 has its passage second and en:2 retrieved nothing; de:1 has its passage second, behind a French one
    assert {name: values["map"] for name, values in found.settings.items()} == {"en-all": 1 / 4, "de-all": 1 / 2}
    assert found.settings["de-all"]["language_share[fr]@2"] == 1 / 2
    assert found.passages == {"de": 1, "en": 2, "fr": 1}
