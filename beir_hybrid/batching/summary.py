"""DrawSummary: what a plan drew, in numbers; Forecast: what it would draw."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.strategies import Strategy, strategy_spec
from beir_hybrid.batching.strategies.check import draw_kinds
from beir_hybrid.errors import ConfigurationError

_PATIENCE = 1.0  # seconds before a progress bar appears: most plans are drawn faster than one reads it


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
        repeated: Examples whose answer is in their batch already all the same: false negatives kept.
        left_out: Hard negatives of the sources that are not used because they answer their own question.
        source_examples: Examples by source.
        source_questions: Questions that each source holds, in the plan's order.
    """

    strategy: str
    batches: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    replaced: int = 0
    repeated: int = 0
    left_out: int = 0
    source_examples: Counter[str] = field(default_factory=Counter)
    source_questions: dict[str, int] = field(default_factory=dict)

    def add(self, batch: Batch, plan: BatchPlan) -> None:
        """Count one batch of a plan."""
        source = plan.sources[batch.source]
        self.batches += 1
        self.kinds[batch.kind.name] += 1
        self.sources[source.name] += 1
        self.replaced += batch.replaced
        self.repeated += batch.repeated
        self.source_examples[source.name] += len(batch.groups)
        if source.name not in self.source_questions:
            self._count_questions(plan)
        codes = source.languages
        cells = Counter((batch.questions * len(codes) + batch.passages).tolist())
        for cell, count in cells.items():
            question, passage = divmod(cell, len(codes))
            self.pairs[codes[question], codes[passage]] += count

    def _count_questions(self, plan: BatchPlan) -> None:
        self.left_out = sum(source.left_out for source in plan.sources)
        self.source_questions = dict.fromkeys((source.name for source in plan.sources), 0)
        for source in plan.sources:  # sources of one name count as one
            self.source_questions[source.name] += source.questions

    @property
    def passes(self) -> dict[str, float]:
        """Passes over each source: examples drawn per question that it holds, 0 where none was drawn."""
        return {name: self.source_examples[name] / count for name, count in self.source_questions.items()}

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
            "answers_repeated": self.repeated,
            "hard_negatives_left_out": self.left_out,
            "source_examples": {name: self.source_examples[name] for name in sorted(self.source_questions)},
            "source_questions": dict(sorted(self.source_questions.items())),
            "passes": dict(sorted(self.passes.items())),
        }

    def to_markdown(self) -> str:
        """Give the counts as text and a question x passage language table."""
        kinds = ", ".join(f"{count} {kind} ({count / self.batches:.1%})" for kind, count in sorted(self.kinds.items()))
        lines = [
            f"{self.batches} batches with {self.examples} examples were drawn: {kinds}. "
            f"Groups exchanged because their answer was in the batch already: {self.replaced}."
            + (f" Hard negatives left out because they answer the question: {self.left_out}." if self.left_out else ""),
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


def summarize(plan: BatchPlan, drawn: Mapping[int, int | range], before: DrawSummary | None = None) -> DrawSummary:
    """Count what a run drew, by drawing it again.

    Args:
        plan: The run's plan.
        drawn: By epoch, the number of batches drawn, or the range of steps to count.
        before: Counts to add to; None to begin.
    """
    summary = before or DrawSummary(strategy_spec(plan.strategy))
    for epoch, steps in drawn.items():
        for step in steps if isinstance(steps, range) else range(steps):
            if step < len(plan):
                summary.add(plan.batch(epoch, step), plan)
    return summary


@dataclass(frozen=True)
class Part:
    """The kinds of batch in consecutive steps.

    Attributes:
        start: First step, from 0.
        stop: The step after the last.
        kinds: Batches by kind.
    """

    start: int
    stop: int
    kinds: dict[str, int]


@dataclass(frozen=True, eq=False)
class Forecast:
    """What a training run would draw.

    Attributes:
        plan: The plan it is drawn by.
        drawn: The counts.
        kinds: Shape (steps,), each step's kind as its place among the strategy's.
    """

    plan: BatchPlan
    drawn: DrawSummary
    kinds: npt.NDArray[np.unsignedinteger]

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.kinds)

    @property
    def epochs(self) -> float:
        """Number of epochs, not always whole."""
        return self.steps / len(self.plan)

    def course(self, parts: int = 10) -> list[Part]:
        """Count the kinds in equal parts of the training, whose lengths differ by a step at most.

        Args:
            parts: Number of parts, at least 1; fewer are given if there are fewer steps.
        """
        names = [kind.name for kind in self.plan.strategy.kinds]
        edges = np.linspace(0, self.steps, min(parts, self.steps) + 1).astype(int).tolist()
        found = []
        for start, stop in pairwise(edges):
            counts = np.bincount(self.kinds[start:stop], minlength=len(names)).tolist()
            found.append(Part(start, stop, dict(zip(names, counts, strict=True))))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Give the counts and what they follow from as plain JSON content."""
        plan = self.plan
        sampling = asdict(plan.sampling)
        if not math.isfinite(plan.sampling.temperature):
            sampling["temperature"] = "inf"  # JSON has no infinite number
        return {
            "schema": 1,
            **self.drawn.to_dict(),
            "batch_size": plan.batch_size,
            "world_size": plan.world_size,
            "seed": plan.seed,
            "sampling": sampling,
            "steps_per_epoch": len(plan),
            "epochs": self.epochs,
            "course": [asdict(part) for part in self.course()],
            "notices": list(plan.notices),
        }


def forecast(plan: BatchPlan, steps: int | None = None, show_progress: bool = False) -> Forecast:
    """Draw what a training run would draw.

    Args:
        plan: The plan; strategies that change measure progress against its ``epochs``.
        steps: Number of steps, at least 1, over as many epochs as they need; None for one epoch.
        show_progress: Whether drawings of more than a second show a progress bar on stderr.

    Raises:
        ConfigurationError: If there is no step.
    """
    from tqdm import tqdm

    count = len(plan) if steps is None else steps
    if count < 1:
        raise ConfigurationError(f"The number of steps is {count}.", "Give a whole number from 1 on.")
    places = {kind: place for place, kind in enumerate(plan.strategy.kinds)}
    kinds = np.empty(count, np.min_scalar_type(len(places)))
    drawn = DrawSummary(strategy_spec(plan.strategy))
    for step in tqdm(range(count), desc="Drawing", unit="step", delay=_PATIENCE, disable=not show_progress):
        batch = plan.batch(*divmod(step, len(plan)))
        drawn.add(batch, plan)
        kinds[step] = places[batch.kind]
    return Forecast(plan, drawn, kinds)


def changes(strategy: Strategy) -> bool:
    """Tell whether a strategy draws differently as the training goes on.

    It does if the same random numbers make other kinds of batch at another time.

    Examples:
        >>> from beir_hybrid.batching.strategies import build_strategy
        >>> changes(build_strategy("sequential")), changes(build_strategy("hybrid"))
        (True, False)
    """
    times = [*np.linspace(0, 1, 64, endpoint=False).tolist(), float(np.nextafter(1, 0))]
    first, *later = (draw_kinds(strategy, np.random.default_rng(0), np.full(256, time)) for time in times)
    return any(not np.array_equal(first, other) for other in later)
