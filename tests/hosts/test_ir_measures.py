from __future__ import annotations

import subprocess
import sys
from math import isnan, log

import ir_measures
import numpy as np
import pytest
from ir_measures import nDCG

import beir_hybrid.hosts.ir_measures as host
from beir_hybrid.errors import ConfigurationError, DataFormatError, PluginError
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation

RUN = """
en:1 Q0 en:a 1 9 t
en:1 Q0 de:b 2 8 t
en:1 Q0 de:a 3 7 t
en:1 Q0 ar:a 4 6 t
de:1 Q0 de:a 1 9 t
de:1 Q0 de:b 2 8 t
de:1 Q0 en:a 3 7 t
"""
QRELS = """
en:1 0 en:a 1
en:1 0 de:a 1
en:1 0 ar:a 1
de:1 0 en:a 1
de:1 0 de:a 1
de:1 0 ar:a 1
ar:1 0 ar:a 1
"""
NAMES = {
    "RankDistance@3": "rank_distance@3",
    "LanguageShare(language='de')@3": "language_share[de]@3",
    "SameLanguageShare@2": "same_language_share@2",
    "NDKL@4": "ndkl@4",
    "MRC@3": "mrc@3",
    "LanguagePEER@4": "peer@4",
    "OneTargetMAP(language='de')": "one_target_map[de]",
    "LanguageRecall(language='de')@3": "language_recall[de]@3",
    "SameLanguageRecall@3": "same_language_recall@3",
    "TLR@3": "tlr@3",
    "LPR": "lpr",
    "RightOwnLanguage": "right_own_language",
    "RightOtherLanguage": "right_other_language",
    "WrongOwnLanguage": "wrong_own_language",
    "WrongOtherLanguage": "wrong_other_language",
    "MimoMRC@3": "mimo_mrc@3",
    "MimoPEER@4": "mimo_peer@4",
}


@pytest.fixture(autouse=True)
def active():
    """Every test runs with the host active, and none leaves it so."""
    host.activate()
    yield
    host.deactivate()


@pytest.fixture
def run():
    return list(ir_measures.read_trec_run(RUN))


@pytest.fixture
def qrels():
    return list(ir_measures.read_trec_qrels(QRELS))


def values(names, qrels, run):
    """Compute measures by their names: values by name and query."""
    measures = {ir_measures.parse_measure(name): name for name in names}
    found = {name: {} for name in names}
    for metric in ir_measures.iter_calc(list(measures), qrels, run):
        found[measures[metric.measure]][metric.query_id] = metric.value
    return found


def test_ir_measures_computes_them_by_name(qrels, run):
    found = values(NAMES, qrels, run)
    # en: relevant at 1, 3 and 4 (beyond 3, so 4); de: at 1, 3 and not at all; ar: nothing retrieved
    assert found["RankDistance@3"]["en:1"] == found["RankDistance@3"]["de:1"] == 3
    assert isnan(found["RankDistance@3"]["ar:1"])
    assert found["SameLanguageShare@2"]["en:1"] == 1 / 2
    assert found["SameLanguageShare@2"]["de:1"] == 1
    assert isnan(found["SameLanguageShare@2"]["ar:1"])
    assert found["LanguageShare(language='de')@3"]["en:1"] == 2 / 3
    # without en:a above them, de:b and de:a are first and second
    assert found["OneTargetMAP(language='de')"]["en:1"] == 1 / 2
    assert found["OneTargetMAP(language='de')"]["de:1"] == 1
    # of de:a and ar:a, de:a is among the first three; en:a is the first of all
    assert (found["TLR@3"]["en:1"], found["SameLanguageRecall@3"]["en:1"], found["LPR"]["en:1"]) == (1 / 2, 1, 1)
    assert (found["RightOwnLanguage"]["en:1"], found["WrongOtherLanguage"]["en:1"]) == (1, 0)
    # a b c and c b a
    assert found["MRC@3"]["en:1"] == found["MRC@3"]["de:1"] == -1


def test_they_equal_this_packages_on_the_same_rankings(qrels, run):
    passage = np.array([[2, 1, 0, 3]])  # numbered en:a 2, de:b 1, de:a 0, ar:a 3

    def scores(passages):
        return np.array([7.0, 8, 9, 6])[passages], np.array([9, 8, 7, -np.inf])[passages]

    rankings = Rankings(
        query=np.array([0, 0, 0]),
        rank=np.array([1.0, 3.0, 4.0]),
        mid_rank=np.array([1.0, 3.0, 4.0]),
        grade=np.array([1, 1, 1]),
        language=np.array([2, 1, 0]),
        languages=("ar", "de", "en"),
        sizes=np.array([1, 2, 1]),
        query_language="en",
        queries=1,
        retrieved=np.array([4]),
        top=Top(passage, np.array([[2, 1, 1, 0]]), np.array([[1, 0, 1, 1]])),
        translations=lambda: iter([Translation(np.array([0]), np.array([[0, 1, 2, -1]]), scores)]),
    )
    found = values(NAMES, qrels, run)
    for theirs, ours in NAMES.items():
        expected = build_measure(ours).values(rankings)[0]
        assert found[theirs]["en:1"] == pytest.approx(expected, abs=1e-15, nan_ok=True), theirs


def test_means_are_over_the_queries_that_have_a_value(qrels, run):
    share, distance = (ir_measures.parse_measure(name) for name in ("SameLanguageShare@2", "RankDistance@3"))
    assert ir_measures.calc_aggregate([share, distance], qrels, run) == {share: 3 / 4, distance: 3}
    nothing = ir_measures.calc_aggregate([share], {"ar:1": {"ar:a": 1}}, run)
    assert isnan(nothing[share])


def test_they_are_computed_beside_ir_measures_own(qrels, run):
    found = ir_measures.calc_aggregate([nDCG @ 1, host.RankDistance @ 3], qrels, run)
    assert found[nDCG @ 1] == pytest.approx(2 / 3)
    assert found[host.RankDistance @ 3] == 3


def test_measures_are_named_in_python_too():
    for parsed, built in (
        ("RankDistance", host.RankDistance),
        ("RankDistance@5", host.RankDistance @ 5),
        ("LanguageShare(language='de')@10", host.LanguageShare(language="de") @ 10),
        ("OneTargetMAP(language='de')", host.OneTargetMAP(language="de")),
    ):
        assert ir_measures.parse_measure(parsed) == built
        assert str(built) == parsed


def test_runs_may_come_as_dictionaries_and_frames(qrels, run):
    import pandas as pd

    expected = ir_measures.calc_aggregate([host.RankDistance @ 3], qrels, run)
    scores, grades = {}, {}
    for hit in run:
        scores.setdefault(hit.query_id, {})[hit.doc_id] = hit.score
    for judged in qrels:
        grades.setdefault(judged.query_id, {})[judged.doc_id] = judged.relevance
    assert ir_measures.calc_aggregate([host.RankDistance @ 3], grades, scores) == expected
    assert ir_measures.calc_aggregate([host.RankDistance @ 3], pd.DataFrame(qrels), pd.DataFrame(run)) == expected


def test_the_pool_is_what_was_seen_unless_its_sizes_are_given():
    run = {"en:1": {"en:a": 3.0, "en:b": 2.0}}
    qrels = {"en:1": {"de:a": 1, "de:b": 0}}
    seen, given = host.NDKL @ 2, host.NDKL(sizes={"en": 25, "de": 25, "th": 50}) @ 2
    found = ir_measures.calc_aggregate([seen, given], qrels, run)
    assert found[seen] == pytest.approx(log(2), abs=1e-5)
    assert found[given] == pytest.approx(log(4), abs=1e-5)
    parsed = ir_measures.parse_measure("NDKL(sizes={'en': 25, 'de': 25, 'th': 50})@2")
    assert ir_measures.calc_aggregate([parsed], qrels, run)[parsed] == found[given]


def test_sizes_that_the_run_exceeds_are_refused():
    run = {"en:1": {"en:a": 3.0, "fr:b": 2.0}}
    with pytest.raises(ConfigurationError, match="name 1 documents in 'fr', and the sizes given say 0"):
        ir_measures.calc_aggregate([host.NDKL(sizes={"en": 25}) @ 2], {"en:1": {"en:a": 1}}, run)


def test_ties_fall_as_in_trec_eval_and_rank_distance_takes_mid_ranks():
    run = {"en:1": {"de:a": 1.0, "en:a": 1.0 + 1e-12, "th:a": 1.0, "ar:x": 5.0, "ar:y": 0.5}}  # three tied as float32
    qrels = {"en:1": {"de:a": 1, "en:a": 1, "ar:y": 1}}
    # ar:x, then th:a, en:a and de:a, all of mid-rank 3, then ar:y
    shares = [host.LanguageShare(language="de") @ 3, host.LanguageShare(language="th") @ 2]
    found = ir_measures.calc_aggregate([host.RankDistance, *shares], qrels, run)
    assert [found[measure] for measure in (host.RankDistance, *shares)] == [2, 0, 1 / 2]


def test_a_language_that_nothing_was_retrieved_in_has_a_share_of_0(qrels, run):
    measure = host.LanguageShare(language="vi") @ 3
    assert ir_measures.calc_aggregate([measure], qrels, run)[measure] == 0


def test_queries_without_a_relevant_document_have_no_value(run):
    found = list(ir_measures.iter_calc([host.MRC @ 3], {"en:1": {"en:a": 0}, "de:1": {"en:a": 1}}, run))
    assert {metric.query_id: isnan(metric.value) for metric in found} == {"en:1": True, "de:1": False}


def test_judgements_without_a_relevant_document_have_no_value_at_all(run):
    for qrels in ({"en:1": {"en:a": 0}}, {"en:1": {}}):
        [metric] = ir_measures.iter_calc([host.MRC @ 3], qrels, run)
        assert metric.query_id == "en:1"
        assert isnan(metric.value)


def test_translations_that_nobody_judged_count(qrels, run):
    judged = [judgement for judgement in qrels if judgement.query_id == "en:1"]
    assert values(["MRC@3"], judged, run)["MRC@3"] == {"en:1": -1}


def test_without_a_cutoff_a_cut_off_run_is_refused(qrels, run):
    with pytest.raises(ConfigurationError, match=r"1 of the relevant .*Measure rank_distance@3, where"):
        ir_measures.calc_aggregate([host.RankDistance], qrels, run)


@pytest.mark.parametrize(
    ("queries", "documents", "message"),
    [
        pytest.param("1", "en:a", "The query id '1' does not begin with its language", id="query"),
        pytest.param("en:1", "a", "The document id 'a' does not begin with its language", id="document"),
    ],
)
def test_ids_without_a_language_are_refused(queries, documents, message):
    with pytest.raises(DataFormatError, match=message):
        ir_measures.calc_aggregate([host.MRC @ 3], {queries: {documents: 1}}, {queries: {documents: 1.0}})


@pytest.mark.parametrize("score", ["nan", "inf", "-inf"])
def test_scores_that_are_no_finite_numbers_are_refused(score):
    with pytest.raises(DataFormatError, match=f"the score of 'en:a' is {score} for the query 'en:1'"):
        ir_measures.calc_aggregate([host.MRC @ 3], {"en:1": {"en:a": 1}}, {"en:1": {"en:a": float(score)}})


def test_a_cutoff_of_0_is_refused(qrels, run):
    with pytest.raises(ConfigurationError, match="The cut-off of 'ndkl@0' is '0'"):
        ir_measures.calc_aggregate([host.NDKL @ 0], qrels, run)


def test_a_name_that_is_taken_is_refused():
    from beir_hybrid.hosts.ir_measures.provider import add_measures

    before = dict(ir_measures.measures.registry)
    with pytest.raises(PluginError, match=r"There is a 'RankDistance' already, of beir_hybrid\.hosts\.ir_measures"):
        add_measures(ir_measures)
    assert ir_measures.measures.registry == before


def test_without_ir_measures_the_message_says_how_to_install_it():
    code = "import sys; sys.modules['ir_measures'] = None; from beir_hybrid.hosts.ir_measures import NDKL"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    message = "beir_hybrid.hosts.ir_measures needs ir_measures. Install it: pip install ir-measures"
    assert done.stderr.splitlines()[-1].endswith(message)


def test_inactive_it_leaves_nothing_in_ir_measures():
    host.deactivate()
    assert not {"RankDistance", "NDKL"} & set(ir_measures.measures.registry)
    assert "beir_hybrid" not in ir_measures.providers.registry
    assert all(provider.NAME != "beir_hybrid" for provider in ir_measures.DefaultPipeline.providers)
    with pytest.raises(NameError):
        ir_measures.parse_measure("RankDistance@3")


def test_naming_a_measure_activates_it(qrels, run):
    host.deactivate()
    assert ir_measures.calc_aggregate([host.RankDistance @ 3], qrels, run) == {host.RankDistance @ 3: 3}
    assert host.is_active()


def test_unknown_attributes_are_refused_as_by_any_module():
    with pytest.raises(AttributeError, match="has no attribute 'PEER'"):
        host.PEER  # noqa: B018


@pytest.fixture
def files(tmp_path):
    """Judgements and a run as files, by name."""
    for name, text in (("qrels", QRELS), ("run", RUN)):
        (tmp_path / name).write_text(text.strip() + "\n")
    return str(tmp_path / "qrels"), str(tmp_path / "run")


def test_its_command_knows_them_when_started_by_ours(files):
    command = [sys.executable, "-m", "beir_hybrid", "run", "-m", "ir_measures", *files, "RankDistance@3", "nDCG@1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["RankDistance@3\t3.0000", "nDCG@1\t0.6667"]


def test_its_command_knows_them_wherever_the_hosts_are_enabled(files):
    """As ``beir-hybrid enable`` does at the start of every Python: the registered hosts are activated."""
    code = (
        "from beir_hybrid.hosts.startup import activate_hosts; from beir_hybrid.hosts.launcher import registered_hosts;"
        "activate_hosts(registered_hosts()); import runpy, sys; assert 'ir_measures' not in sys.modules;"
        "runpy.run_module('ir_measures', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *files, "MRC@3", "-q"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "en:1\tMRC@3\t-1.0000"
