"""Single-pair: one ordered pair of languages a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import ONE_PAIR, BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class SinglePair(SingleKind):
    """X-Y with all questions of a batch in one language and all its passages in one other."""

    name: ClassVar[str] = "single-pair"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Batches of one ordered pair only."""
        return (ONE_PAIR,)
