from __future__ import annotations

import pytest

from beir_hybrid.evaluation.results import Results
from beir_hybrid.quickstart import STRATEGIES, run


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_hybrid_batches_bring_languages_together(seed, tmp_path):
    runs = run(seed=seed, output=tmp_path)
    assert tuple(runs) == STRATEGIES
    alone, hybrid = runs["x-x-mono"].scores, runs["hybrid"].scores
    assert hybrid["cross"]["map"] > alone["cross"]["map"]
    assert hybrid["multi"]["map"] > alone["multi"]["map"]
    assert hybrid["multi"]["rank_distance"] < alone["multi"]["rank_distance"]
    for strategy, results in runs.items():
        assert Results.load(tmp_path / strategy) == results
        assert results.model == f"static, {strategy}"
        assert len(results.settings) == 11 + 110 + 11
        assert {values["queries"] for values in results.settings.values()} == {74}
