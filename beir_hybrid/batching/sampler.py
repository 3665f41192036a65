"""HybridBatchSampler: the plan in the form that sentence-transformers' Trainer takes."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sentence_transformers.base.sampler import DefaultBatchSampler

from beir_hybrid.batching.answers import number_answers
from beir_hybrid.batching.examples import ExampleTable
from beir_hybrid.batching.index import ExampleIndex
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies import Strategy, build_strategy
from beir_hybrid.errors import ConfigurationError, DataFormatError, did_you_mean

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

__all__ = ["HybridBatchSampler", "indexes_of"]

Ints = npt.NDArray[np.int64]

logger = logging.getLogger(__name__)

_OPTIONS = {"sampling", "world_size", "epochs"}  # ours; other options, columns apart, are the strategy's


class HybridBatchSampler(DefaultBatchSampler):
    """Draws batches whose languages are planned, inside sentence-transformers' Trainer.

    Give it to the training arguments, with its options, and everything else of the Trainer stays as it is::

        args = SentenceTransformerTrainingArguments(
            output_dir="runs", batch_sampler=HybridBatchSampler.configure(strategy="hybrid", alpha=0.5)
        )

    The dataset is either :meth:`ParallelPairs.dataset` or any ``datasets.Dataset`` of (anchor, positive) rows with
    columns for the languages and the group of each row. Hide those columns from the Trainer, which would encode them
    as texts, with ``dataset.set_format(columns=["anchor", "positive"])``; the sampler sees them all the same.

    Args:
        dataset: Rows to draw from.
        batch_size: Examples per batch.
        drop_last: Taken for the Trainer's sake; batches are always full.
        valid_label_columns: Taken for the Trainer's sake.
        generator: Taken for the Trainer's sake; draws come from the seed alone.
        seed: Seed of all draws; the Trainer passes its own.
        strategy: Name, specification or strategy; see :func:`beir_hybrid.batching.strategies.build_strategy`.
        group_column: Column that is equal for translations of one question. Without that column every row is a group.
        question_column: Column with the language of the question (anchor).
        passage_column: Column with the language of the passage (positive).
        answer_column: Column with the text of the passage: rows with equal texts never meet in a batch.
        sampling: How sources and languages share the batches.
        world_size: Number of processes that the Trainer deals batches to; None for as many as are running. Each step's
            batches are consecutive here, of one kind, source and language, and share no group or answer.
        epochs: Length of the whole training, against which strategies that change measure progress.
        **options: Options of the strategy, such as ``alpha``.

    Raises:
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
        answer_column: str = "positive",
        sampling: Sampling | None = None,
        world_size: int | None = None,
        epochs: float = 1.0,
        **options: Any,
    ) -> None:
        indexes = indexes_of(dataset, group_column, question_column, passage_column, answer_column)
        self.plan = BatchPlan(
            indexes,
            build_strategy(strategy, **options),
            batch_size,
            seed=seed,
            world_size=_processes() if world_size is None else world_size,
            sampling=sampling,
            epochs=epochs,
        )
        for notice in self.plan.notices:
            logger.warning("%s", notice)
        # after the plan, which refuses a wrong batch size with an error of ours
        super().__init__(dataset, batch_size, drop_last, valid_label_columns, generator, seed)

    @classmethod
    def configure(cls, **options: Any) -> partial[HybridBatchSampler]:
        """Fix the options and leave the rest to the Trainer: the value for ``batch_sampler=``.

        Args:
            **options: Keyword arguments of the class, strategy options included.

        Returns:
            A picklable callable with the signature the Trainer expects.

        Raises:
            UnknownNameError: If there is no such strategy.
            ConfigurationError: If the strategy has no such option or refuses its value.
        """
        given = inspect.signature(cls).parameters
        own = {name: options[name] for name in options if name in _OPTIONS or name.endswith("_column")}
        strategy = {name: value for name, value in options.items() if name not in own}
        if unknown := [name for name in own if name not in given]:
            columns = [name for name in given if name.endswith("_column")]
            raise ConfigurationError(
                f"HybridBatchSampler has no option {unknown[0]!r}.", did_you_mean(unknown[0], columns)
            )
        return partial(cls, strategy=build_strategy(strategy.pop("strategy", "hybrid"), **strategy), **own)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse an instance where the Trainer takes a class or callable: it would be ignored without a word.

        Raises:
            ConfigurationError: Always.
        """
        raise ConfigurationError(
            "batch_sampler is an instance of HybridBatchSampler.", "Give HybridBatchSampler.configure(...) instead."
        )

    def __len__(self) -> int:
        """Batches per epoch over all processes, exactly."""
        return len(self.plan) * self.plan.world_size

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.plan.batches(self.epoch):
            for rows in np.split(batch.rows, self.plan.world_size):
                yield rows.tolist()


def indexes_of(
    dataset: Dataset,
    group_column: str = "group",
    question_column: str = "anchor_language",
    passage_column: str = "positive_language",
    answer_column: str = "positive",
) -> list[ExampleIndex]:
    """Index the examples of a dataset by group and languages, one index a source.

    Args:
        dataset: :func:`~beir_hybrid.batching.examples.example_dataset`, or rows with language columns.
        group_column: See :class:`HybridBatchSampler`.
        question_column: See :class:`HybridBatchSampler`.
        passage_column: See :class:`HybridBatchSampler`.
        answer_column: See :class:`HybridBatchSampler`.

    Raises:
        DataFormatError: If a selection of virtual rows is given, or there are no language columns.
    """
    if not hasattr(dataset, "data"):
        raise DataFormatError(
            f"The dataset is of type {type(dataset).__name__}, whose rows are not all known before training.",
            "Give a datasets.Dataset, or ParallelPairs.dataset().",
        )
    if isinstance(dataset.data, ExampleTable):
        if dataset._indices is not None:
            raise DataFormatError(
                "The dataset of ParallelPairs was shuffled or selected from.",
                "Select from the pairs (pairs.select(languages)) and leave the order to the sampler.",
            )
        return dataset.data.indexes
    columns = dataset.with_format("arrow")
    for column in (question_column, passage_column):
        if column not in dataset.column_names:
            raise DataFormatError(
                f"The dataset has no column {column!r}, only {', '.join(dataset.column_names)}.",
                "Add the language of every row, or name the column with question_column= and passage_column=; "
                "evaluation data may go without in HybridBatchTrainer.",
            )
    if len(dataset) == 0:
        raise DataFormatError("The dataset holds no example.", "Give at least one row.")
    _check_columns(dataset, group_column, question_column, passage_column)
    for column in (group_column, question_column, passage_column, answer_column):
        if column in dataset.column_names and columns[column].null_count:
            raise DataFormatError(f"The column {column!r} has empty fields.", "Fill them in or drop those rows.")
    questions, passages = columns[question_column].to_pylist(), columns[passage_column].to_pylist()
    languages = tuple(sorted({*questions, *passages}))
    place = {language: number for number, language in enumerate(languages)}
    groups = _number(columns[group_column]) if group_column in dataset.column_names else np.arange(len(dataset))
    answers, refused = None, None
    if answer_column in dataset.column_names:
        shown = [name for name in dataset.format["columns"] if "string" in str(dataset.features[name].dtype)]
        texts = [columns[name] for name in shown if name not in (group_column, question_column, passage_column)]
        answers, refused = _answers(groups, columns[answer_column], texts)
    index = ExampleIndex.from_examples(
        languages,
        groups,
        np.array([place[language] for language in questions], np.int64),
        np.array([place[language] for language in passages], np.int64),
        answers,
        refused=refused,
    )
    return [index]


def _answers(
    groups: Ints, passages: pa.ChunkedArray, texts: Sequence[pa.ChunkedArray]
) -> tuple[Ints, tuple[Ints, Ints] | None]:
    """Number the answers of rows, and pair rows with the answers that are their hard negatives.

    Args:
        groups: Shape (rows,), group numbers.
        passages: The passages.
        texts: The columns that the Trainer encodes: as in the host's losses the question comes first, then the
            passage, then the hard negatives.
    """
    known = _number(passages)
    rows = np.arange(len(groups))
    if not texts:
        return number_answers(groups, known)[groups], None
    asked, *others = (pc.fill_null(column.cast(pa.large_string()), "") for column in (texts[0], passages, *texts[2:]))
    answers = number_answers(groups, known, _number(asked))[groups]
    codes = _number(pa.chunked_array([chunk for column in others for chunk in column.chunks]))
    answer_of = np.full(int(codes.max()) + 1, -1, np.int64)
    answer_of[codes[: len(groups)]] = answers
    owners, negatives = np.tile(rows, len(others) - 1), answer_of[codes[len(groups) :]]
    there = (negatives >= 0) & (negatives != answers[owners])
    return answers, (owners[there], negatives[there]) if there.any() else None


def _check_columns(dataset: Dataset, group_column: str, question_column: str, passage_column: str) -> None:
    for column in (question_column, passage_column):
        kind = dataset.features[column].dtype
        if "string" not in str(kind):
            raise DataFormatError(f"The column {column!r} holds {kind}.", "Give language codes as strings.")
    if seen := [name for name in (group_column, question_column, passage_column) if name in dataset.format["columns"]]:
        texts = [name for name in dataset.format["columns"] if name not in seen]
        logger.warning(
            "The Trainer encodes the column %r as a text. Hide it, the sampler sees it all the same: "
            "dataset.set_format(columns=%r)",
            seen[0],
            texts,
        )
    if group_column not in dataset.column_names:
        if group_column != "group":
            raise DataFormatError(f"The dataset has no column {group_column!r}.", "Correct group_column=.")
        logger.warning("The dataset has no column 'group': every row counts as a question of its own.")


def _number(values: pa.ChunkedArray) -> Ints:
    """Number the distinct values from 0, in order of appearance."""
    return pa.chunked_array(values).combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)


def _processes() -> int:
    """Count the processes of this training, without starting accelerate's state where nobody has."""
    from accelerate.state import PartialState

    return PartialState().num_processes if PartialState._shared_state else 1
