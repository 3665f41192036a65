"""All measures: equal to pytrec_eval and BEIR, and within what they say of themselves."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from functools import cache
from time import perf_counter

import numpy as np
import pytest
import pytrec_eval
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beir_hybrid.evaluation.measures import Measure, build_measure
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation
from beir_hybrid.registry import MEASURES

CUTOFFS = (1, 3, 10, 100)
THEIRS = {"map": "map", "mrr": "recip_rank"}
THEIRS |= {
    f"{ours}@{k}": f"{theirs}_{k}"
    for ours, theirs in (
        ("map", "map_cut"),
        ("ndcg", "ndcg_cut"),
        ("recall", "recall"),
        ("precision", "P"),
        ("success", "success"),
    )
    for k in CUTOFFS
}
BIAS = (
    "rank_distance@100",
    "language_share[de]@100",
    "same_language_share@100",
    "ndkl@100",
    "mrc@100",
    "peer@100",
    "one_target_map[de]",
    "language_recall[de]@100",
    "same_language_recall@100",
    "tlr@100",
    "lpr",
    *(f"{content}_{language}_language" for content in ("right", "wrong") for language in ("own", "other")),
    "mimo_mrc@100",
    "mimo_peer@100",
)


built = cache(build_measure)  # the entry points need not be read for every example


def pytrec_values(run, qrels):
    """Measure a run with pytrec_eval, a query without a result counting 0."""
    cut = ",".join(map(str, CUTOFFS))
    names = {"map", "recip_rank", *(f"{name}.{cut}" for name in ("map_cut", "ndcg_cut", "recall", "P", "success"))}
    found = pytrec_eval.RelevanceEvaluator(qrels, names).evaluate({query: docs for query, docs in run.items() if docs})
    return {query: found.get(query, dict.fromkeys(THEIRS.values(), 0.0)) for query in qrels}


def draw_run(rng, queries, passages, levels):
    """Draw scores with ties and judgements.

    Scores differ in float64 where they are equal in float32, some documents are not retrieved and some not judged,
    grades reach from -1 to 3 with one above 0 at least, and a query may have no result.
    """
    ids = [f"{rng.choice(['ar', 'en', 'zh'])}:{number}" for number in range(passages)]
    run, qrels = {}, {}
    for query in (f"en:{number}" for number in range(queries)):
        found = rng.permutation(ids)[: rng.integers(0, passages + 1)].tolist()
        run[query] = {doc: float(rng.integers(levels)) / 7 + float(rng.choice([0, 1e-12])) for doc in found}
        judged = rng.permutation(ids)[: rng.integers(1, passages + 1)].tolist()
        qrels[query] = {doc: int(rng.integers(-1, 4)) for doc in judged} | {judged[0]: 2}
    return run, qrels


drawn = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
sizes = {"queries": st.integers(1, 5), "passages": st.integers(1, 150), "levels": st.sampled_from([1, 2, 9, 999])}


@drawn
@given(seed=st.integers(0, 2**32 - 1), **sizes)
def test_classic_measures_equal_pytrec_eval(run_rankings, seed, queries, passages, levels):
    run, qrels = draw_run(np.random.default_rng(seed), queries, passages, levels)
    expected = pytrec_values(run, qrels)
    names, rankings = run_rankings(run, qrels, "en")
    for ours, theirs in THEIRS.items():
        values = built(ours).values(rankings)
        assert values == pytest.approx([expected[query][theirs] for query in names], abs=1e-9), ours


@drawn
@given(seed=st.integers(0, 2**32 - 1), **sizes)
def test_values_are_within_their_range_on_any_run(run_rankings, seed, queries, passages, levels):
    run, qrels = draw_run(np.random.default_rng(seed), queries, passages, levels)
    run |= {query.replace("en:", "ar:"): found for query, found in reversed(run.items())}
    _, rankings = run_rankings(run, qrels, "en")
    lowest = {"mrc@100": -1, "mimo_mrc@100": -1, "ndkl@100": -1e-5}
    highest = {"rank_distance@100": 100, "ndkl@100": np.inf}
    for name in [*THEIRS, *(f"mrr@{k}" for k in CUTOFFS), *BIAS]:
        values = built(name).values(rankings)
        assert values.dtype == np.float64, name
        assert values.shape == (queries,), name
        defined = values[~np.isnan(values)]
        assert (defined >= lowest.get(name, 0) - 1e-12).all(), name
        assert (defined <= highest.get(name, 1) + 1e-12).all(), name


def test_means_equal_beirs_where_there_are_no_ties(run_rankings):
    from beir.retrieval.custom_metrics import mrr, top_k_accuracy
    from beir.retrieval.evaluation import EvaluateRetrieval

    rng = np.random.default_rng(5)
    run, qrels = draw_run(rng, 20, 100, 9)
    # every query has a result: BEIR's own means leave the others out
    run = {query: {f"en:{n}": float(score) for n, score in enumerate(rng.permutation(100))} for query in run}
    qrels = {
        query: {f"en:{doc.split(':')[1]}": grade for doc, grade in found.items()} for query, found in qrels.items()
    }
    ndcg, average_precision, recall, precision = EvaluateRetrieval.evaluate(qrels, run, [1, 10, 100])
    found = ndcg | average_precision | recall | precision
    found |= mrr(qrels, run, [1, 10, 100]) | top_k_accuracy(qrels, run, [1, 10, 100])
    theirs = {"ndcg": "NDCG", "map": "MAP", "recall": "Recall", "precision": "P", "mrr": "MRR", "success": "Accuracy"}
    _, rankings = run_rankings(run, qrels, "en")
    for ours, name in theirs.items():
        for k in (1, 10, 100):
            mean = float(build_measure(f"{ours}@{k}").values(rankings).mean())
            assert mean == pytest.approx(found[f"{name}@{k}"], abs=5.1e-6), ours


def test_queries_that_beirs_means_leave_out_count_0_here(run_rankings):
    from beir.retrieval.evaluation import EvaluateRetrieval

    run = {"en:1": {"en:a": 1.0}}
    qrels = {"en:1": {"en:a": 1}, "en:2": {"en:a": 1}}
    assert EvaluateRetrieval.evaluate(qrels, run, [1])[0]["NDCG@1"] == 1.0
    assert build_measure("ndcg@1").values(run_rankings(run, qrels, "en")[1]).tolist() == [1, 0]


@pytest.mark.parametrize("name", [*THEIRS, *BIAS])
def test_measures_say_what_they_are(name):
    measure = build_measure(name)
    assert isinstance(measure, Measure)
    assert measure.name == name
    assert measure.needs_languages == (name in BIAS)
    assert measure.higher_is_better in (True, False, None)
    assert measure.source
    assert measure.depth in (0, 1, 100)
    assert build_measure(measure.name) == measure
    assert len({measure, build_measure(name)}) == 1
    for field in fields(measure):
        with pytest.raises(FrozenInstanceError):
            setattr(measure, field.name, None)


def test_every_registered_measure_is_tested_here():
    assert {re.split(r"[\[@]", name)[0] for name in (*THEIRS, *BIAS)} == set(MEASURES.names())


def test_thirteen_thousand_queries_take_a_moment():
    queries, languages, rng = 13_090, tuple(f"l{n}" for n in range(11)), np.random.default_rng(2)
    passage = rng.integers(0, 13_014, (queries, 100)) // 100 * 100 + np.arange(100)
    rank = np.sort(rng.integers(1, 13_015, (queries, 11)).astype(float), axis=1).ravel()
    rankings = Rankings(
        query=np.repeat(np.arange(queries), 11),
        rank=rank,
        mid_rank=rank,
        grade=np.ones(queries * 11, np.int64),
        language=rng.permuted(np.tile(np.arange(11), (queries, 1)), axis=1).ravel(),
        languages=languages,
        sizes=np.full(11, 1183),
        query_language="l0",
        queries=queries,
        retrieved=np.full(queries, 13_013),
        top=Top(passage, passage % 11, (passage % 97 == 0).astype(np.int64)),
        translations=lambda: iter(
            [Translation(np.arange(queries), passage[::-1].copy(), lambda asked: (asked, -asked))]
        ),
    )
    for name in [*THEIRS, *BIAS]:
        measure = build_measure(name.replace("de", "l3"))
        start = perf_counter()
        measure.values(rankings)
        assert perf_counter() - start < 3, name  # far above what it takes here, for slower machines
