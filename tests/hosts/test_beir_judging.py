"""Judging: what ids tell of languages, and what is noted where our means are not over BEIR's queries."""

import logging

import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.hosts.beir import report as reporting
from beir_hybrid.hosts.beir.loaded import forget_all
from beir_hybrid.hosts.beir.report import measure_bias

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

UNANSWERED = "queries without a relevant document, which BEIR counts 0 and this leaves out"
WITHOUT_RESULT = "queries without a result, which BEIR leaves out of its means"
RESULT = {"en:1": 1.0, "de:1": 0.5, "en:2": 0.25}


@pytest.fixture(autouse=True)
def active(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_RESULTS", str(tmp_path / "found"))
    forget_all()
    reporting._said.clear()
    host.activate()
    yield
    host.deactivate()


def evaluator():
    from beir.retrieval.evaluation import EvaluateRetrieval

    return EvaluateRetrieval


def custom(metric, qrels, results, caplog):
    """Measure at cut-off 2, and give the lines that were logged, but for those of values."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "beir_hybrid"):
        found = evaluator().evaluate_custom(qrels, results, [2], metric)
    values = {f"{name}: {value:.4f}" for name, value in found.items()}
    return found, [line for line in caplog.messages if line not in values]


# a query with a relevant document, two whose documents were judged and found wanting, and one that found nothing
QRELS = {"en:a": {"de:1": 1}, "de:b": {"en:1": 0}, "de:c": {"en:1": -1, "de:1": 0}, "en:d": {"en:1": 0}}
RESULTS = dict.fromkeys(("en:a", "de:b", "de:c"), RESULT)


def test_queries_without_a_relevant_document_are_counted_as_beir_counts_them(capsys):
    theirs = evaluator().evaluate(QRELS, RESULTS, [2])
    assert theirs[0] == {"NDCG@2": pytest.approx(0.63093 / 3, abs=1e-5)}  # 1 / log2(3), 0 and 0
    found = measure_bias(QRELS, RESULTS, [2])
    assert found.settings["en-all"]["ndcg@2"] == pytest.approx(0.63093, abs=1e-5)
    assert f"{UNANSWERED}: 2" in found.notes
    assert f"{UNANSWERED}: 2" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize("metric", ["ndcg", "rank_distance"])
def test_queries_without_a_relevant_document_are_told_once_with_any_measure(metric, caplog):
    _, lines = custom(metric, QRELS, RESULTS, caplog)
    assert lines.count(f"{metric}@2: {UNANSWERED}: 2") == 1


def test_query_that_both_leave_out_is_no_difference(caplog):
    found, lines = custom("ndcg", QRELS | {"de:b": {"en:1": 1}, "de:c": {"de:1": 1}}, RESULTS, caplog)
    assert found == {"ndcg@2": pytest.approx((0.63093 + 1 + 0.63093) / 3, abs=1e-5)}
    assert lines == []


@pytest.mark.parametrize("prefix", ["en:", ""], ids=["language", "no language"])
def test_classic_measures_tell_of_queries_without_a_result(prefix, caplog):
    qrels = {f"{prefix}a": {f"{prefix}1": 1}, f"{prefix}b": {f"{prefix}1": 1}}
    found, lines = custom("ndcg", qrels, {f"{prefix}a": {f"{prefix}1": 1.0}}, caplog)
    assert found == {"ndcg@2": 0.5}
    assert lines == [f"ndcg@2: {WITHOUT_RESULT}: 1"]


@pytest.mark.parametrize("metric", ["ndcg", "map", "recall", "precision"])
def test_classic_measures_of_usual_data_tell_nothing(metric, caplog):
    qrels = {"en:a": {"de:1": 1, "de:7": 0}, "de:b": {"en:1": 2}}
    _, lines = custom(metric, qrels, {"en:a": RESULT, "de:b": {"en:2": 1.0}}, caplog)
    assert lines == []


def test_languages_of_three_letters_are_told_by_ids():
    qrels = {"en:a": {"yue:1": 1}, "yue:a": {"en:1": 1}}
    found = measure_bias(qrels, {query: {"yue:1": 1.0, "en:1": 0.5} for query in qrels}, [1])
    assert found.languages == ("en", "yue")
    assert found.settings["en-all"]["language_share[yue]@1"] == 1
