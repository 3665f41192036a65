from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run, run_of_results, split_run
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting


@pytest.fixture
def judged(collection):
    return Judgements(collection)


def as_dicts(run, judged):
    """Write a run as BEIR would: scores by query and document."""
    found = {}
    documents = judged.identifiers(run.passage)
    for query, document, score in zip(run.query, documents, run.score, strict=True):
        found.setdefault(judged.queries[query], {})[document] = float(score)
    return found


CLASSIC = (
    "map",
    "map@3",
    "ndcg@1",
    "ndcg@10",
    "recall@1",
    "recall@3",
    "mrr",
    "precision@3",
    "precision@100",
    "success@3",
)


POOL = Setting("en", ("de", "en"), pool=True)


def test_ranks_follow_from_scores_and_ids(named):
    # query 1: 3 | 2, 2, 2 | 1; query 4: two level passages; the larger id comes first
    run = Run(
        np.array([4, 1, 1, 1, 4, 1, 1]),
        np.array([0, 0, 1, 2, 3, 3, 4]),
        [0.5, 2.0, 3.0, 2.0, 0.5, 1.0, 2.0],
        named(["x:9", "x:5", "x:10", "x:8", "x:7"]),
    )
    assert run.query.tolist() == [1, 1, 1, 1, 1, 4, 4]
    assert run.passage.tolist() == [1, 0, 4, 2, 3, 0, 3]
    assert run.score.tolist() == [3, 2, 2, 2, 1, 0.5, 0.5]
    assert run.rank.tolist() == [1, 2, 3, 4, 5, 1, 2]
    assert run.mid_rank.tolist() == [1, 3, 3, 3, 5, 1.5, 1.5]
    assert run.tied.tolist() == [False, True, True, True, False, True, True]
    assert (len(run), run.depth) == (7, 5)
    # (query, passage) as asked for; passages beyond the run's largest must not stand for the next query's first
    assert run.find(np.array([1, 4, 4, 1, 0, 1]), np.array([3, 3, 1, 5, 4, 9])).tolist() == [4, 6, -1, -1, -1, -1]


def test_scores_are_compared_as_float32(named):
    run = Run(np.zeros(4, np.int64), np.arange(4), [1 + 1e-12, 1.0, 1e300, 1e200], named(["a", "b", "c", "d"]))
    assert run.passage.tolist() == [3, 2, 1, 0]
    assert run.mid_rank.tolist() == [1.5, 1.5, 3.5, 3.5]


def test_a_run_may_be_empty(named):
    none = np.empty(0, np.int64)
    run = Run(none, none, [], named([]))
    assert (len(run), run.depth) == (0, 0)
    assert run.find(np.array([0, 3]), np.array([0, 1])).tolist() == [-1, -1]


@st.composite
def cases(draw):
    """Judgements with grades from -1 to 3, and retrieved documents, partly unjudged, with many equal scores."""
    documents = [f"{language}:{number}" for language in ("de", "en") for number in range(draw(st.integers(1, 12)))]
    queries = [f"en:q{number}" for number in range(draw(st.integers(1, 4)))]
    grades = st.dictionaries(st.sampled_from(documents), st.integers(-1, 3), max_size=8)
    # some of these are equal in float32 only
    scores = st.sampled_from([-1.5, 0.0, -0.0, 0.1, 0.1 + 1e-12, 1 / 3, 0.33333333, 7e5, 7e5 + 1e-3, 1e300, 2e300])
    found = st.dictionaries(st.sampled_from(documents), scores | st.floats(-3, 3, width=32), max_size=20)
    qrels = {query: draw(grades) for query in queries}
    qrels["en:q0"][documents[-1]] = 1
    return documents, qrels, {query: draw(found) for query in queries if draw(st.integers(0, 5))}


@settings(deadline=None, max_examples=40)
@given(case=cases())
def test_any_run_scores_as_with_pytrec_eval(trec_eval, case):
    documents, qrels, results = case
    collection = MultilingualCollection(
        name="drawn",
        corpora={code: {d: Passage(d) for d in documents if d.startswith(code)} for code in ("de", "en")},
        queries={"en": dict.fromkeys(qrels, "")},
        qrels=qrels,
    )
    judgements = Judgements(collection)
    runs = {}
    for setting in judgements.settings:
        inside = {
            query: {d: s for d, s in scores.items() if d[:2] in setting.corpus_languages}
            for query, scores in results.items()
        }
        runs[setting] = run_of_results(inside, judgements)
    found = evaluate(runs, judgements, measures=CLASSIC, intervals=False)
    for setting, values in zip(runs, found.values.settings, strict=True):
        judged = {
            query: {d: grade for d, grade in grades.items() if d[:2] in setting.corpus_languages}
            for query, grades in qrels.items()
        }
        answered = [query for query, grades in judged.items() if any(grade > 0 for grade in grades.values())]
        expected = trec_eval(
            {
                query: {d: s for d, s in results.get(query, {}).items() if d[:2] in setting.corpus_languages}
                for query in answered
            },
            {query: judged[query] for query in answered},
        )
        assert values.queries == tuple(answered)
        for name in CLASSIC:
            wanted = [expected.get(query, {}).get(name, 0) for query in answered]
            assert values.values[name] == pytest.approx(wanted, abs=1e-9), (setting.name, name)
            assert found.settings[setting.name][name] == pytest.approx(np.mean(wanted), abs=1e-9)


def test_a_query_without_a_result_counts_0(judged):
    en = Setting("en", ("en",))
    run = run_of_results({"en:q0": {"en:0": 1.0}, "en:q1": {}, "en:q3": {"en:4": 2.0}}, judged)
    found = evaluate({en: run}, judged, measures=["map", "recall@1"])
    assert found.settings == {"en": {"queries": 4, "map": 1 / 4, "recall@1": 1 / 4}}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"en:q0": {"de:1": 1.0}, "en:q8": {"de:1": 1.0}}, "result:2: tiny has no query 'en:q8'"),
        ({"en:q0": {"de:7": 1.0}}, "result:1: tiny has no document 'de:7'"),
        ({"en:q0": {"de:1": float("nan")}}, "result:1: the score of 'de:1' is nan"),
        ({"en:q0": {"de:1": 10**400}}, "result:1: the score of 'de:1' is 1000"),
        ({"en:q0": {"de:1": None}}, "result:1: the score of 'de:1' is None"),
    ],
    ids=["query", "document", "nan", "huge", "none"],
)
def test_wrong_results_of_beir_are_refused(judged, results, message):
    with pytest.raises(DataFormatError, match=message):
        run_of_results(results, judged)


def test_a_run_is_split_by_the_languages_of_its_queries(judged):
    results = {f"{code}:q{n}": {f"de:{n}": 0.5, f"en:{n + 1}": 0.5} for code in ("de", "en", "es") for n in range(3)}
    chosen = [Setting(code, ("de", "en")) for code in ("es", "de")]
    split = split_run(run_of_results(results, judged), judged, chosen)
    assert list(split) == chosen
    for setting, run in split.items():
        assert as_dicts(run, judged) == {q: docs for q, docs in results.items() if q[:2] == setting.query_language}
        assert run.mid_rank.tolist() == [1.5] * 6
