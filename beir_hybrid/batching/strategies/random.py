"""Random: the languages of question and passage drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import ANY, BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class Random(SingleKind):
    """Every example draws its pair of languages, equal ones included: the usual multilingual fine-tuning."""

    name: ClassVar[str] = "random"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Batches of any pairs only."""
        return (ANY,)
