"""DrawSummary: what a plan drew, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.strategies import strategy_spec

__all__ = ["DrawSummary", "summarize"]


@dataclass
class DrawSummary:
    """Counts of what was drawn.

    Attributes:
        strategy: The strategy's specification.
        batches: Number of batches.
        kinds: Batches by kind.
        sources: Batches by source.
        pairs: Examples by question language and passage language.
        replaced: Groups exchanged for others because their answer was in the batch already: false negatives avoided.
    """

    strategy: str
    batches: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    replaced: int = 0

    def add(self, batch: Batch, plan: BatchPlan) -> None:
        """Count one batch of a plan."""
        source = plan.sources[batch.source]
        self.batches += 1
        self.kinds[batch.kind.name] += 1
        self.sources[source.name] += 1
        self.replaced += batch.replaced
        codes = source.languages
        cells = Counter((batch.questions * len(codes) + batch.passages).tolist())
        for cell, count in cells.items():
            question, passage = divmod(cell, len(codes))
            self.pairs[codes[question], codes[passage]] += count

    @property
    def examples(self) -> int:
        """Number of examples."""
        return sum(self.pairs.values())

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages drawn, sorted."""
        return tuple(sorted({language for pair in self.pairs for language in pair}))

    def to_dict(self) -> dict[str, Any]:
        """Give the counts as plain JSON content, pairs as ``question-passage``."""
        return {
            "strategy": self.strategy,
            "batches": self.batches,
            "examples": self.examples,
            "kinds": dict(sorted(self.kinds.items())),
            "sources": dict(sorted(self.sources.items())),
            "pairs": {"-".join(pair): count for pair, count in sorted(self.pairs.items())},
            "false_negatives_avoided": self.replaced,
        }

    def to_markdown(self) -> str:
        """Give the counts as text and a question x passage language table."""
        kinds = ", ".join(f"{count} {kind} ({count / self.batches:.1%})" for kind, count in sorted(self.kinds.items()))
        lines = [
            f"{self.batches} batches with {self.examples} examples were drawn: {kinds}. "
            f"Groups exchanged because their answer was in the batch already: {self.replaced}.",
            "",
            "Examples by language of the question (rows) and of the passage (columns):",
            "",
            "| | " + " | ".join(self.languages) + " |",
            "|---|" + "---:|" * len(self.languages),
        ]
        for question in self.languages:
            counts = " | ".join(str(self.pairs[question, passage]) for passage in self.languages)
            lines.append(f"| **{question}** | {counts} |")
        return "\n".join(lines)


def summarize(plan: BatchPlan, drawn: Mapping[int, int]) -> DrawSummary:
    """Count what a run drew, by drawing it again.

    Args:
        plan: The run's plan.
        drawn: Number of batches drawn, by epoch.
    """
    summary = DrawSummary(strategy_spec(plan.strategy))
    for epoch, batches in drawn.items():
        for step in range(min(batches, len(plan))):
            summary.add(plan.batch(epoch, step), plan)
    return summary
