from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.statistics import significance
from beir_hybrid.evaluation.statistics.significance import effect_sizes, holm, intervals, paired_test

NAN = float("nan")


def setting(name, values, kind="mono", groups=None, measure="map"):
    values = np.asarray(values, float)
    groups = tuple(map(str, range(len(values)) if groups is None else groups))
    queries = tuple(f"{name}:{row}" for row in range(len(values)))
    return SettingValues(name, kind, queries, groups, {measure: values})


def one(values, groups=None):
    return QueryValues((setting("en", values, groups=groups),))


def test_the_interval_of_a_mean_is_the_analytic_one():
    values = np.random.default_rng(1).normal(5, 2, 400)
    low, high = intervals(one(values))["settings"]["en"]["map"]
    half = scipy.stats.norm.ppf(0.975) * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.05 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.05 * half)


@pytest.mark.parametrize(("confidence", "groups"), [(0.5, 60), (0.95, 60), (0.95, 4)])
def test_intervals_cover_the_true_mean_as_often_as_they_say(confidence, groups):
    rng = np.random.default_rng(2)
    samples = QueryValues(tuple(setting(f"s{number}", rng.normal(3, 1, groups)) for number in range(1000)))
    found = intervals(samples, confidence)["settings"].values()
    covered = np.mean([low <= 3 <= high for each in found for low, high in each.values()])
    assert covered == pytest.approx(confidence, abs=0.04)


def test_symmetric_values_have_students_interval():
    half = np.random.default_rng(3).random(25)
    values = np.concatenate([0.5 + half, 0.5 - half])
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert intervals(one(values), 0.9)["settings"]["en"]["map"] == pytest.approx(list(expected))


def uneven():
    """Three settings whose groups have no, one or two queries, and one undefined value."""
    rng = np.random.default_rng(4)
    groups = {"en": range(12), "de": [*range(5), *range(5)], "fr": range(3, 12)}
    data = {name: rng.exponential(1, len(found)) for name, found in groups.items()}
    data["fr"][2] = NAN
    return QueryValues(tuple(setting(name, data[name], groups=found) for name, found in groups.items()))


def by_hand(values, confidence=0.95):
    """The macro mean's interval by the book: means of the values that are left, and matrices."""

    def macro_mean(kept):
        return np.mean(
            [np.nanmean(each.values["map"][[group in kept for group in each.groups]]) for each in values.settings]
        )

    groups = list(dict.fromkeys(group for each in values.settings for group in each.groups))
    mean, size = macro_mean(groups), len(groups)
    without = np.array([macro_mean([other for other in groups if other != group]) for group in groups])
    error = np.sqrt((size - 1) / size * ((without - mean) ** 2).sum())
    weight = np.zeros(size)
    for each in values.settings:
        there = [group for group, value in zip(each.groups, each.values["map"], strict=True) if value == value]
        weight += [there.count(group) / len(there) / len(values.settings) for group in groups]
    deviations = np.eye(size) - np.outer(np.ones(size), weight)
    form = deviations.T @ np.diag((weight / (1 - weight)) ** 2) @ deviations
    freedom = np.trace(form) ** 2 / np.trace(form @ form)
    s = scipy.stats.skew(-without) / np.sqrt(size)
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, freedom)

    def unskewed(x):
        def transformed(t):
            return t + s / 3 * t**2 + s**2 / 27 * t**3 + s / 6 - x

        return scipy.optimize.brentq(transformed, -1000, 1000)

    return mean - max(quantile, unskewed(quantile)) * error, mean + max(quantile, -unskewed(-quantile)) * error


@pytest.mark.parametrize("sign", [1, -1], ids=["skewed to the right", "skewed to the left"])
def test_uneven_groups_have_the_interval_by_hand(sign):
    values = QueryValues(tuple(replace(each, values={"map": sign * each.values["map"]}) for each in uneven().settings))
    found = intervals(values)["scores"]["mono"]["map"]
    assert found == pytest.approx(by_hand(values))
    [low, high] = found
    mean = values.macro()["mono"]["map"]
    assert sign * (high - mean) > sign * (mean - low)  # farther out on the side of the long tail


def test_setting_with_one_group_adds_no_width_to_its_kinds_interval():
    values = np.random.default_rng(6).normal(0, 1, 30)
    [low, high] = intervals(one(values))["scores"]["mono"]["map"]
    found = intervals(QueryValues((setting("en", values), setting("de", [0.25], groups=[30]))))
    assert "de" not in found["settings"]
    assert found["scores"]["mono"]["map"] == pytest.approx([(low + 0.25) / 2, (high + 0.25) / 2])
    apart = QueryValues((setting("en", [0.5], groups="a"), setting("de", [0.25], groups="b")))
    assert intervals(apart) == {"scores": {}, "settings": {}}


def test_one_group_with_most_queries_widens_the_interval():
    values = np.random.default_rng(6).normal(0, 1, 40)
    even = one(values, groups=[number % 10 for number in range(40)])
    heavy = one(values, groups=[*range(9), *[9] * 31])
    [low, high], [far_low, far_high] = (intervals(each)["settings"]["en"]["map"] for each in (even, heavy))
    assert far_high - far_low > 3 * (high - low)


def test_intervals_end_at_the_bounds_of_a_measure():
    values = one([0.0, 0.0, 0.0, 0.6])
    [low, high] = intervals(values)["settings"]["en"]["map"]
    assert (low < 0, high > 0.6) == (True, True)
    assert intervals(values, bounds={"map": (0.0, float("inf"))})["settings"]["en"]["map"] == [0.0, high]
    assert intervals(values, bounds={"map": (-1.0, 0.5)})["scores"]["mono"]["map"] == [low, 0.5]
    assert intervals(values, bounds={"other": (0.0, 0.1)})["settings"]["en"]["map"] == [low, high]


def width(values):
    low, high = intervals(values)["scores"]["mono"]["map"]
    return high - low


def test_copies_of_one_question_do_not_narrow_the_interval():
    values = np.random.default_rng(5).random(200)
    copies = QueryValues(tuple(setting(f"l{number}", values) for number in range(9)))
    apart = QueryValues(
        tuple(setting(f"l{number}", values, groups=np.arange(200) + 200 * number) for number in range(9))
    )
    assert width(copies) == pytest.approx(width(one(values)), 1e-5)
    assert width(copies) == pytest.approx(3 * width(apart), 0.1)


def test_measures_and_kinds_are_told_apart():
    values = np.random.default_rng(6).random(30)
    both = SettingValues("en-de", "cross", setting("en", values).queries, setting("en", values).groups, {})
    both = QueryValues(
        (setting("en", values), SettingValues(both.name, both.kind, both.queries, both.groups, {"map": values + 1}))
    )
    found = intervals(both)
    assert found["scores"]["cross"]["map"] == pytest.approx([bound + 1 for bound in found["scores"]["mono"]["map"]])
    assert list(found["settings"]) == ["en", "en-de"]


def test_undefined_values_change_nothing():
    values = np.random.default_rng(7).random(40)
    some = intervals(QueryValues((setting("en", [*values, NAN], groups=[*range(40), 0]),)))
    assert some == intervals(one(values))


def test_equal_values_have_an_interval_without_width():
    assert intervals(one([0.1] * 7))["settings"]["en"]["map"] == [pytest.approx(0.1, abs=1e-15)] * 2


def test_large_values_keep_their_digits():
    values = 1e7 + np.random.default_rng(8).random(100)
    low, high = intervals(one(values))["settings"]["en"]["map"]
    near = intervals(one(values - 1e7))["settings"]["en"]["map"]
    assert [low - 1e7, high - 1e7] == pytest.approx(near, abs=1e-6)


@pytest.mark.parametrize(
    ("values", "groups"), [([], None), ([0.5], None), ([0.5, 1.0], "aa"), ([NAN, NAN], None), ([NAN, 1.0], None)]
)
def test_fewer_than_two_groups_have_no_interval(values, groups):
    assert intervals(one(values, groups)) == {"scores": {}, "settings": {}}


@pytest.mark.parametrize("options", [{"confidence": 0.0}, {"confidence": 1.0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ConfigurationError, match="Give"):
        intervals(one([0.5, 1.0]), **options)


def test_many_groups_are_flipped_in_small_batches_with_the_same_result(monkeypatch):
    values = one(np.random.default_rng(9).normal(0.1, 1, 40))
    expected = paired_test(values)
    monkeypatch.setattr(significance, "_BATCH_NUMBERS", 1000)
    assert paired_test(values) == expected


def test_seeds_decide():
    values = one(np.random.default_rng(9).random(30) - 0.45)
    assert paired_test(values, seed=1) == paired_test(values, seed=1) != paired_test(values, seed=2)


def chance(values, **options):
    return paired_test(values, **options)["scores"]["mono"]["map"]


@pytest.mark.parametrize("seed", range(5))
def test_few_groups_are_tested_exactly(seed):
    rng = np.random.default_rng(seed)
    groups = {"en": np.arange(7), "de": np.array([0, 0, 1, 2, 5])}
    data = {name: rng.integers(-2, 4, len(found)) / 4 for name, found in groups.items()}  # many equal sums
    values = QueryValues(tuple(setting(name, data[name], groups=found) for name, found in groups.items()))

    def macro_mean(signs):
        return np.mean([np.mean(np.asarray(signs)[groups[name]] * data[name]) for name in groups])

    observed = abs(macro_mean(np.ones(7)))
    reached = [abs(macro_mean(signs)) >= observed - 1e-12 for signs in product([1, -1], repeat=7)]
    assert chance(values) == np.mean(reached)


def test_the_exact_test_is_scipys():
    values = np.random.default_rng(10).normal(0.4, 1, 10)
    expected = scipy.stats.permutation_test((values,), np.mean, permutation_type="samples").pvalue
    assert chance(one(values)) == pytest.approx(expected)


def test_the_random_test_is_near_scipys():
    values = np.random.default_rng(11).normal(0.15, 1, 100)
    expected = scipy.stats.permutation_test((values,), np.mean, permutation_type="samples", rng=0).pvalue
    assert 0.05 < expected < 0.5
    assert chance(one(values)) == pytest.approx(expected, abs=0.015)


def test_the_random_test_is_near_the_exact_one():
    values = one(np.random.default_rng(12).normal(0.5, 1, 12))
    assert chance(values, resamples=4000) == pytest.approx(chance(values, resamples=4096), abs=0.03)


def test_no_difference_has_the_p_value_of_1():
    assert chance(one(np.zeros(50))) == 1.0


def test_a_sure_difference_has_the_smallest_p_value():
    assert chance(one(np.ones(50)), resamples=999) == 1 / 1000
    assert chance(one(np.ones(5))) == 2 / 32


def test_p_values_of_equal_systems_are_uniform():
    rng = np.random.default_rng(13)
    samples = QueryValues(tuple(setting(f"s{number}", rng.normal(0, 1, 40)) for number in range(1000)))
    found = [p for each in paired_test(samples, resamples=1000)["settings"].values() for p in each.values()]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.025)
    assert np.mean(found) == pytest.approx(0.5, abs=0.04)


def test_copies_of_one_question_do_not_lower_the_p_value():
    values = np.random.default_rng(14).normal(0.12, 1, 100)
    copies = QueryValues(tuple(setting(f"l{number}", values) for number in range(9)))
    apart = QueryValues(
        tuple(setting(f"l{number}", values, groups=np.arange(100) + 100 * number) for number in range(9))
    )
    assert chance(copies) == chance(one(values)) > 0.05
    assert chance(apart) < 0.05


def test_the_settings_may_be_left_untested():
    values = one(np.random.default_rng(15).normal(0, 1, 30))
    assert paired_test(values, settings=False) == {"scores": paired_test(values)["scores"], "settings": {}}


def test_a_test_without_flips_is_refused():
    with pytest.raises(ConfigurationError, match="number of resamples is 0"):
        paired_test(one([1.0]), resamples=0)


def test_no_values_have_no_test():
    assert paired_test(one([NAN])) == paired_test(QueryValues(())) == {"scores": {}, "settings": {}}


def test_the_effect_is_the_mean_over_the_standard_deviation_of_the_groups():
    assert effect_sizes(one([1.0, 2.0, 3.0, NAN]))["settings"]["en"]["map"] == pytest.approx(2.0)
    clustered = one([0.5, 1.5, 2.0, 2.0, 3.0, 3.0], groups="aabbcc")
    assert effect_sizes(clustered)["scores"]["mono"]["map"] == pytest.approx(2.0)
    assert effect_sizes(one([-1.0, -2.0, -3.0]))["scores"]["mono"]["map"] == pytest.approx(-2.0)


@pytest.mark.parametrize("values", [[], [1.0], [0.1] * 10, [0.0] * 10])
def test_groups_that_do_not_vary_have_no_effect_size(values):
    assert effect_sizes(one(values)) == {"scores": {}, "settings": {}}


@pytest.mark.parametrize(
    ("given", "corrected"),
    [
        ([], []),
        ([0.2], [0.2]),
        ([0.03, 0.01, 0.04], [0.06, 0.03, 0.06]),  # 3 x .01; 2 x .03; 1 x .04, but not below the one before
        ([0.5, 0.9, 0.6], [1.0, 1.0, 1.0]),
        # multipletests(..., method="holm") of statsmodels and p.adjust(..., "holm") of R give these
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
    ],
)
def test_holms_correction_by_hand(given, corrected):
    assert holm(given) == pytest.approx(corrected)


@given(st.lists(st.floats(0, 1), min_size=1))
def test_holm_keeps_order_and_lies_between_no_correction_and_bonferronis(p_values):
    found = np.array(holm(p_values))
    given_values = np.array(p_values)
    assert (found >= given_values).all()
    assert (found <= np.minimum(given_values * len(p_values), 1)).all()
    assert (np.diff(found[np.argsort(given_values, kind="stable")]) >= 0).all()
