"""Verdict: what a study shows of one claim, by one measure in one kind of setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN


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
        expect: How the run was expected to come out, one of
            :data:`~beir_hybrid.studies.expectation.EXPECTATIONS`; empty where the claim leaves it open.
        outcome: ``supported``, ``contradicted`` or ``not shown``: what becomes of the expectation; empty without one.
        margin: The largest difference that does not matter; None where no margin was tested.
        margin_p: p-value of the test against the margin: that the difference is as large as the margin or larger, to
            either side if equality is expected, or else to the worse.
        margin_holm: The same after Holm's correction over all tests of the study.
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
    expect: str = ""
    outcome: str = ""
    margin: float | None = None
    margin_p: float | None = None
    margin_holm: float | None = None

    @property
    def word(self) -> str:
        """What it says in a word: the outcome of what was expected, or else the verdict."""
        return self.outcome or self.verdict

    @property
    def tone(self) -> str:
        """How it is coloured: ``good``, ``bad``, ``unclear`` where nothing is shown, or ``other``.

        What comes out as expected is good, whichever way that is.
        """
        good, bad = {"supported", "better"}, {"contradicted", "worse"}
        if self.word == NOT_SHOWN:
            return "unclear"
        return "good" if self.word in good else "bad" if self.word in bad else "other"

    @property
    def deciding(self) -> float | None:
        """The corrected p-value that it rests on: of the test against the margin if that was what was expected."""
        by_margin = self.margin_holm is not None and self.verdict not in {"better", "worse"}
        return self.margin_holm if by_margin or self.expect == "equal" else self.holm

    def written(self, value: float | None, sign: bool = False) -> str:
        """Write one of its means or differences with as many decimals as all of them need; a dash for None."""
        known = [one for one in (self.difference, *(self.interval or ())) if one is not None]
        look = printed(self.measure)
        return look.full(value, sign, look.digits(known))
