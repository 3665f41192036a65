"""Significance: how far means, and differences of means, could be chance. Clustered by question throughout.

The translations of one question are hard or easy together, and one question is asked in many settings. So the unit that
is drawn, or whose sign is flipped, is the group of all values that belong to one question, in all settings and measures
at once. Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13; Smucker, Allan and
Carterette, CIKM 2007, on the randomization test in retrieval; Holm, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.query_values import QueryValues

__all__ = ["RESAMPLES", "effect_sizes", "holm", "intervals", "paired_test"]

RESAMPLES = 9999
_BATCH_NUMBERS = 2**21  # drawn at a time: draws x groups, of 8 bytes each

Floats = npt.NDArray[np.float64]
T = TypeVar("T")
ByMean = dict[str, dict[str, dict[str, T]]]
"""``{"scores": {kind: {measure: ...}}, "settings": {setting: {measure: ...}}}``, as in ``Results.intervals``."""


@dataclass(frozen=True, eq=False)
class _Columns:
    """Values added up by group: a column is one measure in one setting.

    Attributes:
        names: Setting and measure of each column.
        sums: Shape (groups, columns), the sum of the group's values.
        counts: Shape (groups, columns), how many values that are.
        kinds: Kind and measure of each macro mean, in the order of ``weights``.
        weights: Shape (macro means, columns), 1 / settings where the column belongs to the macro mean, else 0.
    """

    names: list[tuple[str, str]]
    sums: Floats
    counts: Floats
    kinds: list[tuple[str, str]]
    weights: Floats

    @property
    def means(self) -> Floats:
        """Shape (columns,), the mean of each measure in each setting."""
        return self.sums.sum(axis=0) / self.counts.sum(axis=0)

    def shares(self) -> Floats:
        """Shape (groups, macro means + columns): what each group adds to each mean."""
        shares = self.sums / self.counts.sum(axis=0)
        return np.hstack([shares @ self.weights.T, shares])

    def present(self) -> npt.NDArray[np.bool_]:
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


def intervals(
    values: QueryValues, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> ByMean[list[float]]:
    """Estimate percentile bootstrap intervals of the macro means and of the settings' means.

    Groups are drawn with replacement, each time as many as there are, and every mean is computed anew from the same
    draw: a setting's as the sum of its values over their number, a kind's as the mean of its settings'. In a draw that
    holds no value of a setting (which has few), the setting counts as its observed mean.

    Args:
        values: The queries' values, or their differences between two systems.
        confidence: Between 0 and 1.
        resamples: Number of draws.
        seed: Seed of the draws.

    Returns:
        ``[low, high]`` under ``scores`` by kind and measure, and under ``settings`` by setting and measure; without
        those that fewer than two groups have values for.

    Raises:
        ConfigurationError: If the confidence or the number of draws is out of range.
    """
    from scipy.stats import bootstrap

    if not 0 < confidence < 1:
        raise ConfigurationError(f"The confidence is {confidence}.", "Give one between 0 and 1, such as 0.95.")
    _check_resamples(resamples)
    columns = _columns(values)
    groups = len(columns.sums)
    if groups < 2 or not columns.names:
        return {"scores": {}, "settings": {}}
    found = bootstrap(
        (np.arange(groups),),
        _resampled_means(columns),
        n_resamples=resamples,
        batch=_batch(groups),
        vectorized=True,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    observed = np.concatenate([columns.weights @ columns.means, columns.means])
    enough = columns.present().sum(axis=0) > 1
    pairs = np.stack([observed + found.low, observed + found.high], axis=1).tolist()
    return columns.name([pair if there else None for pair, there in zip(pairs, enough, strict=True)])


def paired_test(
    differences: QueryValues, resamples: int = RESAMPLES, seed: int = 0, settings: bool = True
) -> ByMean[float]:
    """Test whether mean differences between two systems are 0, two-sided, by randomization.

    If the systems were the same, each question's differences could as well have the opposite sign, all of them at once.
    The p-value is the share of sign flips whose mean difference is at least as far from 0 as the observed one: of all
    flips if they are at most ``resamples``, else of that many random ones and the observed one. All means share the
    flips. ``scipy.stats.permutation_test`` gives the same distribution but permutes pair by pair, at 8 times the time.

    Args:
        differences: By query, the value of one system less that of the other; NaN where either has none.
        resamples: Number of random flips; the smallest possible p-value is 1 / (resamples + 1).
        seed: Seed of the flips.
        settings: Whether to test the settings' means too, and not only the kinds'.

    Returns:
        p-values under ``scores`` by kind and measure, and under ``settings`` by setting and measure.

    Raises:
        ConfigurationError: If the number of flips is below 1.
    """
    _check_resamples(resamples)
    columns = _columns(differences)
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
    """Give Cohen's d for paired values (d_z): the mean of the groups' differences over their standard deviation.

    A group's difference is what it adds to the mean difference; where all groups have equally many values, that is
    their mean up to a factor, which cancels.

    Args:
        differences: By query, the value of one system less that of the other; NaN where either has none.

    Returns:
        Under ``scores`` by kind and measure, and under ``settings`` by setting and measure; without those with fewer
        than two groups or whose groups all differ by the same.
    """
    columns = _columns(differences)
    shares, present = columns.shares(), columns.present()
    sizes: list[float | None] = []
    for share, there in zip(shares.T, present.T, strict=True):
        found = share[there]
        spread = found.std(ddof=1) if len(found) > 1 else 0.0
        sizes.append(float(found.mean() / spread) if spread > 1e-12 * np.abs(found).max(initial=0) else None)
    return columns.name(sizes)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of a family of tests so that the chance of any false discovery stays below the level.

    Step-down: the smallest is multiplied by the number of tests, the next by one less, and so on; none falls below one
    before it.

    Args:
        p_values: The family.

    Returns:
        The corrected values, at most 1, in the order given.

    Examples:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    found = np.asarray(p_values, np.float64)
    order = np.argsort(found, kind="stable")
    steps = np.minimum(found[order] * np.arange(len(found), 0, -1), 1.0)
    corrected = np.empty_like(found)
    corrected[order] = np.maximum.accumulate(steps)
    return corrected.tolist()


def _check_resamples(resamples: int) -> None:
    if resamples < 1:
        raise ConfigurationError(f"The number of resamples is {resamples}.", f"Give at least 1, such as {RESAMPLES}.")


def _batch(groups: int) -> int:
    return max(1, min(1000, _BATCH_NUMBERS // max(1, groups)))


def _columns(values: QueryValues) -> _Columns:
    """Add up the values by group; measures without any value in a setting have no column."""
    number: dict[str, int] = {}
    for setting in values.settings:
        for group in setting.groups:
            number.setdefault(group, len(number))
    names: list[tuple[str, str]] = []
    sums, counts = [], []
    members: dict[tuple[str, str], list[int]] = {}
    for kind, settings in values.kinds().items():
        for setting in settings:
            place = np.array([number[group] for group in setting.groups], np.int64)
            for measure, found in setting.values.items():
                there = ~np.isnan(found)
                if there.any():
                    members.setdefault((kind, measure), []).append(len(names))
                    names.append((setting.name, measure))
                    sums.append(np.bincount(place[there], found[there], len(number)))
                    counts.append(np.bincount(place[there], minlength=len(number)).astype(np.float64))
    weights = np.zeros((len(members), len(names)))
    for row, places in enumerate(members.values()):
        weights[row, places] = 1 / len(places)
    shape = (len(number), len(names))
    return _Columns(
        names,
        np.stack(sums, axis=1) if sums else np.zeros(shape),
        np.stack(counts, axis=1) if counts else np.zeros(shape),
        list(members),
        weights,
    )


def _resampled_means(columns: _Columns) -> Callable[..., npt.NDArray[np.float32]]:
    """Build the bootstrap's statistic: groups drawn, shape (draws, groups), to means less the observed means.

    One product of how often each group was drawn with the groups' sums serves all means. What it gives is the distance
    from the observed mean, so that float32 is exact enough for any measure's scale.
    """
    groups = len(columns.sums)
    distances = (columns.sums - columns.counts * columns.means).astype(np.float32)
    weights = columns.weights.astype(np.float32)
    kinds: dict[bytes, int] = {}  # most settings have the same queries, so that a few columns of counts serve all
    which = np.array([kinds.setdefault(column.tobytes(), len(kinds)) for column in columns.counts.T])
    first = [int(np.argmax(which == kind)) for kind in range(len(kinds))]
    counts = columns.counts[:, first].astype(np.float32)

    def means(drawn: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.float32]:
        rows = np.arange(len(drawn))[:, None] * groups
        times = np.bincount((drawn + rows).ravel(), minlength=len(drawn) * groups)
        times = times.reshape(len(drawn), groups).astype(np.float32)
        found = (distances.T @ times.T) / np.maximum(counts.T @ times.T, 1)[which]
        return np.concatenate([weights @ found, found])

    return means


def _every_flip(groups: int) -> Iterator[Floats]:
    """Give all ways to set the signs of groups, shape (2 ** groups, groups)."""
    bits = np.arange(2**groups)[:, None] >> np.arange(groups)
    yield np.where(bits & 1, -1.0, 1.0)


def _random_flips(groups: int, resamples: int, seed: int) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, _batch(groups)):
        shape = (min(_batch(groups), resamples - start), groups)
        yield np.where(rng.integers(0, 2, shape, dtype=np.int8), -1.0, 1.0)
