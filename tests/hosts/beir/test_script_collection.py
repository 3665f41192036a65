"""Collections of scripts: what ids tell of languages, and what is noted where our means are not over BEIR's queries."""

import json
import logging
from dataclasses import replace

import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.hosts.beir import report as reporting
from beir_hybrid.hosts.beir.language_bias import measure_results
from beir_hybrid.hosts.beir.loaded_data import loaded_datasets
from beir_hybrid.hosts.beir.script_collection import collection_of_results

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
    loaded_datasets.forget()
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
    found = measure_results(QRELS, RESULTS, [2])
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
    found = measure_results(qrels, {query: {"yue:1": 1.0, "en:1": 0.5} for query in qrels}, [1])
    assert found.languages == ("en", "yue")
    assert found.settings["en-all"]["language_share[yue]@1"] == 1


def load(folder):
    from beir.datasets.data_loader import GenericDataLoader

    return GenericDataLoader(str(folder)).load()


@pytest.fixture
def put(tmp_path):
    """Write a folder of the queries ``en:1 ro:1 en:2 ro:2`` with groups, ``-`` for none, which one document answers."""

    def put(groups, prefix=True):
        folder = tmp_path / "own"
        (folder / "qrels").mkdir(parents=True)
        rows = []
        for name, group in zip(("en:1", "ro:1", "en:2", "ro:2"), groups, strict=True):
            language, _, number = name.partition(":")
            metadata = {"language": language} | ({} if group == "-" else {"group": group})
            rows.append({"_id": name if prefix else f"{number}-{language}", "text": "?", "metadata": metadata})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "queries.jsonl").write_text(lines)
        metadata = {"metadata": {"language": "en"}}
        (folder / "corpus.jsonl").write_text(json.dumps({"_id": "en:d", "title": "", "text": "x", **metadata}) + "\n")
        qrels = "".join(f"{row['_id']}\ten:d\t1\n" for row in rows)
        (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}")
        return folder

    return put


@pytest.mark.parametrize(
    "groups",
    ["abba", "----", "aa--", "--aa", (0, 1, 1.0, "0"), ("", "-", "-", "-"), ("x:1", "x:2", "x:2", "x:1"), "aaaa"],
    ids=["groups", "ids", "some", "not the first", "numbers", "empty", "colons", "one"],
)
@pytest.mark.parametrize("prefix", [True, False], ids=["language in ids", "language in metadata"])
def test_translations_are_linked_as_by_the_reader_of_folders(put, groups, prefix):
    folder = put(groups, prefix)
    expected = BeirFolder(folder).load()
    _, queries, qrels = load(folder)
    judged = collection_of_results(qrels, {query: {"en:d": 1.0} for query in queries})
    found = judged.collection
    assert (found.group_of, found.linked_by) == (expected.group_of, expected.linked_by)
    assert found.notes == tuple(note for note in expected.notes if "group" in note)


@pytest.mark.parametrize("asked", [{"en:1", "ro:2"}, {"en:1"}, {"en:1", "ro:1", "en:2", "ro:2"}])
def test_groups_are_those_of_the_queries_that_were_asked(put, asked):
    _, _, qrels = load(put("abba"))
    judged = collection_of_results({query: qrels[query] for query in asked}, {query: {"en:d": 1.0} for query in asked})
    groups = {"en:1": "a", "ro:1": "b", "en:2": "b", "ro:2": "a"}
    assert judged.collection.group_of == {query: groups[query] for query in asked}


def test_group_of_another_type_costs_a_warning_and_no_language(put, caplog):
    _, _, qrels = load(put(("a", ["a"], "b", "b")))
    assert [line for line in caplog.messages if "queries.jsonl:2: the group is ['a']" in line]
    collection = collection_of_results(qrels, {query: {"en:d": 1.0} for query in qrels}).collection
    assert (set(collection.queries), collection.linked_by) == ({"en", "ro"}, "equal ids")


def test_folder_of_ours_links_no_more_than_its_dataset(tmp_path, collection):
    folder = BeirFolder(tmp_path / "alone").write(replace(collection, group_of={}), "").path
    _, queries, qrels = load(folder)
    found = measure_results(qrels, {query: {"en:0": 1.0} for query in queries}, [1])
    assert found.translations == {"rule": "metadata.group", "linked": 0, "queries": 12}
    assert any(note.startswith("metadata.group links no query to a translation") for note in found.notes)
    assert "mrc@1" not in found.scores["multi"]


def test_translations_are_linked_though_each_language_has_answers_of_its_own(capsys):
    qrels = {"en:a": {"en:1": 1}, "de:a": {"de:1": 1}, "de:b": {"de:1": 1}}
    found = measure_results(qrels, dict.fromkeys(qrels, RESULT), [1])
    assert found.translations == {"rule": "equal ids", "linked": 2, "queries": 3}
    evaluator().evaluate(qrels, dict.fromkeys(qrels, RESULT), [1])
    words = "note: translations are linked by equal ids after the language: 2 of 3 queries"
    assert words in " ".join(capsys.readouterr().out.split())
