"""BatchOptions: the training arguments that decide about batches, declared once for hosts and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:  # the command line's help needs the options alone
    from beir_hybrid.batching.columns import Columns
    from beir_hybrid.batching.sampling import Sampling
    from beir_hybrid.batching.strategies.base import Strategy


def option(default: Any = MISSING, **about: Any) -> Any:
    """Declare an option of a dataclass, from which the command line makes one too.

    Args:
        default: Its default; without one it is required.
        **about: ``help``, and for the command line, where the type does not say it, ``metavar``, ``choices`` or
            ``required``.
    """
    return field(default=default, metadata=about)


@dataclass
class BatchOptions:
    """Which batches are drawn; the fields' help says what each option means.

    ``beir-hybrid train`` and ``plan`` take their options from here, and
    :class:`~beir_hybrid.training.arguments.HybridBatchTrainingArguments` its fields.
    """

    strategy: str = option("hybrid", help="What kind of batch comes next, such as hybrid(alpha=0.4).")
    alpha: float | None = option(
        None, help="Share of monolingual batches, for strategies that have one [default: 0.5]."
    )
    source_weights: list[float] | None = option(
        None, help="The sources' shares up to a factor, in their order, such as 1,2 [default: by size]."
    )
    source_temperature: float = option(
        1.0, help="A source's share is size ** (1 / temperature): 1 samples by size, inf uniformly."
    )
    language_shares: str = option(
        "uniform",
        metavar="[uniform|size]",
        help="Draw a source's languages equally often, or by how many groups hold them.",
    )
    language_pairs: list[str] | None = option(
        None,
        metavar="CODE-CODE,...",
        help="Allowed question-passage languages, such as en-de,en-en or zh-hans:en [default: all].",
    )
    too_small: str = option(
        "error",
        metavar="[error|drop|repeat]",
        help="Where a language has fewer different answers than a batch: refuse, leave it out, or repeat answers.",
    )
    hold_kind: bool = option(False, help="Keep one kind of batch for all batches whose gradients are accumulated.")
    group_by_length: bool | None = option(
        None,
        metavar="[True|False]",
        help="Put examples of like lengths into each batch, so that little of it is padding [default: where the model "
        "pads].",
    )
    group_column: str = option("group", help="Column of a dataset of your own, equal for translations of one question.")
    question_column: str = option("anchor_language", help="Column with the question's language.")
    passage_column: str = option("positive_language", help="Column with the passage's language.")
    answer_column: str | None = option(
        None, help="Column with the text of the passage; by default the second one of texts."
    )
    negatives: int = option(0, help="Hard negatives of each example, which no other example's passage may be.")
    plain_batch_sampler: str = option(
        "batch_sampler",
        metavar="[batch_sampler|no_duplicates|no_duplicates_hashed|group_by_label]",
        help="What the host's batch_sampler argument is for data without languages, beside planned ones.",
    )
    force_resume: bool = option(
        False,
        help="Resume even where batch size, processes, seed or data have changed, or a checkpoint was saved "
        "without its optimizer.",
    )

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> BatchOptions:
        """Make the options of values as the command line gives them.

        Args:
            given: Values by name, lists with commas; those at None are not given.

        Raises:
            ConfigurationError: If a weight is not a number.
        """
        values = {name: value for name, value in given.items() if value is not None}
        lists = {name: values[name].split(",") for name in LISTS & values.keys()}
        if weights := lists.get("source_weights"):
            try:
                lists["source_weights"] = [float(weight) for weight in weights]
            except ValueError as error:
                raise ConfigurationError(
                    f"--source-weights is {values['source_weights']!r}.", "Give numbers: 1,2"
                ) from error
        return cls(**{**values, **lists})

    def columns(self) -> Columns:
        """Return the names of columns as one object."""
        from beir_hybrid.batching.columns import Columns

        return Columns(self.group_column, self.question_column, self.passage_column, self.answer_column)

    def built_strategy(self) -> Strategy:
        """Build the strategy that the fields name."""
        from beir_hybrid.batching.strategies.build import build_strategy

        return build_strategy(self.strategy, alpha=self.alpha)

    def sampling(self, hold: int = 1) -> Sampling:
        """Return the fields about sources and languages as one object.

        Args:
            hold: Batches that keep one kind.
        """
        from beir_hybrid.batching.sampling import Sampling

        return Sampling(
            weights=None if self.source_weights is None else tuple(self.source_weights),
            temperature=self.source_temperature,
            languages=self.language_shares,  # type: ignore[arg-type]  # checked by Sampling
            pairs=None if self.language_pairs is None else tuple(self.language_pairs),  # type: ignore[arg-type]  # read by Sampling
            too_small=self.too_small,  # type: ignore[arg-type]  # checked by Sampling
            hold=hold,
            group_by_length=bool(self.group_by_length),
        )


SAMPLING = ("source_weights", "source_temperature", "language_shares", "language_pairs", "too_small", "group_by_length")
"""Options that say how sources and languages share the batches."""

LISTS = frozenset(field.name for field in fields(BatchOptions) if str(field.type).startswith("list["))
"""Options that a command line gives with commas."""
