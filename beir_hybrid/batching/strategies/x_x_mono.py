"""X-X-mono: every batch is in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import MONO, BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class XXMono(SingleKind):
    """Every batch holds questions and passages of one language, drawn uniformly (Elmahdy et al., arXiv:2408.10536)."""

    name: ClassVar[str] = "x-x-mono"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Monolingual batches only."""
        return (MONO,)
