import numpy as np
import pytest
import pytrec_eval
from beir_hybrid_example import host

from beir_hybrid import evaluate
from beir_hybrid.evaluation import Judgements, observed_collection, run_of_results, split_run
from beir_hybrid.testing import HostContract


class TestPytrecEval(HostContract):
    name = "pytrec-eval"
    watched = ("pytrec_eval", "pytrec_eval:RelevanceEvaluator")


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


QRELS = {"en:q": {"en:a": 1, "en:b": 0, "en:c": 2}, "en:r": {"en:a": 1, "en:b": 1}, "en:s": {"en:d": 0}}
RUN = {"en:q": {"en:a": 1.0, "en:b": 2.0, "en:c": 2.0}, "en:r": {"en:d": 1.0, "en:b": 0.5}, "en:s": {"en:d": 1.0}}


def test_value_is_that_of_the_formula_and_other_measures_are_as_ever(active):
    alone = pytrec_eval.RelevanceEvaluator(QRELS, {"map"}).evaluate(RUN)
    both = pytrec_eval.RelevanceEvaluator(QRELS, {"map", "rbp"}).evaluate(RUN)
    assert {query: {"map": values["map"]} for query, values in both.items()} == alone
    found = {query: values["rbp"] for query, values in both.items()}
    # the tie of b and c falls as in trec_eval: c stands first
    assert found == pytest.approx({"en:q": 0.2 * (1 + 0.8**2), "en:r": 0.2 * 0.8, "en:s": 0.0})
    assert pytrec_eval.RelevanceEvaluator(QRELS, {"rbp"}).evaluate(RUN) == {
        query: {"rbp": value} for query, value in found.items()
    }


def test_value_is_that_of_the_registered_measure(active):
    rng = np.random.default_rng(2)
    documents = [f"en:{number}" for number in range(40)]
    qrels = {f"en:q{n}": {doc: int(rng.integers(0, 3)) for doc in rng.permutation(documents)[:12]} for n in range(9)}
    run = {query: {doc: float(rng.integers(0, 6)) for doc in documents} for query in qrels}
    judgements = Judgements(observed_collection("made up", qrels, run, {"en"}))
    [setting] = [setting for setting in judgements.settings if setting.kind == "mono"]
    runs = split_run(run_of_results(run, judgements), judgements, [setting])
    ours = evaluate(runs, judgements, measures=["rbp"]).values.settings[0]
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"rbp"}).evaluate(run)
    assert {query: theirs[query]["rbp"] for query in ours.queries} == pytest.approx(
        dict(zip(ours.queries, ours.values["rbp"].tolist(), strict=True))
    )


@pytest.mark.parametrize(
    ("arguments", "options"), [((QRELS, {"rbp"}, 2), {}), ((QRELS,), {"measures": ["rbp"], "relevance_level": 2})]
)
def test_level_of_relevance_is_pytrec_evals(active, arguments, options):
    evaluator = pytrec_eval.RelevanceEvaluator(*arguments, **options)
    assert evaluator.evaluate(RUN)["en:q"]["rbp"] == pytest.approx(0.2)


def test_without_the_host_pytrec_eval_knows_no_such_measure():
    with pytest.raises(ValueError, match="rbp"):
        pytrec_eval.RelevanceEvaluator(QRELS, {"rbp"})
