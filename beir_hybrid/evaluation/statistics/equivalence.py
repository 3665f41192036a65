"""Equivalence: whether a mean difference is shown to be smaller than a margin.

Two one-sided tests (Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987): that the difference is
above minus the margin, and that it is below the margin. Both together show that two systems are equal for all that
matters; one alone shows that one of them is not worse than the other by the margin. Clustered by question, as the
intervals are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues
from beir_hybrid.evaluation.statistics.significance import GroupSums, Jackknife

ByKind = dict[str, dict[str, tuple[float, float]]]


def margin_test(differences: QueryValues, margins: Mapping[str, float]) -> ByKind:
    """Test the macro means of differences against a margin on either side, each one-sided.

    Standard errors, degrees of freedom and the correction for skewness are those of
    :func:`~beir_hybrid.evaluation.statistics.significance.intervals`, so that both p-values are below .05 where the
    90 % interval lies within the margins, and only there.

    Args:
        differences: By query, the value of one system minus the value of the other; NaN where either has none.
        margins: By measure, the largest difference that does not matter, above 0 and in the measure's unit; measures
            that are not named are left out.

    Returns:
        By kind and measure, the p-values that the difference is at most minus the margin, and that it is at least the
        margin: the smaller, the surer is the opposite. Means with values of fewer than two questions are left out.

    Raises:
        ConfigurationError: If a margin is not above 0.
    """
    for measure, margin in margins.items():
        if not 0 < margin < np.inf:
            raise ConfigurationError(f"The margin of {measure} is {margin}.", "Give a number above 0, such as 0.01.")
    columns = GroupSums.of(differences)
    tested: ByKind = {}
    if len(columns.sums) < 2 or not columns.names:
        return tested
    spread = Jackknife.of(columns)
    for place, (kind, measure) in enumerate(columns.kinds):
        if measure in margins and spread.groups[place] > 1:
            mean, error, freedom, skewness = (
                float(each[place]) for each in (spread.means, spread.errors, spread.freedom, spread.skewness)
            )
            chances = [_chance(side * mean + margins[measure], error, freedom, side * skewness) for side in (1, -1)]
            tested.setdefault(kind, {})[measure] = (chances[0], chances[1])
    return tested


def _chance(distance: float, error: float, freedom: float, skewness: float) -> float:
    """Return the p-value of a distance that would be at most 0 if the difference lay on the margin or beyond."""
    from scipy.special import stdtr

    if error == 0:
        return float(distance <= 0)
    quantile = distance / error
    # Hall's transformation, of which the intervals take the inverse
    straight = quantile + skewness / 3 * quantile**2 + skewness**2 / 27 * quantile**3 + skewness / 6
    return float(stdtr(freedom, -min(quantile, straight)))
