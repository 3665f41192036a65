"""Answer to a claim: what a study's verdicts on it amount to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.studies.expectation import CONTRADICTED, SUPPORTED
from beir_hybrid.studies.verdict import Verdict


@dataclass(frozen=True)
class ClaimAnswer:
    """What the verdicts on a claim amount to.

    Attributes:
        claim: The claim, or else its sides, in words.
        outcome: ``contradicted`` if any of its verdicts is, ``supported`` if all of them are, and otherwise ``not
            shown``; empty where nothing was expected or judged.
        counts: By word, how many verdicts have it.
    """

    claim: str
    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, claim: str, verdicts: Sequence[Verdict]) -> ClaimAnswer:
        """Put together the verdicts on a claim."""
        outcomes = {verdict.outcome for verdict in verdicts}
        if not verdicts or "" in outcomes:
            outcome = ""
        elif CONTRADICTED in outcomes:
            outcome = CONTRADICTED
        else:
            outcome = SUPPORTED if outcomes == {SUPPORTED} else NOT_SHOWN
        return cls(claim, outcome, dict(Counter(verdict.word for verdict in verdicts)))
