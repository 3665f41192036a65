"""X-X: same-language pairs, languages mixed inside a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import MIXED, BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class XX(SingleKind):
    """Question and passage of every example in one language, another in the next (LAReQA, arXiv:2004.05484).

    The weakest baseline: in such a batch the language alone tells most negatives apart, so it is learned as a cue.
    """

    name: ClassVar[str] = "x-x"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Mixed same-language batches only."""
        return (MIXED,)
