"""En-en: every batch in one and the same language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.strategies.base import SingleKind


@dataclass(frozen=True)
class OneLanguage(SingleKind):
    """Questions and passages of one language only; the zero-shot baseline (LAReQA's En-En, arXiv:2004.05484).

    Args:
        language: Language code.
    """

    name: ClassVar[str] = "en-en"
    language: str = "en"

    @property
    def kinds(self) -> tuple[BatchKind, ...]:
        """Batches of that language only."""
        return (BatchKind(f"{self.language}-{self.language}", per="batch", same=True, language=self.language),)
