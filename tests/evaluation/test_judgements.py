from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.evaluation.judgements import Judgements, observed_collection
from beir_hybrid.evaluation.runs import run_of_results, split_run
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting
from beir_hybrid.storage import corpus_writer as corpus_module
from beir_hybrid.storage.corpus_writer import write_corpus


@pytest.fixture(params=["dicts", "stored", "mixed"])
def partly(request, tmp_path, monkeypatch):
    """Corpora of es, de (empty) and en; q0 is answered in both, q1 in English only, q2 nowhere."""
    monkeypatch.setattr(corpus_module, "_ROWS", 2)
    rows = {"es": ["9", "10"], "en": ["b", "a", "\U0001f600", "z", "x"]}
    corpora = {
        "es": {f"es:{name}": Passage(name) for name in rows["es"]},
        "de": {},
        "en": {f"en:{name}": Passage(name) for name in rows["en"]},
    }
    if request.param != "dicts":
        for language in rows if request.param == "stored" else ["en"]:
            passages = [(name, Passage(name)) for name in rows[language]]
            corpora[language] = write_corpus(tmp_path / language, language, passages)
    return MultilingualCollection(
        name="partly",
        corpora=corpora,
        queries={"en": {f"en:q{n}": "" for n in range(3)}, "es": {"es:q1": "", "es:q0": ""}},
        qrels={
            "es:q0": {"en:a": 2, "es:9": 0, "es:10": -1},
            "en:q1": {"en:z": 1, "en:b": 3},
            "en:q0": {"es:10": 1, "en:\U0001f600": 2, "en:b": 0},
            "en:q2": {"en:b": 0, "es:9": -2},
        },
        group_of={"en:q0": "0", "es:q0": "0", "es:q1": "1", "en:q1": "1"},
    )


def test_queries_and_passages_are_counted_through_the_languages(partly):
    judged = Judgements(partly)
    assert judged.languages == ("es", "de", "en")
    assert judged.sizes.tolist() == [2, 0, 5]
    assert judged.queries == ["en:q0", "en:q1", "en:q2", "es:q1", "es:q0"]
    assert judged.query_language.tolist() == ["en", "en", "en", "es", "es"]
    assert judged.query_numbers["es:q0"] == 4
    documents = [document for texts in partly.corpora.values() for document in texts]
    assert documents[:3] == ["es:9", "es:10", "en:b"]
    assert judged.passage_numbers({*documents, "en:no", "no"}) == {d: n for n, d in enumerate(documents)}
    assert judged.identifiers(np.arange(7)) == documents
    assert judged.identifiers(np.array([6, 1, 4, 1, 0])) == [documents[n] for n in (6, 1, 4, 1, 0)]
    assert judged.identifiers(np.empty(0, np.int64)) == []
    assert judged.language(np.array([0, 1, 2, 6, -1])).tolist() == [0, 0, 2, 2, -1]


def test_rows_are_the_relevant_passages_of_each_query(partly):
    judged = Judgements(partly)
    rows = zip(judged.query.tolist(), judged.passage.tolist(), judged.grade.tolist(), strict=True)
    assert sorted(rows) == [(0, 1, 1), (0, 4, 2), (1, 2, 3), (1, 5, 1), (4, 3, 2)]
    assert (np.diff(judged.query) >= 0).all()


def test_grades_are_looked_up(partly):
    judged = Judgements(partly)
    grades = judged.grades(np.repeat(np.arange(5)[:, None], 8, axis=1), np.repeat([np.arange(-1, 7)], 5, axis=0))
    expected = np.zeros((5, 8), int)
    for query, passage, grade in ((0, 1, 1), (0, 4, 2), (1, 2, 3), (1, 5, 1), (4, 3, 2)):
        expected[query, passage + 1] = grade
    np.testing.assert_array_equal(grades, expected)


def test_a_setting_has_the_queries_that_its_corpora_answer(partly):
    judged = Judgements(partly)

    def queries(setting):
        return [judged.queries[number] for number in np.unique(judged.query[judged.rows(setting)])]

    assert queries(Setting("en", ("en",))) == ["en:q0", "en:q1"]
    assert queries(Setting("en", ("es",))) == ["en:q0"]
    assert queries(Setting("es", ("en",))) == ["es:q0"]
    assert queries(Setting("es", ("es",))) == queries(Setting("en", ("de",))) == []
    assert queries(Setting("en", ("es", "de"))) == ["en:q0"]
    assert [setting.name for setting in judged.settings] == ["en", "en-es", "es-en", "en-all", "es-all"]
    assert judged.columns(Setting("en", ("en", "es"))).tolist() == [2, 0]


def test_translations_share_a_group_and_others_have_their_own(partly):
    judged = Judgements(partly)
    assert judged.groups == ["0", "1", "en:q2", "1", "0"]
    assert judged.group[0] == judged.group[4]
    assert judged.group[1] == judged.group[3]
    assert len(set(judged.group.tolist())) == 3


@pytest.mark.parametrize("qrels", [{}, {"en:q0": {"en:b": 0, "es:10": -1}}], ids=["none", "not-relevant"])
def test_a_collection_without_relevant_passages_is_refused(partly, qrels):
    with pytest.raises(ConfigurationError, match=r"No query of partly has a relevant passage\. Check its qrels"):
        Judgements(replace(partly, qrels=qrels))


@pytest.mark.parametrize("grade", [2**31, 10**20], ids=str)
def test_a_grade_out_of_range_is_named(collection, grade):
    qrels = {**collection.qrels, "en:q1": {"de:1": grade}}
    with pytest.raises(DataFormatError, match="The grade of 'de:1' for 'en:q1' is above 2147483647"):
        Judgements(replace(collection, qrels=qrels))


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
        ({"1": {"en:3": 1}}, {}, "The query id '1' does not begin with its language"),
        ({}, {"1": {"en:3": 0.5}}, "The query id '1' does not begin with its language"),
        ({":1": {"en:3": 1}}, {}, "The query id ':1' does not begin with its language"),
        ({"en:1": {"3": 1}}, {}, r"The document id '3' does not begin with its language\. Write it as in en:17_3\."),
        ({"en:1": {"en:3": 1}}, {"en:1": {"d3": 0.5}}, "The document id 'd3' does not begin with its language"),
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
    found = evaluate(runs, judgements, measures=["map", "language_share@2"], intervals=False)
    # en:1 has its passage second and en:2 retrieved nothing; de:1 has its passage second, behind a French one
    assert {name: values["map"] for name, values in found.settings.items()} == {"en-all": 1 / 4, "de-all": 1 / 2}
    assert found.settings["de-all"]["language_share[fr]@2"] == 1 / 2
    assert found.passages == {"de": 1, "en": 2, "fr": 1}
