"""HybridBatchTrainingArguments: the host's training arguments with those of planned batches."""

from __future__ import annotations

from dataclasses import dataclass, field

from sentence_transformers import SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.training_args import BatchSamplers

from beir_hybrid.batching.columns import Columns
from beir_hybrid.batching.sampler import COLUMN_OPTIONS, ConfiguredSampler, HybridBatchSampler
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.errors import ConfigurationError


@dataclass
class HybridBatchTrainingArguments(SentenceTransformerTrainingArguments):
    """Training arguments with the options of planned batches as fields of their own.

    So command lines, YAML files, checkpoints and model cards show them. With any Trainer of the host they set
    ``batch_sampler``; :class:`~beir_hybrid.training.trainer.HybridBatchTrainer` makes full use of them.

    Raises:
        UnknownNameError: If there is no such strategy.
        ConfigurationError: If an option is out of range, or ``batch_sampler`` is set to something else.
    """

    strategy: str = field(
        default="hybrid", metadata={"help": "What kind of batch comes next: a name, or name(option=value, ...)."}
    )
    alpha: float | None = field(
        default=None, metadata={"help": "Share of monolingual batches, for strategies that have one."}
    )
    source_weights: list[float] | None = field(
        default=None, metadata={"help": "Shares of the sources, one number each; by default they follow their sizes."}
    )
    source_temperature: float = field(
        default=1.0, metadata={"help": "A source's share is size ** (1 / temperature): 1 by size, inf uniform."}
    )
    language_shares: str = field(
        default="uniform", metadata={"help": "Languages, and pairs of them, are drawn 'uniform' or by 'size'."}
    )
    language_pairs: list[str] | None = field(
        default=None, metadata={"help": "Allowed pairs of question and passage language, such as en-de en-en."}
    )
    too_small: str = field(
        default="error",
        metadata={"help": "Languages with fewer different answers than a batch: 'error', 'drop' them or 'repeat'."},
    )
    hold_kind: bool = field(
        default=False, metadata={"help": "Keep one kind of batch for all batches whose gradients are accumulated."}
    )
    group_column: str = field(
        default="group", metadata={"help": "Column of a dataset of your own, equal for translations of one question."}
    )
    question_column: str = field(default="anchor_language", metadata={"help": "Column with the question's language."})
    passage_column: str = field(default="positive_language", metadata={"help": "Column with the passage's language."})
    answer_column: str | None = field(
        default=None, metadata={"help": "Column with the text of the passage; by default the second one of texts."}
    )
    negatives: int = field(default=0, metadata={"help": "Number of hard negatives of each example."})
    force_resume: bool = field(
        default=False,
        metadata={
            "help": "Resume even where batch size, processes, seed or data have changed, or a checkpoint was saved "
            "without its optimizer."
        },
    )

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        columns = {name: getattr(self, name) for name in COLUMN_OPTIONS}
        steps = self.max_steps * max(1, self.gradient_accumulation_steps)  # 0 is refused where it is used
        length = {"max_steps": steps} if self.max_steps > 0 else {"epochs": self.num_train_epochs}
        ours = HybridBatchSampler.configure(
            strategy=self.built_strategy(), sampling=self.sampling(), **length, **columns
        )
        if self.batch_sampler == BatchSamplers.BATCH_SAMPLER:  # the host's default: nothing was asked for
            self.batch_sampler = ours
        elif self._without_length(self.batch_sampler) == self._without_length(ours):
            self.batch_sampler = ours  # a copy's, whose length may have been changed
        else:
            raise ConfigurationError(
                f"batch_sampler is {self.batch_sampler!r}.",
                "Leave it out: strategy= decides about batches; or use the host's own training arguments.",
            )

    @staticmethod
    def _without_length(sampler: object) -> object:
        if not isinstance(sampler, ConfiguredSampler):
            return sampler
        return {name: value for name, value in sampler.options.items() if name not in {"epochs", "max_steps"}}

    def columns(self) -> Columns:
        """Return the names of columns as one object."""
        return Columns(self.group_column, self.question_column, self.passage_column, self.answer_column)

    def batch_processes(self) -> int:
        """Count the processes that share a step's batches: with split_batches, accelerate cuts up each batch itself."""
        return 1 if getattr(self.accelerator_config, "split_batches", False) else self.world_size

    def built_strategy(self) -> Strategy:
        """Build the strategy that the fields name."""
        return build_strategy(self.strategy, alpha=self.alpha)

    def sampling(self, hold: int = 1) -> Sampling:
        """Give the fields about sources and languages as one object.

        Args:
            hold: Batches that keep one kind.
        """
        return Sampling(
            weights=None if self.source_weights is None else tuple(self.source_weights),
            temperature=self.source_temperature,
            languages=self.language_shares,  # type: ignore[arg-type]  # checked by Sampling
            pairs=None if self.language_pairs is None else tuple(self.language_pairs),  # type: ignore[arg-type]  # read by Sampling
            too_small=self.too_small,  # type: ignore[arg-type]  # checked by Sampling
            hold=hold,
        )
