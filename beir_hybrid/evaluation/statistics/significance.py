"""Significance: how far means, and differences of means, could be chance. Clustered by question throughout.

The translations of one question are hard or easy together, and one question is asked in many settings. So the unit that
is left out, or whose sign is flipped, is the group of all values that belong to one question, in all settings and
measures at once. Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11, on the jackknife;
Smucker, Allan and Carterette, CIKM 2007, on the randomization test in retrieval; Holm, Scandinavian Journal of
Statistics 6 (1979).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeVar

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues

RESAMPLES = 9999
FEW = 20
"""With fewer groups, intervals of skewed values are too narrow; see :func:`intervals`."""
_BATCH_NUMBERS = 2**21  # drawn at a time: draws x groups, of 8 bytes each

T = TypeVar("T")
ByMean = dict[str, dict[str, dict[str, T]]]
"""``{"scores": {kind: {measure: ...}}, "settings": {setting: {measure: ...}}}``, as in ``Results.intervals``."""


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Values added up by group: a column is one measure in one setting.

    Attributes:
        names: Setting and measure of each column.
        sums: Shape (groups, columns), the sum of the group's values.
        counts: Shape (groups, columns), the number of the group's values.
        kinds: Kind and measure of each macro mean, in the order of ``weights``.
        weights: Shape (macro means, columns), 1 / settings where the column belongs to the macro mean, else 0.
    """

    names: list[tuple[str, str]]
    sums: Floats
    counts: Floats
    kinds: list[tuple[str, str]]
    weights: Floats

    @classmethod
    def of(cls, values: QueryValues) -> GroupSums:
        """Add up the values by group; measures without any value in a setting have no column."""
        groups = dict.fromkeys(group for setting in values.settings for group in setting.groups)
        number = {group: place for place, group in enumerate(groups)}
        names: list[tuple[str, str]] = []
        sums: list[Floats] = [np.empty((len(number), 0))]
        counts: list[Floats] = [np.empty((len(number), 0))]
        members: dict[tuple[str, str], list[int]] = {}
        for kind, settings in values.kinds().items():
            for setting in settings:
                place = np.array([number[group] for group in setting.groups], np.int64)
                for measure, column in setting.values.items():
                    there = ~np.isnan(column)
                    if there.any():
                        members.setdefault((kind, measure), []).append(len(names))
                        names.append((setting.name, measure))
                        for table, added in ((sums, column[there]), (counts, None)):
                            by_group = np.bincount(place[there], added, len(number))
                            table.append(by_group.astype(np.float64, copy=False)[:, None])
        weights = np.zeros((len(members), len(names)))
        for row, places in enumerate(members.values()):
            weights[row, places] = 1 / len(places)
        return cls(names, np.hstack(sums), np.hstack(counts), list(members), weights)

    def columns(self, kind: str, measure: str) -> Ints:
        """Return the numbers of the columns that a kind's macro mean of a measure is over."""
        return np.flatnonzero(self.weights[self.kinds.index((kind, measure))])

    @property
    def means(self) -> Floats:
        """Shape (columns,), the mean of each measure in each setting."""
        return self.sums.sum(axis=0) / self.counts.sum(axis=0)

    def shares(self) -> Floats:
        """Shape (groups, macro means + columns): what each group adds to each mean."""
        shares = self.sums / self.counts.sum(axis=0)
        return np.hstack([shares @ self.weights.T, shares])

    def without_each(self) -> tuple[Floats, Floats]:
        """How each mean changes without each group, and each group's share of it.

        Returns:
            Two arrays of shape (groups, macro means + columns). A column with values of one group only
            does not change, and that group has no share of it.
        """
        total = self.counts.sum(axis=0)
        rest = total - self.counts
        changes = np.where(rest > 0, self.counts * self.means - self.sums, 0) / np.maximum(rest, 1)
        shares = np.where(rest > 0, self.counts, 0) / total
        changes, shares = (np.hstack([part @ self.weights.T, part]) for part in (changes, shares))
        return changes, shares / np.maximum(shares.sum(axis=0), 1e-12)

    def present(self) -> Bools:
        """Shape (groups, macro means + columns): whether the group has a value that counts there."""
        return np.hstack([self.counts @ self.weights.T > 0, self.counts > 0])

    def name(self, values: Sequence[Any]) -> ByMean[Any]:
        """Sort one value per macro mean and column under its names; leave None out."""
        named: ByMean[Any] = {"scores": {}, "settings": {}}
        places = [("scores", *key) for key in self.kinds] + [("settings", *key) for key in self.names]
        for (part, key, measure), value in zip(places, values, strict=True):
            if value is not None:
                named[part].setdefault(key, {})[measure] = value
        return named


@dataclass(frozen=True, eq=False)
class Jackknife:
    """What leaving each group out tells of the means; see :func:`intervals`. All have shape (macro means + columns,).

    Attributes:
        means: The means.
        errors: Their standard errors.
        freedom: Degrees of freedom of the t distribution.
        skewness: Skewness of each mean's estimate, from -1 to 1.
        groups: Number of groups that each mean is over, at least 1.
    """

    means: Floats
    errors: Floats
    freedom: Floats
    skewness: Floats
    groups: Ints

    @classmethod
    def of(cls, columns: GroupSums) -> Jackknife:
        """Leave each group out in turn; there must be at least one column."""
        distances, weights = columns.without_each()
        groups = np.maximum((weights > 0).sum(axis=0), 1)
        return cls(
            means=np.concatenate([columns.weights @ columns.means, columns.means]),
            errors=np.sqrt((groups - 1) / groups * (distances**2).sum(axis=0)),
            freedom=_degrees_of_freedom(weights),
            skewness=_skewness(distances, weights > 0),
            groups=groups,
        )


def intervals(
    values: QueryValues, confidence: float = 0.95, bounds: Mapping[str, tuple[float, float]] | None = None
) -> ByMean[list[float]]:
    """Estimate intervals of the macro means and of the settings' means: a clustered jackknife with t quantiles.

    Every group is left out in turn, and all means are computed anew: a setting's as the sum of its values over their
    number, a kind's as the mean of its settings'. With D_g the mean without group g minus the mean, and G groups, the
    standard error is sqrt((G - 1) / G * sum of D_g ** 2) (Efron and Tibshirani, chapter 11; CV3 in MacKinnon, Nielsen
    and Webb, Journal of Applied Econometrics 38, 2023). The t distribution has Satterthwaite's degrees of freedom after
    Bell and McCaffrey (Survey Methodology 28, 2002), for groups whose means vary equally: G - 1 where all groups weigh
    the same, fewer where some have more queries or are in more settings.

    An end lies farther out if Hall's transformation (Journal of the Royal Statistical Society B 54, 1992), which
    removes the skewness of values such as average precision, puts it there. So an interval is seldom too narrow: of
    nominal 95 %, at least .94 hold the true mean from :data:`FEW` groups on, and with differences of two systems that
    do not differ, from 3 on. ``tests/benchmarks/coverage.py`` shows where, beside other methods.

    A setting in which one group alone has values tells nothing about how far off its mean may be: it counts in the mean
    of its kind, and not in the width of the interval.

    Args:
        values: The queries' values, or their differences between two systems.
        confidence: Between 0 and 1.
        bounds: By measure, the lowest and highest possible value, which the interval is cut at; infinite, or
            left out, where there is none.

    Returns:
        ``[low, high]`` under ``scores`` by kind and measure, and under ``settings`` by setting and measure; without
        those that fewer than two groups have values for.

    Raises:
        ConfigurationError: If the confidence is out of range.
    """
    from scipy.special import stdtrit

    if not 0 < confidence < 1:
        raise ConfigurationError(f"The confidence is {confidence}.", "Give one between 0 and 1, such as 0.95.")
    columns = GroupSums.of(values)
    if len(columns.sums) < 2 or not columns.names:
        return {"scores": {}, "settings": {}}
    spread = Jackknife.of(columns)
    quantile = stdtrit(spread.freedom, (1 + confidence) / 2)
    below = np.maximum(quantile, _unskew(quantile, spread.skewness))
    above = np.maximum(quantile, -_unskew(-quantile, spread.skewness))
    limits = [(bounds or {}).get(measure, (-np.inf, np.inf)) for _, measure in (*columns.kinds, *columns.names)]
    ends = np.clip([spread.means - below * spread.errors, spread.means + above * spread.errors], *np.transpose(limits))
    return columns.name([pair if n > 1 else None for pair, n in zip(ends.T.tolist(), spread.groups, strict=True)])


def paired_test(
    differences: QueryValues, resamples: int = RESAMPLES, seed: int = 0, settings: bool = True
) -> ByMean[float]:
    """Test whether mean differences between two systems are 0, two-sided, by randomization.

    If the systems were the same, each question's differences could as well have the opposite sign, all of them at once.
    The p-value is the share of sign flips whose mean difference is at least as far from 0 as the observed one: of all
    flips if they are at most ``resamples``, else of that many random ones and the observed one. All means share the
    flips. ``scipy.stats.permutation_test`` gives the same distribution but permutes pair by pair, at 8 times the time.

    Args:
        differences: By query, the value of one system minus the value of the other; NaN where either has none.
        resamples: Number of random flips; the smallest possible p-value is 1 / (resamples + 1).
        seed: Seed of the flips.
        settings: Whether to test the settings' means too, and not only the kinds'.

    Returns:
        p-values under ``scores`` by kind and measure, and under ``settings`` by setting and measure.

    Raises:
        ConfigurationError: If the number of flips is below 1.
    """
    if resamples < 1:
        raise ConfigurationError(f"The number of resamples is {resamples}.", f"Give at least 1, such as {RESAMPLES}.")
    columns = GroupSums.of(differences)
    shares = columns.shares()
    untested = 0 if settings else len(columns.names)
    shares = shares[:, : shares.shape[1] - untested]
    observed = np.abs(shares.sum(axis=0))
    # Equal sums differ by their rounding; measures are such that their sums are often equal.
    needed = observed - 1e-10 * np.abs(shares).sum(axis=0)
    every = 2 ** len(shares) <= resamples
    flips = _every_flip(len(shares)) if every else _random_flips(len(shares), resamples, seed)
    reached = np.zeros(len(observed), np.int64)
    tried = 0
    for signs in flips:
        reached += (np.abs(signs @ shares) >= needed).sum(axis=0)
        tried += len(signs)
    chance = reached / tried if every else (reached + 1) / (tried + 1)
    return columns.name([*chance.tolist(), *repeat(None, untested)])


def effect_sizes(differences: QueryValues) -> ByMean[float]:
    """Return Cohen's d for paired values (d_z): the mean of the groups' differences over their standard deviation.

    A group's difference is what it adds to the mean difference; where all groups have equally many values, that is
    their mean up to a factor, which cancels.

    Args:
        differences: By query, the value of one system minus the value of the other; NaN where either has none.

    Returns:
        Under ``scores`` by kind and measure, and under ``settings`` by setting and measure; without those with fewer
        than two groups or whose groups all differ by the same.
    """
    columns = GroupSums.of(differences)
    shares, present = columns.shares(), columns.present()
    sizes: list[float | None] = []
    for share, there in zip(shares.T, present.T, strict=True):
        shares_there = share[there]
        spread = shares_there.std(ddof=1) if len(shares_there) > 1 else 0.0
        defined = spread > 1e-12 * np.abs(shares_there).max(initial=0)
        sizes.append(float(shares_there.mean() / spread) if defined else None)
    return columns.name(sizes)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of a family of tests so that the chance of any false discovery stays below the level.

    Step-down: the smallest is multiplied by the number of tests n, the next by n - 1, and so on; no corrected value is
    below the one before it.

    Args:
        p_values: The family.

    Returns:
        The corrected values, at most 1, in the order given.

    Examples:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    family = np.asarray(p_values, np.float64)
    order = np.argsort(family, kind="stable")
    steps = np.minimum(family[order] * np.arange(len(family), 0, -1), 1.0)
    corrected = np.empty_like(family)
    corrected[order] = np.maximum.accumulate(steps)
    return corrected.tolist()


def _degrees_of_freedom(weights: Floats) -> Floats:
    """Approximate the distribution of the jackknife's variance by a chi-squared one with equal mean and variance.

    With group means x_g of equal variance, D_g is w_g / (1 - w_g) * (sum of w_h * x_h - x_g), so that the jackknife's
    variance is a quadratic form of the x_g. Its matrix Q gives trace(Q) ** 2 / trace(Q @ Q) degrees of freedom; here
    both traces are written out, since Q has groups x groups numbers for each mean.

    Args:
        weights: Shape (groups, means), what share of each mean a group has; the shares of a mean add up to 1.

    Returns:
        Shape (means,), from 1 to groups - 1.
    """
    rest = np.where(weights < 1, 1 - weights, 1)
    squares = np.where(weights < 1, weights / rest, 0) ** 2
    common = (weights**2).sum(axis=0)
    zeroth, first, second = ((squares * weights**power).sum(axis=0) for power in range(3))
    trace = (squares * (1 - 2 * weights + common)).sum(axis=0)
    of_square = (zeroth * common) ** 2 + 2 * zeroth * second - 4 * common * zeroth * first + 2 * first**2
    of_square += (squares**2 * (1 + 2 * common - 4 * weights)).sum(axis=0)
    return np.maximum(trace**2 / np.where(of_square > 0, of_square, 1), 1)


def _skewness(distances: Floats, present: Bools) -> Floats:
    """Estimate the skewness of each mean's estimate from what the groups add to it: at most 1 in size, 0 for none."""
    center = distances.sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    influence = np.where(present, center - distances, 0)
    squares = (influence**2).sum(axis=0)
    return (influence**3).sum(axis=0) / np.where(squares > 0, squares, 1) ** 1.5


def _unskew(quantile: Floats, skewness: Floats) -> Floats:
    """Invert Hall's transformation of a studentised mean, T + s / 3 * T ** 2 + s ** 2 / 27 * T ** 3 + s / 6."""
    some = np.abs(skewness) > 1e-6
    s = np.where(some, skewness, 1)
    return np.where(some, 3 / s * (np.cbrt(1 + s * (quantile - s / 6)) - 1), quantile)


def _every_flip(groups: int) -> Iterator[Floats]:
    """Yield all ways to set the signs of groups, shape (2 ** groups, groups)."""
    bits = np.arange(2**groups)[:, None] >> np.arange(groups)
    yield np.where(bits & 1, -1.0, 1.0)


def _random_flips(groups: int, resamples: int, seed: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    batch = max(1, min(1000, _BATCH_NUMBERS // max(1, groups)))
    for start in range(0, resamples, batch):
        shape = (min(batch, resamples - start), groups)
        yield np.where(rng.integers(0, 2, shape, dtype=np.int8), -1.0, 1.0)
