import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid_mteb import means_by_kind


def test_means_are_macro_means_over_the_subsets_of_a_kind(model, task_class, collection, run):
    means = means_by_kind(run(model, task_class()))
    ours = evaluate(model, collection, measures=["default", "bias"]).scores
    assert set(means) == set(ours)
    for kind, of_kind in ours.items():
        assert means[kind]["map"] == pytest.approx(of_kind["map"], abs=1e-12)
        assert means[kind]["ndcg_at_10"] == pytest.approx(of_kind["ndcg@10"], abs=1e-5)
    assert means["multi"]["rank_distance"] == pytest.approx(ours["multi"]["rank_distance"], abs=1e-9)
    assert "rank_distance" not in means["mono"]


def test_kinds_without_a_subset_are_left_out(model, task_class, run):
    task = task_class().filter_languages(None, None, hf_subsets=["en-all", "de-all"])
    result = run(model, task)
    means = means_by_kind(result)
    assert set(means) == {"multi"}
    assert means["multi"]["ndcg_at_10"] == pytest.approx(
        np.mean([each["ndcg_at_10"] for each in result.scores["test"]])
    )
