"""X-Y: question and passage in different languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import CROSS, BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class XY(SingleKind):
    """Question and passage of every example in different languages, many pairs in a batch (arXiv:2408.10536)."""

    name: ClassVar[str] = "x-y"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Cross-lingual batches only."""
        return (CROSS,)
