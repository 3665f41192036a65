import numpy as np
import pytest
import scipy.stats

from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.statistics.comparison import Contrast
from beir_hybrid.evaluation.statistics.pairing import pair_up
from beir_hybrid.evaluation.statistics.significance import paired_test
from beir_hybrid.studies.statistic import contrast_statistic, settle, statistic_over

GROUPS = tuple(f"g{number}" for number in range(30))


def values(*columns, measure="map"):
    settings = []
    for name, column in zip(("en-de", "de-en", "en-ru"), columns, strict=False):
        queries = tuple(f"{name[:2]}:{group}" for group in GROUPS)
        settings.append(SettingValues(name, "cross", queries, GROUPS, {measure: np.asarray(column, float)}))
    return QueryValues(tuple(settings))


def contrast(measure="map", groups=30, difference=0.0, interval=None):
    return Contrast(
        *("run", "cross", None, measure, 2, 60, groups, 0.0, 0.0, difference, interval, 1.0, 1.0, 0.3, "not shown")
    )


def compared(run, baseline, statistic, measure="map"):
    return contrast_statistic(pair_up("run", run, "baseline", baseline), contrast(measure), statistic)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_worst_follows_the_measures_direction_and_spread_is_over_settings():
    means = np.array([[0.1, 0.4], [0.3, 0.3]])
    assert statistic_over("worst", "map")(means).tolist() == [0.1, 0.3]
    assert statistic_over("worst", "rank_distance")(means).tolist() == [0.4, 0.3]
    assert statistic_over("spread", "map")(means) == pytest.approx([0.15, 0])


def test_in_one_setting_the_worst_is_the_mean(rng):
    """Bootstrap and test then are those of the mean, which other code computes."""
    run, baseline = values(rng.random(30) + 0.15), values(rng.random(30))
    found = compared(run, baseline, "worst")
    pair = pair_up("run", run, "baseline", baseline)
    groups = len(GROUPS)
    level = 2 * scipy.stats.norm.cdf(-np.sqrt(groups / (groups - 1)) * scipy.stats.t.ppf(0.975, groups - 1))
    low, high = scipy.stats.bootstrap(
        (pair.differences.settings[0].values["map"],),
        np.mean,
        confidence_level=1 - level,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert found.difference == pytest.approx(pair.differences.macro()["cross"]["map"])
    assert found.interval == pytest.approx((low, high), abs=0.005)
    assert found.p == pytest.approx(paired_test(pair.differences)["scores"]["cross"]["map"], abs=0.01)


def test_interval_of_a_spread_covers_the_true_difference_and_the_test_sees_it(rng):
    noise = rng.normal(0, 0.02, (2, 2, 30))
    run = values(0.45 + noise[0, 0], 0.55 + noise[0, 1])
    baseline = values(0.3 + noise[1, 0], 0.7 + noise[1, 1])
    found = compared(run, baseline, "spread")
    assert found.interval[0] < -0.15 < found.interval[1]
    assert -0.17 < found.interval[0] < found.interval[1] < -0.13
    assert (found.p, found.effect) == (1 / 10000, None)


def test_same_values_differ_by_nothing(rng):
    same = values(rng.random(30), rng.random(30))
    for statistic in ("worst", "spread"):
        found = compared(same, same, statistic)
        assert (found.difference, found.interval, found.p) == (0.0, (0.0, 0.0), 1.0)


def test_p_values_are_uniform_where_the_sides_are_alike(rng):
    chances = [
        compared(values(*rng.random((2, 30))), values(*rng.random((2, 30))), statistic).p
        for statistic in ("worst", "spread")
        for _ in range(15)
    ]
    assert 0.3 < np.mean(chances) < 0.7
    assert min(chances) < 0.3


def test_queries_without_a_value_are_left_out_of_both_sides(rng):
    run, baseline = rng.random((2, 30)), rng.random((2, 30))
    run[0, 3] = baseline[1, 5] = np.nan
    found = compared(values(*run), values(*baseline), "worst")
    there = ~np.isnan(run + baseline)
    expected = [min(side[place][there[place]].mean() for place in range(2)) for side in (run, baseline)]
    assert (found.mean, found.baseline) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


@pytest.mark.parametrize(
    ("statistic", "difference", "word"),
    [("mean", 0.1, "better"), ("worst", -0.1, "worse"), ("spread", 0.1, "higher"), ("spread", -0.1, "lower")],
)
def test_spread_is_higher_or_lower_and_never_better(statistic, difference, word):
    shown = contrast(difference=difference, interval=(difference - 0.05, difference + 0.05))
    assert settle(shown, 0.01, statistic) == word
    assert settle(shown, 0.2, statistic) == "not shown"
