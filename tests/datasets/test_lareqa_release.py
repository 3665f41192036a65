"""The released files: what LAReQA's paper and its own scripts count."""

import json
from collections import Counter

import pytest

from beir_hybrid.datasets import load_dataset, load_pairs

XQUAD_R_CANDIDATES = {
    "ar": 1222,
    "de": 1276,
    "el": 1234,
    "en": 1180,
    "es": 1215,
    "hi": 1244,
    "ru": 1219,
    "th": 852,
    "tr": 1167,
    "vi": 1209,
    "zh": 1196,
}
MLQA_R_QUESTIONS = {"ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504}
MLQA_R_CANDIDATES = {"ar": 2545, "de": 2362, "en": 6264, "es": 1787, "hi": 2426, "vi": 2828, "zh": 2322}


@pytest.fixture(scope="module")
def xquad_r(data):
    return load_dataset("xquad-r", source=data)


@pytest.fixture(scope="module")
def mlqa_r(data):
    return load_dataset("mlqa-r", source=data)


def sizes(texts):
    return {language: len(of_language) for language, of_language in texts.items()}


def test_xquad_r_has_its_13014_candidates(xquad_r):
    assert sizes(xquad_r.corpora) == XQUAD_R_CANDIDATES
    assert sum(XQUAD_R_CANDIDATES.values()) == 13_014


def test_xquad_r_has_its_13090_questions_each_answered_in_every_language(xquad_r):
    assert sizes(xquad_r.queries) == dict.fromkeys(XQUAD_R_CANDIDATES, 1190)
    assert len(xquad_r.qrels) == 13_090
    for judged in xquad_r.qrels.values():
        assert sorted(document.partition(":")[0] for document in judged) == sorted(XQUAD_R_CANDIDATES)


def test_mlqa_r_has_its_4199_questions_and_20534_candidates(mlqa_r):
    assert sizes(mlqa_r.queries) == MLQA_R_QUESTIONS
    assert sizes(mlqa_r.corpora) == MLQA_R_CANDIDATES
    assert (sum(MLQA_R_QUESTIONS.values()), sum(MLQA_R_CANDIDATES.values())) == (4199, 20_534)


@pytest.mark.parametrize(("query", "corpus", "answerable"), [("ar", "de", 207), ("en", "es", 500), ("hi", "zh", 189)])
def test_mlqa_r_is_answerable_where_both_languages_have_the_question(mlqa_r, query, corpus, answerable):
    _, queries, qrels = mlqa_r.beir(queries=query, corpus=corpus)
    assert len(queries) == len(qrels) == answerable


def test_files_are_the_pinned_release(data, caplog):
    load_dataset("xquad-r", source=data / "xquad-r", languages=["en", "th"])
    assert caplog.records == []


def test_slices_are_used_where_the_files_own_sentences_disagree(data, xquad_r):
    content = json.loads((data / "xquad-r" / "tr.json").read_bytes())
    own = {
        f"tr:{number}_{place}": sentence
        for number, paragraph in enumerate((p for article in content["data"] for p in article["paragraphs"]), start=1)
        for place, sentence in enumerate(paragraph["sentences"])
    }
    cut = {document: passage.text for document, passage in xquad_r.corpora["tr"].items()}
    differing = [document for document in cut if own.get(document) != cut[document]]
    assert {document.partition("_")[0] for document in differing} == {"tr:49"}
    assert all(cut[document] in xquad_r.corpora["tr"][document].context for document in differing)


def test_repeated_sentences_stay(mlqa_r):
    texts = Counter(passage.text for passage in mlqa_r.corpora["en"].values())
    assert max(texts.values()) > 1


@pytest.mark.parametrize(("name", "groups", "count"), [("xquad-r", 1190, 13_090), ("mlqa-r", 1148, 4199)])
def test_every_question_is_a_training_pair(data, name, groups, count):
    pairs = load_pairs(name, source=data)
    assert (len(pairs.groups), len(pairs)) == (groups, count)


def test_training_pair_is_the_relevant_passage(data, xquad_r):
    for row in load_pairs("xquad-r", source=data, languages=["zh"]).table.to_pylist():
        query = f"zh:{row['group']}"
        [relevant] = [document for document in xquad_r.qrels[query] if document.startswith("zh:")]
        assert xquad_r.queries["zh"][query] == row["question"]
        assert xquad_r.corpora["zh"][relevant].text == row["passage"]
