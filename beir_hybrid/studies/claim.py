"""Claim: what a study puts to the test, one group of cells against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from beir_hybrid.studies.expectation import Expectation
from beir_hybrid.studies.statistic import Statistic

Languages = Literal["all", "seen", "unseen"]
LANGUAGES: tuple[Languages, ...] = ("all", "seen", "unseen")


@dataclass(frozen=True)
class Claim:
    """That cells with some grid values differ from cells with others, or an evaluation of cells from another of them.

    Grid keys that neither side names, such as the seed, are averaged over, the same values on both sides.

    Args:
        text: What is claimed, in words.
        run: Grid values of the cells that are claimed to differ, and, where two evaluations of the same data are
            compared, the name of theirs as ``evaluation``.
        baseline: The same of the cells that they are compared with.
        evaluation: Name of the evaluation, or of the data of two.
        kinds: Of ``mono``, ``cross`` and ``multi``; None for those that the evaluation has.
        measures: Names of measures, such as ``map``.
        languages: Settings it is about: ``all``; ``seen``, those whose query and corpus languages both sides were all
            trained on; or ``unseen``, those of whose languages neither side was trained on any. So a pool is seen only
            where all its languages are. Both sides are compared in the same settings.
        statistic: What is compared: ``mean`` of the settings, the ``worst`` of them, or their ``spread``.
        expect: How the run is expected to come out; None where the claim leaves it open.
        margins: By measure, the largest difference that does not matter, for expectations that need one.
    """

    text: str
    run: Mapping[str, Any]
    baseline: Mapping[str, Any]
    evaluation: str
    kinds: tuple[str, ...] | None
    measures: tuple[str, ...]
    languages: Languages = "all"
    statistic: Statistic = "mean"
    expect: Expectation | None = None
    margins: Mapping[str, float] = field(default_factory=dict)

    @property
    def evaluations(self) -> tuple[str, str]:
        """Names of the run's evaluation and of the baseline's, mostly the same."""
        run, baseline = (str(side.get("evaluation", self.evaluation)) for side in (self.run, self.baseline))
        return run, baseline

    @property
    def comparison(self) -> tuple[str, ...]:
        """What it compares, and where: one comparison serves all claims that have the same."""
        return (self.evaluation, repr(self.run), repr(self.baseline), self.languages, self.statistic)
