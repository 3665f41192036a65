import sys
from typing import ClassVar

import pytest

from beir_hybrid import evaluate, load_pairs
from beir_hybrid.datasets.neuclir import NEUCLIR
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError
from beir_hybrid.passage import Passage
from beir_hybrid.testing import DatasetContract
from beir_hybrid.training import static_model

ir_datasets = pytest.importorskip("ir_datasets", reason="an extra")
from ir_datasets.formats.extracted_cc import (  # noqa: E402
    ExctractedCCDoc,
    ExctractedCCMultiMtQuery,
    ExctractedCCNoReportQuery,
)
from ir_datasets.formats.trec import TrecQrel  # noqa: E402


def made(kind, **fields):
    """One of ir_datasets' own named tuples, empty where nothing is given."""
    return kind(**{name: fields.get(name, "") for name in kind._fields})


class Set:
    """What ir_datasets.load gives, with rows of its own kinds."""

    def __init__(self, documents=(), topics=(), judgements=()):
        self.docs_iter = lambda: iter(documents)
        self.queries_iter = lambda: iter(topics)
        self.qrels_iter = lambda: iter(judgements)
        self.docs_handler = lambda: documents
        self.docs_count = lambda: len(documents)
        self.docs_cls = lambda: ExctractedCCDoc

    def has(self, entity):
        return True


def sets():
    """Three documents a language; 2022 has topic 1 with translations, 2023 topic 200 in the pooled set alone."""
    every = {}
    for code, iteration in (("fa", "fas"), ("ru", "rus"), ("zh", "zho")):
        documents = [
            made(ExctractedCCDoc, doc_id=f"{code}-{n}", title=f"{code} title {n}", text=f"{code} text {n}")
            for n in "123"
        ]
        every[f"neuclir/1/{code}"] = Set(documents)
        topic = made(
            ExctractedCCNoReportQuery, query_id="1", title="Which?", ht_title=f"{code} which?", translation_lang=code
        )
        grades = [("1", f"{code}-1", 3), ("1", f"{code}-2", 0)]
        every[f"neuclir/1/{code}/trec-2022"] = Set(
            documents, [topic], [TrecQrel(*row, iteration=iteration) for row in grades]
        )
        every[f"neuclir/1/{code}/trec-2023"] = Set(documents, [], [TrecQrel("200", f"{code}-3", 1, iteration)])
    pooled = [made(ExctractedCCMultiMtQuery, query_id="200", title="Where?", zh_mt_title="not read")]
    every["neuclir/1/multi/trec-2023"] = Set(topics=pooled)
    return every


@pytest.fixture(scope="class")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        every = sets()
        patch.setenv("BEIR_HYBRID_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(ir_datasets.registry, "_registered", ir_datasets.registry._registered | every)
        yield every


@pytest.mark.usefixtures("cache")
class TestContract(DatasetContract):
    name = "neuclir"
    options: ClassVar = {"split": "trec-2022"}


@pytest.fixture
def every(tmp_path, monkeypatch):
    every = sets()
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path))
    monkeypatch.setattr(ir_datasets.registry, "_registered", ir_datasets.registry._registered | every)
    return every


@pytest.mark.parametrize("year", NEUCLIR.splits)
@pytest.mark.parametrize("code", ["fa", "ru", "zh"])
def test_the_installed_ir_datasets_has_sets_of_these_names(code, year):
    known = ir_datasets.load(f"neuclir/1/{code}/{year}")
    assert known.has_docs()
    assert known.has_queries()
    assert known.has_qrels()
    assert known.docs_cls() is ExctractedCCDoc
    assert ir_datasets.load("neuclir/1/multi/trec-2023").queries_cls() is ExctractedCCMultiMtQuery


def test_english_topics_search_the_documents_of_all_languages(every):
    collection = NEUCLIR.load()
    assert collection.queries == {"en": {"en:200": "Where?"}}
    assert collection.qrels == {"en:200": {"fa:fa-3": 1, "ru:ru-3": 1, "zh:zh-3": 1}}
    assert collection.corpora["zh"]["zh:zh-1"] == Passage("zh text 1", "zh title 1", "")
    assert collection.measures[0] == "ndcg@20"


def test_human_translations_are_queries_of_the_same_group(every):
    collection = NEUCLIR.load(languages=["zh", "en"], split="trec-2022")
    assert collection.queries == {"zh": {"zh:1": "zh which?"}, "en": {"en:1": "Which?"}}
    assert collection.qrels["en:1"] == collection.qrels["zh:1"] == {"zh:zh-1": 3, "zh:zh-2": 0}
    assert collection.group_of == {"zh:1": "1", "en:1": "1"}


def test_corpora_are_converted_once(every):
    NEUCLIR.load(split="trec-2022")
    for year in NEUCLIR.splits:
        for code in ("fa", "ru", "zh"):
            every[f"neuclir/1/{code}/{year}"].docs_iter = None
    assert len(NEUCLIR.load().corpora["ru"]) == 3


def test_subset_holds_the_judged_documents_and_says_so(every):
    collection = NEUCLIR.load(split="trec-2022", judged_only=True)
    assert list(collection.corpora["ru"]) == ["ru:ru-1", "ru:ru-2"]
    assert "only the judged passages" in collection.notes[0]


def test_judgement_of_what_is_not_there_is_counted_and_told(every, caplog):
    judgements = [*every["neuclir/1/zh/trec-2022"].qrels_iter(), TrecQrel("9", "zh-1", 1, "zho")]
    every["neuclir/1/zh/trec-2022"].qrels_iter = lambda: iter([*judgements, TrecQrel("1", "gone", 1, "zho")])
    assert NEUCLIR.load(split="trec-2022").notes == (
        "rows of trec-2022 left out: 2, so that results are not comparable",
    )
    assert "judges 'zh-1' for '9', one of which is not there" in caplog.text


def test_what_ir_datasets_raises_is_explained(every):
    def fail():
        raise RuntimeError("no\nconnection")
        yield

    every["neuclir/1/ru/trec-2023"].qrels_iter = fail
    with pytest.raises(MissingDataError, match=r"cannot give neuclir/1/ru/trec-2023 \(RuntimeError: no\)"):
        NEUCLIR.load()


def test_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ir_datasets", None)
    with pytest.raises(ConfigurationError, match=r"ir_datasets is needed and not installed.*pip install ir_datasets"):
        NEUCLIR.load()


def test_wrong_choices_are_refused(every):
    with pytest.raises(ConfigurationError, match=r"has no source 'here'.*IR_DATASETS_HOME"):
        NEUCLIR.load("here")
    with pytest.raises(ConfigurationError, match=r"no split 'trec-2024'"):
        NEUCLIR.load(split="trec-2024")
    with pytest.raises(ConfigurationError, match="no documents in en"):
        NEUCLIR.load(languages=["en"])
    with pytest.raises(LanguageError, match="no language 'de'"):
        NEUCLIR.load(languages=["en", "de"])


def test_every_kind_of_setting_is_evaluated_as_far_as_there_are_queries(every):
    model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8)
    assert set(evaluate(model, NEUCLIR.load()).settings) == {"en-fa", "en-ru", "en-zh", "en-all"}
    translated = evaluate(model, NEUCLIR.load(split="trec-2022", languages=["en", "zh", "ru"]))
    assert {"zh", "ru", "zh-ru", "en-zh", "zh-all"} < set(translated.settings)
