"""Verdict: what a study shows of one claim, by one measure in one kind of setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """What a study shows of one claim, by one measure in one kind of setting.

    Attributes:
        claim: The claim, in words.
        evaluation: Name of the evaluation.
        kind: ``mono``, ``cross`` or ``multi``.
        measure: Name of the measure.
        run: Grid values of the cells that are claimed to differ.
        baseline: Grid values of the cells that they are compared with.
        seeds: Number of cells averaged on each side before queries are compared: one per seed.
        mean: The run's mean over settings, or the claim's other statistic; None where it is not defined, as are the
            next numbers.
        baseline_mean: The baseline's.
        difference: ``mean - baseline_mean``.
        by_seed: The difference for each pair of cells, in the order of the grid.
        interval: 95 % interval of the difference over questions; None with fewer than two questions.
        p: p-value of the paired randomization test over questions.
        holm: The p-value after Holm's correction over all verdicts of the study.
        effect: Cohen's d_z over questions.
        verdict: ``better``, ``worse``, ``higher``, ``lower`` or ``not shown``; also ``not shown`` where not all seeds
            have the sign of the difference.
        sentence: All of this in a sentence.
        languages: Which settings were compared: ``all``, ``seen`` or ``unseen``.
        statistic: Which statistic of them: ``mean``, ``worst`` or ``spread``.
        settings: Their number.
    """

    claim: str
    evaluation: str
    kind: str
    measure: str
    run: Mapping[str, Any]
    baseline: Mapping[str, Any]
    seeds: int
    mean: float | None
    baseline_mean: float | None
    difference: float | None
    by_seed: tuple[float, ...]
    interval: tuple[float, float] | None
    p: float | None
    holm: float | None
    effect: float | None
    verdict: str
    sentence: str
    languages: str = "all"
    statistic: str = "mean"
    settings: int = 0

    def written(self, value: float | None, sign: bool = False) -> str:
        """Write one of its means or differences with as many decimals as all of them need; a dash for None."""
        known = [one for one in (self.difference, *(self.interval or ())) if one is not None]
        digits = decimals([self.mean or 0.0, self.baseline_mean or 0.0], known)
        return "-" if value is None else f"{value:{'+' * sign}.{digits}f}"


def decimals(means: Sequence[float], differences: Sequence[float]) -> int:
    """Choose the number of decimals of means, and of differences with at least two significant digits.

    Args:
        means: Values below 10 are shares, with four decimals; others have one.
        differences: The difference and its bounds, as far as they are known.

    Returns:
        At most 6.

    Examples:
        >>> decimals([0.5, 0.25], [0.25, 0.0012]), decimals([12.0, 12.03], [-0.03, -0.06, -0.012])
        (4, 3)
    """
    usual = 1 if max(map(abs, means), default=0.0) >= 10 else 4
    return min(6, max([usual, *(1 - math.floor(math.log10(abs(value))) for value in differences if value)]))
