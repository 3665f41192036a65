from dataclasses import replace

from beir_hybrid.reports.groups import block_of
from beir_hybrid.reports.trade_offs import trade_off_charts


def debiased(results, method):
    return replace(results, debias={"method": method, "fitted_on": "other"}) if method else results


def block(make_results_of, *methods):
    return block_of({str(method): debiased(make_results_of(lift=0.1 * n), method) for n, method in enumerate(methods)})


def test_strengths_of_a_method_are_connected_from_the_model_as_it_is(make_results_of):
    [chart] = trade_off_charts(block(make_results_of, None, "shift", "shift:0.5", "lir:directions=8"))
    curves = {curve.name: curve for curve in chart.drawn()}
    assert list(curves) == ["shift on other", "lir:directions=8 on other"]
    assert [curve.labels for curve in curves.values()] == [("0", "0.5", "1"), ("0", "1")]
    first = make_results_of().scores
    for curve in curves.values():
        assert curve.points[0] == (first["mono"]["map"], first["cross"]["map"])
    assert (chart.x, chart.y) == ("monolingual mAP", "cross-lingual mAP")


def test_recall_by_language_is_drawn_where_it_was_measured(make_results_of):
    runs = {}
    for n, method in enumerate(("shift:0", "shift")):
        results = debiased(make_results_of(), method)
        multi = {**results.scores["multi"], "same_language_recall@20": 0.6 - n / 10, "tlr@20": 0.1 + n / 10}
        runs[method] = replace(results, scores={**results.scores, "multi": multi})
    [chart] = trade_off_charts(block_of(runs))
    assert [curve.points for curve in chart.curves] == [((0.6, 0.1), (0.5, 0.2))]


def test_curves_of_several_models_are_named_by_them(make_results_of):
    runs = {model: replace(debiased(make_results_of(), "shift"), model=model) for model in ("one", "two")}
    [chart] = trade_off_charts(block_of(runs))
    assert [curve.name for curve in chart.curves] == ["one, shift on other", "two, shift on other"]


def test_nothing_is_drawn_where_nothing_is_debiased(make_results_of):
    assert trade_off_charts(block(make_results_of, None)) == []
