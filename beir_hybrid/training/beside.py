"""Datasets beside each other in one training: those that carry languages are planned, the others left to the host."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datasets import Dataset, DatasetDict
from sentence_transformers.base.sampler import MultiDatasetBatchSamplers

from beir_hybrid.batching.columns import LABELS, Columns, language_hint, shown
from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.plain import PLAIN_SAMPLERS, PlainBatches
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.pairs.examples import ExampleSlice, ExampleTable
from beir_hybrid.pairs.parallel import ParallelPairs

if TYPE_CHECKING:
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments

_WITHOUT_LABELS = frozenset(
    f"{cached}{name}Loss"
    for cached in ("", "Cached")
    for name in ("MultipleNegativesRanking", "MultipleNegativesSymmetricRanking", "GISTEmbed", "Triplet")
)
"""Losses of the host that take no notice of labels, and would take all pairs for ones that belong together."""

logger = logging.getLogger(__name__)


def opened(data: Any, negatives: int = 0) -> Any:
    """Return training data as the host takes them: pairs, also in a dict, become datasets of their examples.

    Args:
        data: A dataset, pairs, or a dict of them.
        negatives: Hard negatives of each example of pairs.
    """
    if isinstance(data, dict):
        return DatasetDict({name: opened(each, negatives) for name, each in data.items()})
    return data.dataset(negatives=negatives) if isinstance(data, ParallelPairs) else data


def carries_languages(dataset: Any, columns: Columns) -> bool:
    """Return whether a dataset's batches are planned: it holds examples of pairs, or has both columns of languages."""
    if isinstance(getattr(dataset, "data", None), ExampleTable | ExampleSlice):
        return True
    return {columns.question, columns.passage} <= set(dataset.column_names or ())


def check_losses(data: Any, loss: Any) -> None:
    """Raise an error for datasets of a dict without a loss, or with one that takes no notice of their labels.

    Args:
        data: A dataset, or a dict of them.
        loss: As the host's Trainer takes it.

    Raises:
        ConfigurationError: If so.
    """
    if not isinstance(data, dict):
        return
    for name, dataset in data.items():
        if isinstance(loss, Mapping) and name not in loss:
            raise ConfigurationError(
                f"The dataset {name!r} has no loss.", f"Add it to loss=. {did_you_mean(name, loss)}"
            )
        kind = type(loss[name] if isinstance(loss, Mapping) else loss).__name__
        if kind not in _WITHOUT_LABELS or not isinstance(dataset, Dataset) or isinstance(dataset.data, ExampleTable):
            continue
        if label := next((each for each in LABELS if each in shown(dataset)), None):
            raise ConfigurationError(
                f"The dataset {name!r} has the column {label!r}, of which {kind} takes no notice.",
                f"Give {name!r} a loss that does, or take the column out with remove_columns({label!r}).",
            )


def build_mixed_plan(
    data: Mapping[str, Dataset],
    arguments: HybridBatchTrainingArguments,
    shares: Mapping[str, float] | None,
    plan: Callable[[Dataset], BatchPlan],
    labels: Sequence[str],
) -> MixedPlan:
    """Plan the batches of several datasets.

    Args:
        data: The datasets by name, as the Trainer gets them.
        arguments: Say how each is batched, and how they are mixed where there are no shares.
        shares: Shares of the batches by name.
        plan: Plans the batches of a dataset that carries languages.
        labels: Columns that are labels, not texts.

    Raises:
        ConfigurationError: If no dataset carries languages, the shares do not fit, or the arguments ask for a mixture
            of one's own.
        DataFormatError: If a dataset cannot be read.
        BatchError: If a dataset cannot fill a batch.
    """
    how: Any = shares
    if shares is None and (how := arguments.multi_dataset_batch_sampler) not in list(MultiDatasetBatchSamplers):
        raise ConfigurationError(
            f"multi_dataset_batch_sampler is {how!r}, whose batches no plan knows.",
            f"Give shares=, or one of {', '.join(each.value for each in MultiDatasetBatchSamplers)}.",
        )
    columns = arguments.columns()
    plain = [name for name, dataset in data.items() if not carries_languages(dataset, columns)]
    members: dict[str, BatchPlan | PlainBatches] = {}
    for name, dataset in data.items():
        if name not in plain:
            members[name] = plan(dataset)
            continue
        wanted = {"question_column": columns.question, "passage_column": columns.passage}
        if isinstance(dataset, Dataset) and (hint := language_hint(dataset, wanted)):
            logger.warning("%s is batched without planning, though it seems to hold languages. %s", name, hint)
        members[name] = PlainBatches(
            name,
            dataset,
            arguments.train_batch_size,
            seed=arguments.seed,
            world_size=arguments.batch_processes(),
            sampler=arguments.plain_batch_sampler,
            labels=labels,
        )
    if not plain:
        check_alone(arguments)
    mixed = MixedPlan(members, how if shares is not None else how.value)
    logger.info(
        "Planned: %s. Batched by %s: %s.",
        ", ".join(name for name in data if name not in plain),
        str(arguments.plain_batch_sampler),
        ", ".join(plain) or "none",
    )
    return mixed


def check_alone(arguments: HybridBatchTrainingArguments, shares: Mapping[str, float] | None = None) -> None:
    """Raise an error for options about data without languages, or about several datasets, where there are none.

    Raises:
        ConfigurationError: If so.
    """
    if shares is not None:
        raise ConfigurationError("shares= is given for a single dataset.", "Give a dict of datasets, or leave it out.")
    if arguments.plain_batch_sampler != PLAIN_SAMPLERS[0]:
        raise ConfigurationError(
            f"plain_batch_sampler is {str(arguments.plain_batch_sampler)!r}, and all data are planned.",
            "Leave it out: it is for datasets without languages beside planned ones.",
        )
