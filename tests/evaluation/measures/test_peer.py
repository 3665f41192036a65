from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kruskal

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.peer import PEER

RELEVANT = ((1, 1.0),)
OTHERS = ((0, 1.0),)
LANGUAGES = ("en", "de", "ar", "th")


@pytest.fixture
def peer_measure():
    """Values of peer_measure by query."""
    import peer_measure as package

    def measure(run, qrels, cutoff, weights):
        languages = {d: d.split(":")[0] for lists in (run, qrels) for found in lists.values() for d in found}
        asked = package.PEER(weights=dict(weights), lang_mapping=languages) @ cutoff
        # its provider calls a function that ir_measures no longer has; its evaluator is what computes
        evaluator = package.PEEREvaluator([asked], qrels, {0: [(cutoff, asked)]}, {0: languages})
        return {found.query_id: found.value for found in evaluator.iter_calc(run)}

    return measure


def draw(rng, levels):
    """Runs without ties over 60 documents, with two relevant documents or more of each grade and language."""
    documents = [f"{code}:{number}" for code in LANGUAGES for number in range(15)]
    run = {f"en:{q}": dict(zip(documents, rng.permutation(60).tolist(), strict=True)) for q in range(4)}
    qrels = {query: {document: int(rng.integers(0, levels + 1)) for document in documents} for query in run}
    for query in run:
        for grade in range(levels + 1):
            qrels[query] |= {f"{code}:{2 * grade + n}": grade for code in LANGUAGES for n in range(2)}
    return run, qrels


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    weights=st.sampled_from([((0, 0.5), (1, 0.5)), RELEVANT, OTHERS, ((0, 0.2), (1, 0.3), (2, 0.5))]),
)
def test_it_equals_peer_measure_where_all_relevant_passages_are_retrieved(run_rankings, peer_measure, seed, weights):
    run, qrels = draw(np.random.default_rng(seed), len(dict(weights)))
    queries, rankings = run_rankings(run, qrels, "en")
    expected = peer_measure(run, qrels, 60, weights)
    assert PEER(60, weights).values(rankings) == pytest.approx([expected[query] for query in queries], abs=1e-9)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), cutoff=st.integers(1, 60))
def test_irrelevant_passages_equal_peer_measure_at_any_depth(run_rankings, peer_measure, seed, cutoff):
    run, qrels = draw(np.random.default_rng(seed), 1)
    queries, rankings = run_rankings(run, qrels, "en")
    expected = peer_measure(run, qrels, cutoff, OTHERS)
    assert PEER(cutoff, OTHERS).values(rankings) == pytest.approx([expected[query] for query in queries], abs=1e-9)


def test_it_is_scipys_kruskal_wallis_test_where_relevant_passages_are_on_top(ranks_of):
    hits = [(1, 1, 0), (2, 1, 1), (3, 1, 0), (4, 1, 0), (5, 1, 2), (6, 1, 1), (7, 1, 2)]
    expected = kruskal([1, 3, 4], [2, 6], [5, 7]).pvalue
    assert PEER(10, RELEVANT).values(ranks_of(hits, languages=LANGUAGES)) == pytest.approx([expected], abs=1e-12)


def test_what_is_beyond_the_cutoff_is_tied_behind_the_last_retrieved_passage(ranks_of):
    # ranks 1 2 3 4 of en en de de are within the cut-off, de at 70 and ar, ar come after it: tied at 6
    hits = [(1, 1, 0), (2, 1, 0), (3, 1, 1), (4, 1, 1), (70, 1, 1), (np.inf, 1, 2), (np.inf, 1, 2)]
    expected = kruskal([1, 2], [3, 4, 6], [6, 6]).statistic
    # scipy corrects for ties by the ranks' true variance, which is what ours divides by in the first place
    values = PEER(50, RELEVANT).values(ranks_of(hits, languages=LANGUAGES))
    assert values == pytest.approx([chi2.sf(expected, 2)], abs=1e-12)


def test_peer_measure_puts_missed_passages_among_the_retrieved_ones(run_rankings, peer_measure):
    # en at ranks 30 and 40, de at 35 and one below the cut-off: peer_measure ranks that one (2 * 4 + 1 + 1) / 2 = 5
    documents = [f"ar:{number}" for number in range(60)]
    documents[29], documents[39], documents[34], documents[58] = "en:1", "en:2", "de:1", "de:2"
    run = {"en:q": {document: float(-place) for place, document in enumerate(documents)}}
    qrels = {"en:q": {"en:1": 1, "en:2": 1, "de:1": 1, "de:2": 1, "ar:1": 0}}
    _, rankings = run_rankings(run, qrels, "en")

    def p_value(english, german):
        everything = np.array([*english, *german])
        between = sum(len(g) * (np.mean(g) - everything.mean()) ** 2 for g in (english, german))
        return chi2.sf(3 * between / ((everything - everything.mean()) ** 2).sum(), 1)

    assert peer_measure(run, qrels, 50, RELEVANT)["en:q"] == pytest.approx(p_value([30, 40], [35, 5]), abs=1e-12)
    assert PEER(50, RELEVANT).values(rankings) == pytest.approx([p_value([30, 40], [35, 41])], abs=1e-12)


def test_one_relevant_passage_per_language_has_no_value(ranks_of, run_rankings, peer_measure):
    rng = np.random.default_rng(1)
    documents = [f"{code}:{number}" for code in LANGUAGES for number in range(15)]
    run = {f"en:{q}": dict(zip(documents, rng.permutation(60).tolist(), strict=True)) for q in range(9)}
    qrels = {query: {f"{code}:0": 1 for code in LANGUAGES} | {"en:1": 0} for query in run}
    constant = set(np.round(list(peer_measure(run, qrels, 60, RELEVANT).values()), 9))
    assert constant == {round(chi2.sf(3, 3), 9)}, "the ranks differ and the p-value does not"
    _, rankings = run_rankings(run, qrels, "en")
    assert np.isnan(PEER(60, RELEVANT).values(rankings)).all()
    assert np.isnan(PEER(60).values(rankings)).all()
    assert not np.isnan(PEER(60, OTHERS).values(rankings)).any()


def test_there_is_nothing_unfair_about_fewer_than_two_languages(ranks_of):
    only_english, nothing_found = [(3, 1, 0), (9, 1, 0)], [(np.inf, 1, 0), (np.inf, 1, 1), (np.inf, 1, 1)]
    other_grade, single = [(1, 2, 0), (2, 2, 0), (3, 2, 1)], [(4, 1, 0)]
    rankings = ranks_of(only_english, nothing_found, other_grade, single, languages=LANGUAGES)
    assert PEER(10, RELEVANT).values(rankings).tolist() == [1, 1, 1, 1]


def test_grades_weigh_what_they_are_given(top_of):
    rankings = top_of("en de:1 en:1 ar en:1 de:1 ar de de:1", sizes=dict.fromkeys(LANGUAGES, 9))
    relevant, others = (PEER(9, weights).values(rankings) for weights in (RELEVANT, OTHERS))
    assert 0 < relevant[0] < 1
    assert others[0] != pytest.approx(relevant[0])
    assert PEER(9).values(rankings) == pytest.approx(relevant / 2 + others / 2, abs=1e-15)
    assert PEER(9, ((0, 0.2), (1, 0.8))).values(rankings) == pytest.approx(0.8 * relevant + 0.2 * others, abs=1e-15)


def test_the_top_is_needed_only_if_irrelevant_passages_weigh_something():
    assert PEER(20).depth == 20
    assert PEER(20, RELEVANT).depth == 0
    assert PEER(20, ((0, 0.0), (1, 1.0))).depth == 0


def test_its_name_tells_weights_other_than_the_default():
    assert PEER(20).name == "peer@20"
    assert PEER(20, ((0, 0.25), (3, 0.75))).name == "peer(0:0.25,3:0.75)@20"


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        pytest.param(((0, 0.5), (1, 0.6)), "add up to 1", id="sum"),
        pytest.param(((0, -0.5), (1, 1.5)), "add up to 1", id="negative"),
        pytest.param(((1, 0.5), (1, 0.5)), "distinct", id="twice"),
        pytest.param(((-1, 0.5), (1, 0.5)), "at least 0", id="below-0"),
    ],
)
def test_wrong_weights_are_refused(weights, message):
    with pytest.raises(ConfigurationError, match=message):
        PEER(10, weights)
