from pathlib import Path

import pytest

from beir_hybrid.reports.grid_charts import grid_charts
from beir_hybrid.reports.groups import blocks_of, groups_of
from beir_hybrid.reports.page.inputs import ReportRun, Sources


@pytest.fixture
def charts_of(make_results):
    def charts(*grid):
        runs = [
            ReportRun(str(place), Path(), {"tiny": make_results(0.1 * place)}, "s", values)
            for place, values in enumerate(grid)
        ]
        [block] = blocks_of(groups_of(Sources(tuple(runs))))
        return grid_charts(block, "map")

    return charts


def test_a_number_that_varies_is_an_axis(charts_of):
    charts = charts_of({"max_steps": 100}, {"max_steps": 50})
    assert [chart.title for chart in charts] == ["Monolingual", "Cross-lingual", "Multilingual", "Language bias"]
    assert {chart.x for chart in charts} == {"max steps"}
    [curve] = charts[1].curves
    assert curve.points == ((50.0, 0.1), (100.0, 0.0))


def test_options_of_a_strategy_are_numbers_too_and_others_lines_of_their_own(charts_of):
    alphas = [{"strategy": f"hybrid(alpha={alpha})", "scale": scale} for alpha in (0.2, 0.5) for scale in (10, 20)]
    charts = charts_of(*alphas)
    assert [chart.x for chart in charts] == ["scale"] * 4 + ["alpha"] * 4
    assert [curve.name for curve in charts[4].curves] == ["hybrid, scale 10", "hybrid, scale 20"]


def test_words_seeds_and_languages_are_no_axes(charts_of):
    assert charts_of({"strategy": "x-y", "seed": 1, "languages": 2}, {"strategy": "hybrid", "languages": 3}) == []
