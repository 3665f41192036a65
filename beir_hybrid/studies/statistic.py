"""Statistics of a kind's settings that are compared: their mean, the worst of them, or their spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Contrast, judge
from beir_hybrid.evaluation.statistics.pairing import PairedValues
from beir_hybrid.evaluation.statistics.significance import RESAMPLES, GroupSums

Statistic = Literal["mean", "worst", "spread"]
STATISTICS: tuple[Statistic, ...] = ("mean", "worst", "spread")
_BATCH = 500


def statistic_over(statistic: Statistic, measure: str) -> Callable[[Floats], Floats]:
    """Return the function that takes a statistic of the settings' means.

    Args:
        statistic: ``mean``; ``worst``: the lowest, or the highest by a measure that is better when lower;
            ``spread``: the standard deviation over the settings, which are all there are.
        measure: Name of the measure.

    Returns:
        A function of means, shape (..., settings), to values, shape (...).

    Examples:
        >>> means = np.array([0.1, 0.2, 0.3])
        >>> float(statistic_over("worst", "map")(means)), float(statistic_over("worst", "rank_distance")(means))
        (0.1, 0.3)
    """
    worst: Callable[..., Floats] = np.min if printed(measure).higher_is_better else np.max
    functions: dict[Statistic, Callable[..., Floats]] = {"mean": np.mean, "worst": worst, "spread": np.std}
    return partial(functions[statistic], axis=-1)


def contrast_statistic(pair: PairedValues, contrast: Contrast, statistic: Statistic, seed: int = 0) -> Contrast:
    """Compare the worst of a kind's settings, or their spread, instead of their mean.

    The interval is the 95 % expanded percentile interval (Hesterberg, The American Statistician 69, 2015) of a
    bootstrap that draws questions, each with all its translations on both sides, and takes the statistic anew; which
    setting is the worst may change from draw to draw, for which the jackknife of the means is too wide. The test swaps
    the two sides of random questions, as if both were the same system, which for the mean is flipping signs; its
    p-value is the share of swaps, the observed order among them, whose difference is at least as large. Cohen's d is
    not defined for either.

    Args:
        pair: The values of both sides at the same queries.
        contrast: Comparison of the means of the kind, by the measure.
        statistic: ``worst`` or ``spread``.
        seed: Seed of the draws and swaps.

    Returns:
        The contrast with the statistic's values, difference, interval and p-value, without an effect.
    """
    take = statistic_over(statistic, contrast.measure)
    run, baseline, counts = _sums(pair, contrast)
    total = counts.sum(axis=0)
    means = (run.sum(axis=0) / total, baseline.sum(axis=0) / total)
    values = [float(take(side)) for side in means]
    groups = len(counts)
    rng = np.random.default_rng(seed)
    drawn: list[Floats] = []
    for draws in _batches():
        rows = np.arange(draws)[:, None] * groups
        picked = (rng.integers(0, groups, (draws, groups)) + rows).ravel()
        times = np.bincount(picked, minlength=draws * groups).reshape(draws, groups).astype(np.float64)
        number = times @ counts
        sides = [
            take(np.where(number > 0, times @ sums / np.maximum(number, 1), mean))
            for sums, mean in zip((run, baseline), means, strict=True)
        ]
        drawn.append(sides[0] - sides[1])
    low, high = np.quantile(np.concatenate(drawn), _expanded(groups))
    halves, middle = (run - baseline) / total / 2, (means[0] + means[1]) / 2
    observed = abs(values[0] - values[1])
    needed = observed - 1e-10 * float(np.abs(middle).max())  # equal ones differ by their rounding
    reached = 0
    for draws in _batches():
        moved = np.where(rng.integers(0, 2, (draws, groups), dtype=np.int8), -1.0, 1.0) @ halves
        reached += int((np.abs(take(middle + moved) - take(middle - moved)) >= needed).sum())
    return replace(
        contrast,
        mean=values[0],
        baseline=values[1],
        difference=values[0] - values[1],
        interval=None if contrast.groups < 2 else (float(low), float(high)),
        p=(reached + 1) / (RESAMPLES + 1),
        effect=None,
    )


def _expanded(groups: int) -> Floats:
    """Move the levels of a percentile interval outwards, as much as a t interval is wider than a normal one.

    A bootstrap's spread is too small by sqrt((groups - 1) / groups), and its quantiles are the normal distribution's.
    """
    from scipy.special import ndtr, stdtrit

    freedom = max(groups - 1, 1)
    lower = ndtr(-np.sqrt((freedom + 1) / freedom) * stdtrit(freedom, 0.975))
    return np.array([lower, 1 - lower])


def settle(contrast: Contrast, p: float, statistic: Statistic) -> str:
    """Return the verdict; a spread is ``higher`` or ``lower``, since models that find nothing have the lowest.

    Args:
        contrast: The comparison.
        p: The p-value, corrected.
        statistic: What was compared.
    """
    verdict = judge(contrast, p)
    if verdict == NOT_SHOWN or statistic != "spread":
        return verdict
    return "higher" if contrast.difference > 0 else "lower"


def _batches() -> Iterator[int]:
    for start in range(0, RESAMPLES, _BATCH):
        yield min(_BATCH, RESAMPLES - start)


def _sums(pair: PairedValues, contrast: Contrast) -> tuple[Floats, ...]:
    """Add up by question: both sides' values and their number, shape (groups, settings) each."""
    run, baseline = GroupSums.of(pair.run), GroupSums.of(pair.baseline)
    columns = run.columns(contrast.kind, contrast.measure)
    return tuple(np.take(each, columns, axis=1) for each in (run.sums, baseline.sums, run.counts))
