"""Answer to a claim: what a study's verdicts on it amount to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN
from beir_hybrid.studies.expectation import CONTRADICTED, SUPPORTED
from beir_hybrid.studies.verdict import Verdict

_OUTCOMES = {**dict.fromkeys(("better", "higher", "lower"), SUPPORTED), "worse": CONTRADICTED}


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
        outcome = "" if not verdicts or "" in outcomes else _together(outcomes)
        return cls(claim, outcome, dict(Counter(verdict.word for verdict in verdicts)))

    def answered(self) -> ClaimAnswer:
        """Return the same in the words of an outcome where nothing was expected.

        Such a claim is taken to say that its run is better, or differs by a measure that has no direction.

        Examples:
            >>> ClaimAnswer("Hybrid wins", "", {"better": 2, "worse": 1}).answered()
            ClaimAnswer(claim='Hybrid wins', outcome='contradicted', counts={'supported': 2, 'contradicted': 1})
        """
        if self.outcome or not any(self.counts.values()):
            return self
        counts: Counter[str] = Counter()
        for word, count in self.counts.items():
            counts[_OUTCOMES.get(word, word)] += count
        return ClaimAnswer(self.claim, _together({word for word, count in counts.items() if count}), dict(counts))


def _together(outcomes: Collection[str]) -> str:
    if CONTRADICTED in outcomes:
        return CONTRADICTED
    return SUPPORTED if set(outcomes) == {SUPPORTED} else NOT_SHOWN
