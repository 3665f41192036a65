import numpy as np
import pytest
from scipy import stats

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.statistics.equivalence import margin_test
from beir_hybrid.evaluation.statistics.significance import intervals


def differences(*columns, measure="map"):
    """A monolingual setting for each column, all of the same questions."""
    groups = tuple(f"g{number}" for number in range(len(columns[0])))
    settings = (
        SettingValues(f"{chr(97 + place)}a", "mono", groups, groups, {measure: np.asarray(column, float)})
        for place, column in enumerate(columns)
    )
    return QueryValues(tuple(settings))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_p_values_of_symmetric_differences_are_those_of_two_one_sided_t_tests(rng):
    half = rng.normal(0, 1, 15)
    values = 0.1 + np.concatenate([half, -half])  # not skewed, so that nothing is corrected
    tested = margin_test(differences(values), {"map": 0.4})["mono"]["map"]
    expected = (
        stats.ttest_1samp(values, -0.4, alternative="greater").pvalue,
        stats.ttest_1samp(values, 0.4, alternative="less").pvalue,
    )
    assert tested == pytest.approx(expected)
    assert tested[0] < 0.05 < tested[1]


def test_formula_of_the_t_statistic_is_the_textbooks():
    values = np.array([0.02, -0.02, 0.01, -0.01, 0.03, -0.03])
    error = np.sqrt(((values - values.mean()) ** 2).sum() / 5) / np.sqrt(6)
    expected = stats.t.sf((values.mean() + 0.02) / error, 5)
    assert margin_test(differences(values), {"map": 0.02})["mono"]["map"] == pytest.approx((expected, expected))


def test_questions_are_the_units_and_not_their_translations(rng):
    values = rng.normal(0, 1, 20)
    values -= values.mean()
    once = margin_test(differences(values), {"map": 0.4})["mono"]["map"]
    twice = margin_test(differences(values, values), {"map": 0.4})["mono"]["map"]
    assert twice == pytest.approx(once)


@pytest.mark.parametrize("seed", range(40))
def test_both_are_below_a_level_where_the_interval_lies_within_the_margins(seed):
    rng = np.random.default_rng(seed)
    values = differences(rng.exponential(1, 25) - rng.uniform(0.7, 1.3), rng.normal(0, 1, 25))
    [low, high] = intervals(values, 0.90)["scores"]["mono"]["map"]
    margin = rng.uniform(0.1, 0.7)
    below, above = margin_test(values, {"map": margin})["mono"]["map"]
    assert (below < 0.05) == (low > -margin)
    assert (above < 0.05) == (high < margin)


def test_systems_that_never_differ_are_equal_by_any_margin():
    assert margin_test(differences(np.zeros(5)), {"map": 1e-9})["mono"]["map"] == (0.0, 0.0)
    assert margin_test(differences(np.full(5, 0.5)), {"map": 0.25})["mono"]["map"] == (0.0, 1.0)


def test_rate_of_false_equivalence_at_the_margin_is_the_level(rng):
    shown = [
        margin_test(differences(rng.normal(0.2, 1, 400)), {"map": 0.2})["mono"]["map"][1] < 0.05 for _ in range(600)
    ]
    assert 0.03 < np.mean(shown) < 0.07


def test_what_cannot_be_tested_is_left_out():
    assert margin_test(differences([0.1]), {"map": 0.2}) == {}
    assert margin_test(differences([0.1, 0.2]), {"ndcg@10": 0.2}) == {}
    assert margin_test(QueryValues(()), {"map": 0.2}) == {}


@pytest.mark.parametrize("margin", [0, -0.1, float("inf"), float("nan")])
def test_margin_that_is_none_is_refused(margin):
    with pytest.raises(ConfigurationError, match="The margin of map is"):
        margin_test(differences([0.1, 0.2]), {"map": margin})
