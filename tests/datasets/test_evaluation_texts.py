import gzip
import json

import pytest

from beir_hybrid.datasets import load_evaluation_texts
from beir_hybrid.datasets.beir import reader
from beir_hybrid.errors import MissingDataError, UnknownNameError
from beir_hybrid.pairs.overlap import passage_texts
from beir_hybrid.passage import Passage


@pytest.fixture
def miracl(tmp_path, monkeypatch):
    """Swahili's and Yoruba's topics and qrels, and the corpus of the latter."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    for language in ("sw", "yo"):
        name = f"miracl-v1.0-{language}"
        for kind, line in (("topics", f"6\tWhat is {language}?\n"), ("qrels", "6\tQ0\t1#0\t1\n")):
            path = tmp_path / "hub" / name / kind / f"{kind}.{name}-dev.tsv"
            path.parent.mkdir(parents=True)
            path.write_text(line)
    shard = tmp_path / "hub" / "miracl-corpus-v1.0-yo" / "docs-0.jsonl.gz"
    shard.parent.mkdir()
    rows = [{"docid": f"{number}#0", "title": "A", "text": f"text {number}"} for number in range(3)]
    shard.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return tmp_path / "hub"


def test_passages_are_known_with_title_and_paragraph():
    passages = [Passage("One.", context="One. Two."), Passage("Two.", "Title", "One. Two.")]
    assert passage_texts(passages) == ["One.", "One. Two.", "Two.", "Title Two."]


def test_setting_has_the_texts_of_its_languages():
    texts = load_evaluation_texts("sample.en-th")
    assert (set(texts.queries), set(texts.passages), texts.notes) == ({"en", "th"}, {"en", "th"}, ())


def test_of_a_corpus_too_large_for_memory_the_judged_passages_are_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "large"
    (folder / "qrels").mkdir(parents=True)
    for file, rows in (("corpus", {"1": "One.", "2": "Two.", "3": "Three."}), ("queries", {"q": "Which?"})):
        lines = [json.dumps({"_id": name, "text": text, "metadata": {"language": "en"}}) for name, text in rows.items()]
        (folder / f"{file}.jsonl").write_text("\n".join(lines))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t3\t1\nq\t1\t0\n")
    assert load_evaluation_texts(str(folder)).passages == {"en": ["One.", "Two.", "Three."]}
    monkeypatch.setattr(reader, "IN_MEMORY", 0)
    texts = load_evaluation_texts(str(folder))
    assert (texts.queries, texts.passages) == ({"en": ["Which?"]}, {"en": ["One.", "Three."]})
    assert texts.notes == ("of the passages in en, only those judged",)


def test_unknown_setting_is_refused():
    with pytest.raises(UnknownNameError, match="xx"):
        load_evaluation_texts("sample.xx")


def test_queries_are_taken_where_there_is_no_corpus_and_this_is_said(miracl):
    texts = load_evaluation_texts("miracl.dev", miracl)
    assert texts.queries == {"sw": ["What is sw?"], "yo": ["What is yo?"]}
    assert texts.passages == {"yo": ["text 1", "A text 1"]}
    queries, corpora, judged = texts.notes
    assert queries.startswith("ar, bn, de")
    assert queries.endswith("zh without queries")
    assert " sw, " in corpora
    assert corpora.endswith(" without corpora, so that their passages are not compared")
    assert judged == "of the passages, only those judged"


def test_language_of_miracl_is_taken_alone(miracl):
    texts = load_evaluation_texts("miracl.sw", miracl)
    assert (texts.queries, texts.passages) == ({"sw": ["What is sw?"]}, {})


def test_nothing_there_is_an_error(miracl):
    with pytest.raises(MissingDataError, match=r"miracl-v1\.0-th"):
        load_evaluation_texts("miracl.th", miracl)
    with pytest.raises(MissingDataError):
        load_evaluation_texts("xquad-r", miracl)


def test_languages_that_are_missing_are_noted(data, tmp_path):
    (tmp_path / "xquad-r").mkdir()
    for code in ("de", "en"):
        (tmp_path / "xquad-r" / f"{code}.json").symlink_to(data / "xquad-r" / f"{code}.json")
    texts = load_evaluation_texts("xquad-r", tmp_path)
    assert set(texts.queries) == {"de", "en"}
    assert texts.notes == ("nothing of ar, el, es, hi, ru, th, tr, vi, zh is there",)
