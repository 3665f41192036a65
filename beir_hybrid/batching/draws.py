"""DrawSummary: what a plan drew, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.strategies.build import strategy_spec

_PATIENCE = 1.0  # seconds before a progress bar appears: most plans are drawn faster than one reads it


@dataclass
class ExtraDraws:
    """Counts of what was drawn from a dataset without languages.

    Attributes:
        rows: Rows that it holds.
        batches: Number of batches, each over all processes.
        examples: Number of examples.
    """

    rows: int
    batches: int = 0
    examples: int = 0

    @property
    def passes(self) -> float:
        """Passes over the dataset: examples drawn per row."""
        return self.examples / self.rows


@dataclass
class DrawSummary:
    """Counts of what was drawn.

    Attributes:
        strategy: The strategy's specification.
        batches: Number of planned batches.
        kinds: Batches by kind.
        sources: Batches by source.
        pairs: Examples by question language and passage language.
        replaced: Groups exchanged for others because their answer was in the batch already: false negatives avoided.
        repeated: Examples whose answer is in their batch already all the same: false negatives kept.
        left_out: Hard negatives of the sources that are not used because they answer their own question.
        source_examples: Examples by source.
        source_questions: Questions that each source holds, in the plan's order.
        extra: What was drawn beside planned batches, by dataset.
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
    extra: dict[str, ExtraDraws] = field(default_factory=dict)
    _plans: list[BatchPlan] = field(default_factory=list, repr=False, compare=False)  # whose questions are counted

    def draw(self, plan: BatchPlan | MixedPlan, epoch: int, step: int) -> str:
        """Count the batch of one step, drawing it where it is planned.

        Returns:
            Its kind; of a dataset without languages, the name.

        Raises:
            IndexError: If the epoch has no such step.
        """
        if isinstance(plan, MixedPlan):
            if not self.extra:
                self.extra = {name: ExtraDraws(plain.rows) for name, plain in plan.extra.items()}
            name, epoch, step = plan.turn(epoch, step)
            member = plan.members[name]
            if not isinstance(member, BatchPlan):
                self.extra[name].batches += 1
                self.extra[name].examples += member.batch_size * member.world_size
                return name
            plan = member
        batch = plan.batch(epoch, step)
        self.add(batch, plan)
        return batch.kind.name

    def add(self, batch: Batch, plan: BatchPlan) -> None:
        """Count one batch of a plan."""
        source = plan.sources[batch.source]
        self.batches += 1
        self.kinds[batch.kind.name] += 1
        self.sources[source.name] += 1
        self.replaced += batch.replaced
        self.repeated += batch.repeated
        self.source_examples[source.name] += len(batch.groups)
        if not any(known is plan for known in self._plans):
            self._count_questions(plan)
        codes = source.languages
        cells = Counter((batch.questions * len(codes) + batch.passages).tolist())
        for cell, count in cells.items():
            question, passage = divmod(cell, len(codes))
            self.pairs[codes[question], codes[passage]] += count

    def _count_questions(self, plan: BatchPlan) -> None:
        self._plans.append(plan)
        self.left_out += sum(source.left_out for source in plan.sources)
        for source in plan.sources:  # sources of one name count as one
            self.source_questions[source.name] = self.source_questions.get(source.name, 0) + source.questions

    @property
    def passes(self) -> dict[str, float]:
        """Passes over each source: examples drawn per question that it holds, 0 where none was drawn."""
        return {name: self.source_examples[name] / count for name, count in self.source_questions.items()}

    @property
    def examples(self) -> int:
        """Number of planned examples."""
        return sum(self.pairs.values())

    @property
    def all_batches(self) -> int:
        """Number of batches, planned and others."""
        return self.batches + sum(extra.batches for extra in self.extra.values())

    @property
    def all_examples(self) -> int:
        """Number of examples, planned and others."""
        return self.examples + sum(extra.examples for extra in self.extra.values())

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages drawn, sorted."""
        return tuple(sorted({language for pair in self.pairs for language in pair}))

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain JSON content, pairs as ``question-passage``; ``extra`` only where there is any."""
        extra = {name: {**asdict(drawn), "passes": drawn.passes} for name, drawn in sorted(self.extra.items())}
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
            **({"extra": extra, "all_examples": self.all_examples} if extra else {}),
        }

    def to_markdown(self) -> str:
        """Return the counts as text and a question x passage language table."""
        planned = self.batches or 1
        kinds = ", ".join(f"{count} {kind} ({count / planned:.1%})" for kind, count in sorted(self.kinds.items()))
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
        for name, drawn in self.extra.items():
            lines += [
                "",
                f"Beside them {drawn.batches} batches ({drawn.batches / self.all_batches:.1%} of all) with "
                f"{drawn.examples} examples of `{name}`, which has {drawn.rows} rows without languages: "
                f"{drawn.passes:.2f} passes.",
            ]
        return "\n".join(lines)


def summarize(
    plan: BatchPlan | MixedPlan, drawn: Mapping[int, int | range], before: DrawSummary | None = None
) -> DrawSummary:
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
                summary.draw(plan, epoch, step)
    return summary
