"""HybridBatchDataLoader: the plan in the form that legacy training loops take."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from datasets import Dataset
from sentence_transformers.sentence_transformer.readers import InputExample

from beir_hybrid.batching.columns import Columns
from beir_hybrid.batching.options import check_length, read_options
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampler import indexes_of
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.errors import ConfigurationError, DataFormatError
from beir_hybrid.pairs.examples import ExampleTable, begin_epoch, example_dataset

if TYPE_CHECKING:
    from beir_hybrid.batching.sampling import Sampling
    from beir_hybrid.pairs.index import ExampleIndex
    from beir_hybrid.pairs.parallel import ParallelPairs


logger = logging.getLogger(__name__)

Collate = Callable[[list[InputExample]], Any]

_PARAMETERS = ("batch_size", "strategy", "seed", "query_prefix", "passage_prefix", "sampling", "epochs")


# Not a torch DataLoader: no code of the host asks for one (its own NoDuplicatesDataLoader is none either), and one made
# with a batch sampler has the batch size None, which the host writes into model cards and warns about.
class HybridBatchDataLoader:
    """Yields planned batches of ``InputExample`` to ``model.old_fit``, :func:`beir_hybrid.fit` or a loop.

    Each example has the texts ``[question, passage]``, followed by any hard negatives, and as its label a whole number,
    that of its group; groups that share an answer share the number. A full pass moves on to the next epoch, whose
    batches are others, and so are the words that a dataset's transform replaces; :meth:`set_epoch` chooses the epoch of
    the next pass. The batches are those that a :class:`~beir_hybrid.batching.sampler.HybridBatchSampler` of the same
    options draws in one process.

    ``model.fit`` of sentence-transformers takes every loader apart into single examples and batches those anew, in
    random order: it is refused here. :func:`beir_hybrid.fit` has its arguments and keeps the
    batches.

    Args:
        pairs: The data; or their dataset with hard negatives, ``pairs.dataset(negatives=2)``; or several sources side
            by side, :func:`beir_hybrid.pairs.examples.example_dataset`; or a dataset of your own as
            HybridBatchSampler takes it, with the columns ``anchor``, ``positive``, ``anchor_language``,
            ``positive_language`` and ``group``, and any number whose names begin with ``negative``.
        batch_size: Examples per batch.
        strategy: Name, specification or strategy; see :func:`beir_hybrid.batching.strategies.build_strategy`.
        seed: Seed of all draws.
        query_prefix: Put before every question.
        passage_prefix: Put before every passage.
        sampling: How sources and languages share the batches.
        epochs: Length of the whole training in epochs, against which strategies that change measure progress. Without
            it, those yield no batch; :func:`beir_hybrid.fit` knows the length and goes by its own.
        **options: Options of the strategy, such as ``alpha``, and fields of
            :class:`~beir_hybrid.batching.sampling.Sampling`, such as ``too_small``.

    Attributes:
        batch_size: Examples per batch.
        dataset: The examples as a ``datasets.Dataset`` with the columns ``anchor``, ``positive``, those of negatives,
            and ``label``; the plan's rows are its rows.
        plan: Which rows every batch holds.

    Raises:
        BatchError: If the data cannot fill a batch.
        ConfigurationError: If the batch size or an option is out of range.
        DataFormatError: If a dataset lacks a column.
        UnknownNameError: If there is no such strategy.

    Examples:
        >>> from beir_hybrid import load_pairs
        >>> loader = HybridBatchDataLoader(load_pairs("sample", languages=["de", "en"]), batch_size=64, strategy="x-y")
        >>> loader
        HybridBatchDataLoader(XY(), batch_size=64, seed=0, 4 batches)
        >>> [len(batch) for batch in loader]
        [64, 64, 64, 64]
    """

    def __init__(
        self,
        pairs: ParallelPairs | Dataset,
        batch_size: int,
        strategy: str | Strategy = "hybrid",
        seed: int = 0,
        query_prefix: str = "",
        passage_prefix: str = "",
        *,
        sampling: Sampling | None = None,
        epochs: float | None = None,
        **options: Any,
    ) -> None:
        examples = pairs if isinstance(pairs, Dataset) else pairs.dataset()
        built, shares = read_options(strategy, sampling, options, "HybridBatchDataLoader", _PARAMETERS)
        self._indexes = indexes_of(_in_order(examples))
        self._length_known = epochs is not None
        self.batch_size = batch_size
        length = 1.0 if epochs is None else epochs
        self.plan = BatchPlan(self._indexes, built, batch_size, seed=seed, sampling=shares, epochs=length)
        for notice in self.plan.notices:
            logger.warning("%s", notice)
        self._prefixes = {"query_prefix": query_prefix, "passage_prefix": passage_prefix}
        dataset = _labelled(examples, self._indexes)
        self._texts = [name for name in dataset.column_names if name != "label"]
        if query_prefix or passage_prefix:
            prefixes = dict.fromkeys(self._texts, passage_prefix) | {"anchor": query_prefix}
            dataset = dataset.with_transform(partial(_put_prefixes, prefixes=prefixes))
        self.dataset = dataset
        self._collate_fn: Collate | None = None
        self._epoch = 0

    @property
    def collate_fn(self) -> Collate | None:
        """What makes something else of each batch's examples, as ``model.old_fit`` sets it; None to yield them as is.

        Raises:
            ConfigurationError: When ``model.fit`` sets it, which would take the batches apart.
        """
        return self._collate_fn

    @collate_fn.setter
    def collate_fn(self, function: Collate | None) -> None:
        if _flattens(function):
            raise ConfigurationError(
                "model.fit() takes the planned batches apart and shuffles their examples.",
                "Use beir_hybrid.fit(model, train_objectives=...), which has its arguments, or model.old_fit().",
            )
        self._collate_fn = function

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next pass draws.

        Args:
            epoch: From 0.

        Raises:
            ConfigurationError: If it is below 0.
        """
        if epoch < 0:
            raise ConfigurationError(f"The epoch is {epoch}.", "Epochs count from 0.")
        self._epoch = epoch

    def __len__(self) -> int:
        """Batches per epoch, exactly."""
        return len(self.plan)

    def __iter__(self) -> Iterator[Any]:
        check_length(self.plan.strategy, self._length_known, "epochs=", "beir_hybrid.fit")
        return self._draw(self._epoch)

    def _draw(self, epoch: int) -> Iterator[Any]:
        begin_epoch(self.dataset, epoch)
        for step, batch in enumerate(self.plan.batches(epoch), start=1):
            if step == len(self) and self._epoch == epoch:  # before the last yield: a loop may count batches and leave
                self._epoch = epoch + 1
            columns = self.dataset[batch.rows.tolist()]
            rows = zip(*(columns[name] for name in self._texts), strict=True)
            labelled = zip(rows, columns["label"], strict=True)
            examples = [InputExample(texts=list(texts), label=label) for texts, label in labelled]
            yield examples if self._collate_fn is None else self._collate_fn(examples)

    def get_config_dict(self) -> dict[str, Any]:
        """Return what the host writes into the model card."""
        shown = {"strategy": repr(self.plan.strategy), "batch_size": self.batch_size, "seed": self.plan.seed}
        return {**shown, **{name: prefix for name, prefix in self._prefixes.items() if prefix}}

    def __repr__(self) -> str:
        return (
            f"HybridBatchDataLoader({self.plan.strategy!r}, batch_size={self.batch_size}, seed={self.plan.seed}, "
            f"{len(self)} batches)"
        )


def _in_order(examples: Dataset) -> Dataset:
    """Order the columns of texts as in the order in which examples have them, as those of other names do not count."""
    texts = [name for name in ("anchor", "positive") if name in examples.column_names]
    texts += [name for name in examples.column_names if name.startswith("negative")]
    if isinstance(examples.data, ExampleTable) or len(examples.column_names) == len(texts):
        return examples
    about = [name for name in Columns().about() if name in examples.column_names]
    return examples.with_format(None).select_columns([*texts, *about])


def _labelled(examples: Dataset, indexes: Sequence[ExampleIndex]) -> Dataset:
    """Return the rows' texts, in the columns they have, and their labels."""
    if missing := [name for name in ("anchor", "positive") if name not in examples.column_names]:
        raise DataFormatError(
            f"The dataset has no column {missing[0]!r}, only {', '.join(examples.column_names)}.",
            "Name the column of the questions 'anchor' and the one of the passages 'positive'.",
        )
    negatives = [name for name in examples.column_names if name.startswith("negative")]
    if isinstance(examples.data, ExampleTable):  # made of ParallelPairs, looked up by reference
        data, number = examples.data, len(negatives)
        return example_dataset(
            data.sources, negatives=number, label=True, prompts=data.prompts, transform=data.transform
        )
    (index,) = indexes
    groups, _, _ = index.examples(np.arange(index.size))
    labels = np.full(len(examples), -1, np.int64)  # of rows that are left out, and never drawn
    labels[slice(None) if index.order is None else index.order] = (
        groups if index.answer is None else index.answer[groups]
    )
    texts = examples.with_format("arrow")[:].select(["anchor", "positive", *negatives])  # from disk, if it is there
    labelled = texts.append_column("label", pa.array(labels))
    return Dataset(labelled, fingerprint=f"{examples._fingerprint}-labelled")  # its own would be a hash of all texts


def _put_prefixes(rows: dict[str, list[Any]], prefixes: Mapping[str, str]) -> dict[str, list[Any]]:
    return {
        name: [f"{prefixes[name]}{value}" for value in values] if name in prefixes else values
        for name, values in rows.items()
    }


def _flattens(function: Collate | None) -> bool:
    """Return whether this is the function that the host's ``fit`` sets on every loader before it takes it apart."""
    module, name = getattr(function, "__module__", None) or "", getattr(function, "__qualname__", "")
    return module.startswith("sentence_transformers.") and ".fit.<locals>." in name
