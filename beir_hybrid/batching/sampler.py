"""HybridBatchSampler: the plan in the form that sentence-transformers' Trainer takes."""

from __future__ import annotations

import inspect
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakSet

import numpy as np
from sentence_transformers.base.sampler import DefaultBatchSampler

from beir_hybrid.batching.columns import LABELS, Columns, hide
from beir_hybrid.batching.options import check_length, read_options
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.rows import index_rows
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import changes, strategy_spec
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError, shorten
from beir_hybrid.pairs.examples import ExampleSlice, ExampleTable, begin_epoch
from beir_hybrid.pairs.index import ExampleIndex

if TYPE_CHECKING:
    import torch
    from datasets import Dataset


logger = logging.getLogger(__name__)

COLUMN_OPTIONS = ("group_column", "question_column", "passage_column", "answer_column")
"""Options that say what the columns of a dataset of one's own are called."""


@cache
def _parameters() -> frozenset[str]:
    """Names of the options that are ours; others are the strategy's, or those of sampling."""
    given = inspect.signature(HybridBatchSampler).parameters.values()
    return frozenset(parameter.name for parameter in given if parameter.kind is parameter.KEYWORD_ONLY)


class HybridBatchSampler(DefaultBatchSampler):
    """Draws batches whose languages are planned, inside sentence-transformers' Trainer.

    Give it to the training arguments, with its options, and everything else of the Trainer stays as it is::

        args = SentenceTransformerTrainingArguments(
            output_dir="runs", batch_sampler=HybridBatchSampler.configure(strategy="hybrid", alpha=0.5)
        )

    The dataset is either :meth:`ParallelPairs.dataset` or any ``datasets.Dataset`` of (anchor, positive) rows with
    columns for the languages and the group of each row. In a Trainer, which would encode those columns as texts, they
    are hidden by the dataset's format, in place; ``dataset.with_format(None)`` shows them again.

    Args:
        dataset: Rows to draw from.
        batch_size: Examples per batch.
        drop_last: Taken for the Trainer's sake; batches are always full.
        valid_label_columns: Columns that are labels, not texts; the Trainer passes them. None outside of a Trainer.
        generator: Taken for the Trainer's sake; draws come from the seed alone.
        seed: Seed of all draws; the Trainer passes its own.
        strategy: Name, specification or strategy; see :func:`beir_hybrid.batching.strategies.build_strategy`.
        group_column: Column that is equal for translations of one question. Without that column every row is a group.
        question_column: Column with the language of the question (anchor).
        passage_column: Column with the language of the passage (positive).
        answer_column: Column with the text of the passage: rows with equal texts never meet in a batch. None for the
            second column of texts, which the host's losses take for it whatever its name.
        sampling: How sources and languages share the batches.
        world_size: Number of processes that the Trainer deals batches to; None for as many as are running. Each step's
            batches are consecutive here, of one kind, source and language, and share no group or answer.
        epochs: Length of the whole training, the ``num_train_epochs`` of the arguments, against which strategies that
            change measure progress. They are refused without it; :class:`~beir_hybrid.HybridBatchTrainer` knows it.
        max_steps: The same in batches of each process, where that is how the training's length is given: the
            ``max_steps`` of the arguments times their ``gradient_accumulation_steps``.
        **options: Options of the strategy, such as ``alpha``, and fields of
            :class:`~beir_hybrid.batching.sampling.Sampling`, such as ``too_small``.

    Attributes:
        plan: Which rows every batch holds.
        begun: Whether a batch was asked for.
        labels: ``valid_label_columns`` as given, which is the Trainer's own list.

    Raises:
        ConfigurationError: If an option is unknown or refused.
        DataFormatError: If the dataset has no language columns.
        BatchError: If the dataset cannot fill a batch.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        drop_last: bool = True,
        valid_label_columns: list[str] | None = None,
        generator: torch.Generator | None = None,
        seed: int = 0,
        *,
        strategy: str | Strategy = "hybrid",
        group_column: str = "group",
        question_column: str = "anchor_language",
        passage_column: str = "positive_language",
        answer_column: str | None = None,
        sampling: Sampling | None = None,
        world_size: int | None = None,
        epochs: float | None = None,
        max_steps: int | None = None,
        **options: Any,
    ) -> None:
        built, shares = read_options(strategy, sampling, options, "HybridBatchSampler", _parameters())
        _check_length(built, epochs, max_steps)
        labels = LABELS if valid_label_columns is None else tuple(valid_label_columns)
        columns = Columns(group_column, question_column, passage_column, answer_column, labels)
        self.plan = BatchPlan(
            indexes_of(dataset, columns),
            built,
            batch_size,
            seed=seed,
            world_size=_processes() if world_size is None else world_size,
            sampling=shares,
            epochs=1.0 if epochs is None else epochs,
        )
        if max_steps is not None:
            self.plan = self.plan.lasting(max_steps / len(self.plan))
        self.begun = False
        self.labels = valid_label_columns
        if valid_label_columns is not None:
            hide(dataset, columns)
        for notice in self.plan.notices:
            logger.warning("%s", notice)
        # after the plan, which refuses a wrong batch size with an error of ours
        super().__init__(dataset, batch_size, drop_last, valid_label_columns, generator, seed)
        self._rows = dataset

    @classmethod
    def configure(cls, **options: Any) -> ConfiguredSampler:
        """Fix the options and leave the rest to the Trainer: the value for ``batch_sampler=``.

        Args:
            **options: Keyword arguments of the class, options of the strategy and of sampling included.

        Returns:
            A picklable callable with the signature the Trainer expects.

        Raises:
            UnknownNameError: If there is no such strategy.
            ConfigurationError: If there is no such option, its value is refused, or the strategy changes over the
                training and neither ``epochs`` nor ``max_steps`` gives the length.
        """
        own = {name: value for name, value in options.items() if name in _parameters()}
        rest = {name: value for name, value in options.items() if name not in own}
        strategy, sampling = own.pop("strategy", "hybrid"), own.pop("sampling", None)
        built, shares = read_options(strategy, sampling, rest, cls.__name__, _parameters())
        _check_length(built, own.get("epochs"), own.get("max_steps"))
        return ConfiguredSampler({**own, "strategy": built, "sampling": shares}, cls)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse an instance where the Trainer takes a class or callable: it would be ignored without a word.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            "batch_sampler is an instance of HybridBatchSampler.", "Give HybridBatchSampler.configure(...) instead."
        )

    @cached_property
    def _changes(self) -> bool:
        """Whether the strategy does over the training; found out once, since it takes as long as some steps."""
        return changes(self.plan.strategy)

    def __len__(self) -> int:
        """Batches per epoch over all processes, exactly."""
        return len(self.plan) * self.plan.world_size

    def __iter__(self) -> Iterator[list[int]]:
        self.begun = True
        if self.epoch >= self.plan.epochs and self._changes:
            logger.warning(
                "Epoch %d of a training of %g: %s has ended its changes. Correct epochs= or max_steps=.",
                self.epoch + 1,
                self.plan.epochs,
                strategy_spec(self.plan.strategy),
            )
        begin_epoch(self._rows, self.epoch)
        for batch in self.plan.batches(self.epoch):
            for rows in np.split(batch.rows, self.plan.world_size):
                yield rows.tolist()


def indexes_of(dataset: Dataset, columns: Columns | None = None) -> list[ExampleIndex]:
    """Index the examples of a dataset by group and languages, one index a source.

    Args:
        dataset: :func:`~beir_hybrid.pairs.examples.example_dataset`, or rows with language columns.
        columns: What the columns of rows are called; None for the usual names.

    Raises:
        DataFormatError: If several datasets or a selection of virtual rows are given, or rows lack what
            :func:`~beir_hybrid.batching.rows.index_rows` needs.
    """
    if isinstance(dataset, dict):
        raise DataFormatError(
            f"The dataset is a dict of datasets ({', '.join(map(repr, dataset))}), and one plan has one dataset.",
            "Put them side by side with example_dataset([pairs, ...]) or concatenate_datasets([...]), or use "
            "HybridBatchTrainer, whose steps have batches of one of them.",
        )
    if not hasattr(dataset, "data"):
        raise DataFormatError(
            f"The dataset is of type {type(dataset).__name__}, whose rows are not all known before training.",
            "Give a datasets.Dataset, or ParallelPairs.dataset().",
        )
    virtual = isinstance(dataset.data, ExampleTable)
    if isinstance(dataset.data, ExampleSlice) or (virtual and dataset._indices is not None):
        raise DataFormatError(
            "The dataset of ParallelPairs was shuffled or selected from.",
            "Select from the pairs, by pairs.select(languages) or ParallelPairs(name, pairs.table.filter(...)), and "
            "leave the order to the sampler.",
        )
    if virtual:
        return dataset.data.indexes
    return [index_rows(dataset, columns or Columns())]


def batches_in_order(
    dataset: Dataset, batch_size: int, drop_last: bool = False, columns: Columns | None = None
) -> DefaultBatchSampler:
    """Batch a dataset in order, without planning.

    Args:
        dataset: Any rows; columns that are no texts are hidden, as :class:`HybridBatchSampler` does.
        batch_size: Examples per batch.
        drop_last: Whether a last batch that is not full is left out.
        columns: What the columns of rows are called; None for the usual names.
    """
    from torch.utils.data import SequentialSampler

    hide(dataset, columns or Columns())
    return DefaultBatchSampler(SequentialSampler(dataset), batch_size=batch_size, drop_last=drop_last)


@dataclass
class ConfiguredSampler:
    """What ``batch_sampler=`` of the training arguments takes: a sampler with its options, still without a dataset.

    The Trainer builds the samplers of its training data before the first step, and those of evaluation data at each
    evaluation. So datasets that come when training has begun are evaluation data: where they cannot be planned, as for
    want of languages, they are batched in order, where training data are refused.

    Args:
        options: Keyword arguments of the class.
        sampler: The class.
    """

    options: Mapping[str, Any]
    sampler: type[HybridBatchSampler] = HybridBatchSampler
    _built: WeakSet[HybridBatchSampler] = field(default_factory=WeakSet, init=False, repr=False, compare=False)
    _told: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def __call__(self, dataset: Dataset, batch_size: int, drop_last: bool = True, **given: Any) -> DefaultBatchSampler:
        """Build the sampler of a dataset, as the Trainer asks for it.

        Raises:
            BeirHybridError: As the class does, for training data.
        """
        labels = given.get("valid_label_columns")  # a list of the Trainer's own: other Trainers do not count
        begun = any(sampler.begun and sampler.labels is labels for sampler in self._built)
        try:
            sampler = self.sampler(dataset, batch_size, drop_last, **given, **self.options)
        except (BatchError, DataFormatError) as error:
            if not begun:
                raise
            if error.problem not in self._told:  # once, and not at every evaluation
                self._told.add(error.problem)
                logger.warning(
                    "A dataset of %d rows, taken for evaluation data since training has begun, is batched in order, "
                    "without planning: %s",
                    len(dataset),
                    error.problem,
                )
            names = {name: self.options[name] for name in COLUMN_OPTIONS if name in self.options}
            columns = Columns(**{name.removesuffix("_column"): column for name, column in names.items()})
            return batches_in_order(dataset, batch_size, drop_last, columns)
        self._built.add(sampler)
        return sampler

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.options, self.sampler)  # checkpoints hold it, and no samplers

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"{self.sampler.__name__}.configure({given})"


def _check_length(strategy: Strategy, epochs: Any, max_steps: Any) -> None:
    """Check the length of a training as given; strategies that change need it."""
    if epochs is not None and max_steps is not None:
        raise ConfigurationError(f"epochs={epochs} and max_steps={max_steps} are both given.", "Give one of the two.")
    if epochs is not None and not (isinstance(epochs, int | float) and epochs is not True and 0 < epochs < math.inf):
        raise ConfigurationError(f"epochs is {shorten(epochs)}.", "Give a number above 0.")
    if max_steps is not None and (type(max_steps) is not int or max_steps < 1):
        raise ConfigurationError(f"max_steps is {max_steps!r}.", "Give a whole number from 1 on.")
    check_length(strategy, epochs is not None or max_steps is not None, "epochs= or max_steps=", "HybridBatchTrainer")


def _processes() -> int:
    """Count the processes of this training, without starting accelerate's state where nobody has."""
    from accelerate.state import PartialState

    return PartialState().num_processes if PartialState._shared_state else 1
