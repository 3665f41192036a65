"""All measures: built by name, and equal to pytrec_eval and BEIR."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation.measures import Measure, build_measure
from beir_hybrid.evaluation.measures.average_precision import AveragePrecision
from beir_hybrid.evaluation.measures.ndcg import NDCG
from beir_hybrid.evaluation.measures.rank_distance import RankDistance
from beir_hybrid.evaluation.measures.recall import Recall

CLASSIC = ("map", "ndcg@1", "ndcg@3", "ndcg@10", "ndcg@100", "recall@1", "recall@3", "recall@10", "recall@100")


def draw_run(rng, queries, passages, levels):
    """Scores with ties (every eighth is exact in float32), grades from -1 to 3, at least one above 0."""
    ids = [f"{rng.choice(['ar', 'en', 'zh'])}:{number}" for number in range(passages)]
    run = {f"q{query}": {document: float(rng.integers(levels)) / 8 for document in ids} for query in range(queries)}
    qrels = {
        query: {
            document: int(rng.integers(-1, 4)) for document in rng.permutation(ids)[: rng.integers(1, passages + 1)]
        }
        for query in run
    }
    for query in qrels:
        qrels[query][ids[0]] = 2
    return run, qrels


def hits(run, qrels):
    """Rank and grade of every relevant passage by query, by sorting the run."""
    for query, scores in run.items():
        order = sorted(scores, key=lambda document: (scores[document], document), reverse=True)
        yield [(n, qrels[query][doc]) for n, doc in enumerate(order, start=1) if qrels[query].get(doc, 0) > 0]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    queries=st.integers(1, 4),
    passages=st.integers(1, 150),
    levels=st.sampled_from([2, 9, 999]),
)
def test_classic_measures_equal_pytrec_eval(ranks_of, trec_eval, seed, queries, passages, levels):
    run, qrels = draw_run(np.random.default_rng(seed), queries, passages, levels)
    expected = trec_eval(run, qrels)
    ranks = ranks_of(*hits(run, qrels), passages=passages)
    for name in CLASSIC:
        values = build_measure(name).values(ranks)
        assert values == pytest.approx([expected[query][name] for query in run], abs=1e-9), name


def test_means_equal_beirs_evaluate(ranks_of):
    from beir.retrieval.evaluation import EvaluateRetrieval

    run, qrels = draw_run(np.random.default_rng(5), 20, 100, 9)
    ndcg, average_precision, recall, _ = EvaluateRetrieval.evaluate(qrels, run, [1, 10, 100])
    ranks = ranks_of(*hits(run, qrels))
    expected = {"map": average_precision["MAP@100"]}  # all 100 passages are ranked
    expected |= {f"ndcg@{k}": ndcg[f"NDCG@{k}"] for k in (1, 10, 100)}
    expected |= {f"recall@{k}": recall[f"Recall@{k}"] for k in (1, 10, 100)}
    assert {name: round(float(build_measure(name).values(ranks).mean()), 5) for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("map", AveragePrecision()),
        ("ndcg@10", NDCG(10)),
        ("recall@100", Recall(100)),
        ("rank_distance", RankDistance()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_measures_are_built_by_name_and_carry_it(name, measure):
    built = build_measure(name)
    assert built == measure
    assert built.name == name
    assert isinstance(built, Measure)


@pytest.mark.parametrize("name", ["map", "ndcg@10", "recall@1"])
def test_classic_measures_are_better_when_higher_and_need_one_language(name):
    assert build_measure(name).higher_is_better
    assert not build_measure(name).needs_languages


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("ndcg", "'ndcg' needs a cut-off. Write ndcg@10, or another cut-off.", id="missing"),
        pytest.param("map@10", "'map@10' takes no cut-off. Write map.", id="not-taken"),
        pytest.param(
            "rank_distance@5", "'rank_distance@5' takes no cut-off. Write rank_distance.", id="not-taken-either"
        ),
        pytest.param("ndcg@", "The cut-off of 'ndcg@' is ''. Give a number: ndcg@10", id="empty"),
        pytest.param("ndcg@0", "The cut-off of 'ndcg@0' is '0'. Give a number: ndcg@10", id="zero"),
        pytest.param("ndcg@-3", "The cut-off of 'ndcg@-3' is '-3'. Give a number: ndcg@10", id="negative"),
        pytest.param("recall@ten", "The cut-off of 'recall@ten' is 'ten'. Give a number: recall@10", id="word"),
        pytest.param("recall@1.5", "The cut-off of 'recall@1.5' is '1.5'. Give a number: recall@10", id="fraction"),
    ],
)
def test_a_wrong_cutoff_is_refused(name, message):
    with pytest.raises(ConfigurationError) as error:
        build_measure(name)
    assert str(error.value) == message


def test_an_unknown_measure_is_refused_with_the_closest_name():
    with pytest.raises(UnknownNameError, match=r"There is no measure 'ndgc'\. Did you mean 'ndcg'\?"):
        build_measure("ndgc@10")
