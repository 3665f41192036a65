from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from beir_hybrid.evaluation.measures.mimo_mrc import MimoMRC


def scores_of(rng, levels=None, passages=30):
    """Draw scores of five questions in three languages for passages, with ties if levels are given."""
    names = [f"{code}:{number}" for number in range(5) for code in ("ar", "de", "en")]
    draw = (lambda: rng.permutation(passages) / 7) if levels is None else (lambda: rng.integers(levels, size=passages))
    return {
        query: dict(zip((f"en:d{n:02}" for n in range(passages)), map(float, draw()), strict=True)) for query in names
    }


def correlate_union(first, second, cutoff):
    """Correlate two queries' scores of the passages that either has among its first, ties by the larger id."""
    tops = [sorted(each, key=lambda doc: (each[doc], doc), reverse=True)[:cutoff] for each in (first, second)]
    union = sorted({*tops[0], *tops[1]})
    return spearmanr([first[doc] for doc in union], [second[doc] for doc in union]).statistic


@pytest.mark.parametrize("levels", [None, 4], ids=["no ties", "ties"])
@pytest.mark.parametrize("cutoff", [1, 3, 10, 50])
def test_it_is_the_mean_spearman_correlation_of_scores_over_both_lists(run_rankings, levels, cutoff):
    run = scores_of(np.random.default_rng(cutoff), levels)
    names, rankings = run_rankings(run, {f"en:{number}": {"en:d00": 1} for number in range(5)}, "en")
    with np.errstate(all="ignore"):
        expected = []
        for name in names:
            pairs = [correlate_union(run[name], run[f"{other}{name[2:]}"], cutoff) for other in ("ar", "de")]
            expected.append(np.nanmean(pairs) if not np.isnan(pairs).all() else np.nan)
    assert MimoMRC(cutoff).values(rankings) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_what_a_cut_off_run_lacks_is_level_behind_all_it_has(run_rankings):
    run = {"en:1": {"en:a": 3.0, "en:b": 2.0}, "de:1": {"en:c": 9.0, "en:a": 8.0}}
    _, rankings = run_rankings(run, {"en:1": {"en:a": 1}}, "en")
    assert MimoMRC(2).values(rankings) == pytest.approx([spearmanr([3, 2, 1], [2, 1, 3]).statistic], abs=1e-15)


def test_a_translation_that_retrieves_nothing_else_is_left_out(run_rankings):
    run = {"en:1": {"en:a": 3.0}, "de:1": {"en:a": 1.0}}
    assert np.isnan(MimoMRC(3).values(run_rankings(run, {"en:1": {"en:a": 1}}, "en")[1])).all()
