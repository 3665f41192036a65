"""Preparation of a training: the one check of a request, for training, for plans and for studies."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.formats import load_sources
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.pairs.question_translations import untranslated
from beir_hybrid.prompts import Prompts
from beir_hybrid.storage.run_folder import RunFolder
from beir_hybrid.training.base_models import check_base_model
from beir_hybrid.training.batch_options import BatchOptions
from beir_hybrid.training.extra import ExtraData, mix, read_extra_data
from beir_hybrid.training.losses.base import TrainingLoss
from beir_hybrid.training.processes import launched_processes
from beir_hybrid.training.request import OPTIONS, TrainingRequest
from beir_hybrid.training.selection import Selection, check_selection, load_selection, selection_defaults

if TYPE_CHECKING:
    from datasets import Dataset

    from beir_hybrid.pairs.code_switch import CodeSwitch
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PreparedTraining:
    """A request whose arguments and data are there, and whose batches can be drawn.

    Attributes:
        request: The request.
        arguments: The host's arguments, with all defaults.
        sources: Questions and passages to train on.
        dataset: All examples of the sources, as the Trainer takes them.
        extra: Data without languages beside them, by name.
        selection: What checkpoints are evaluated with; None to keep the last model.
        loss: What batches are judged by.
    """

    request: TrainingRequest
    arguments: HybridBatchTrainingArguments
    sources: list[ParallelPairs]
    dataset: Dataset
    extra: dict[str, Dataset]
    selection: Selection | None
    loss: TrainingLoss

    def plan(self) -> BatchPlan | MixedPlan:
        """Plan the batches of the whole training.

        Raises:
            BatchError: If the data cannot fill a batch.
        """
        arguments = self.arguments
        plan = BatchPlan(
            self.dataset.data.indexes,
            arguments.built_strategy(),
            arguments.train_batch_size,
            seed=arguments.seed,
            world_size=arguments.batch_processes(),
            sampling=arguments.held_sampling(),
        )
        mixed = mix(plan, self.given_extra, self.extra, arguments.plain_batch_sampler)
        return mixed.lasting(arguments.length_in_epochs(len(mixed)))

    def shares(self) -> Mapping[str, float] | None:
        """Return the shares of planned and extra data; None without extra data."""
        plan = self.plan() if self.extra else None
        return plan.shares if isinstance(plan, MixedPlan) and not isinstance(plan.shares, str) else None

    @property
    def given_extra(self) -> list[ExtraData]:
        """The extra data, as they were asked for."""
        return read_extra_data(self.request.extra_data)


def prepare(request: TrainingRequest, loaded: dict[Hashable, Any] | None = None) -> PreparedTraining:
    """Check a request as far as that is possible without loading its model, and load its data.

    Args:
        request: What is to be trained.
        loaded: Data that earlier requests loaded, by what they asked for; those of this one are added.

    Raises:
        BeirHybridError: Any of its leaves, for anything that is wrong with the request.
    """
    known = {} if loaded is None else loaded
    arguments = training_arguments(request)
    check_base_model(request.model)
    loss = request.built_loss()
    loss.check_negatives(arguments.negatives)
    data = (request.source, request.passage_text)
    sources = _once(
        known,
        (request.sources, request.languages, request.columns, request.format, *data),
        lambda: load_training_data(request),
    )
    batch = arguments.per_device_eval_batch_size
    prefixes = (request.query_prefix_in, request.passage_prefix_in)
    evaluated = (
        request.eval_data,
        request.eval_languages,
        request.eval_split,
        request.select_by,
        batch,
        prefixes,
        *data,
    )
    selection = _once(known, evaluated, lambda: load_selection(request, batch))

    extra = _once(known, (request.extra_data, request.source), lambda: load_extra_data(request))
    hard = [sum(name.startswith("negative_") for name in rows.column_names) for rows in extra.values()]
    columns = _prompts(request, max([arguments.negatives, *hard]), "translations" in loss.needs)
    arguments.prompts = _of_host(columns, extra)
    if request.separate_lengths:  # the host cuts a text by its task
        questions = ("anchor", "translation")
        tasks = {column: "query" if column in questions else "document" for column in columns}
        arguments.router_mapping = arguments.router_mapping or tasks
    _check_languages(request, sources)
    behind = {name: each for name, each in columns.items() if each.languages}
    dataset = _examples(sources, arguments, loss, behind, _transform(request, arguments.seed))
    prepared = PreparedTraining(request, arguments, sources, dataset, extra, selection, loss)
    prepared.plan()  # finds what cannot be drawn
    return prepared


def plan_batches(
    request: TrainingRequest, batch_size: int, *, seed: int, world_size: int = 1, steps: int | None = None
) -> BatchPlan | MixedPlan:
    """Plan the batches of a request from its data alone: without extra data this needs neither torch nor the host.

    Args:
        request: Of its arguments, only those of :class:`~beir_hybrid.training.batch_options.BatchOptions` are known.
        batch_size: Examples per batch and process.
        seed: Seed of all draws.
        world_size: Number of processes that share the training.
        steps: Steps of the training; None for one epoch.

    Raises:
        BeirHybridError: Any of its leaves, for options that do not fit and data that cannot fill a batch.
    """
    options = BatchOptions.read({"strategy": request.strategy, "alpha": request.alpha, **request.arguments})
    strategy, sampling = options.built_strategy(), options.sampling()  # refused before any data are loaded
    indexes = [pairs.guarded_index(options.negatives) for pairs in load_training_data(request)]
    planned = BatchPlan(indexes, strategy, batch_size, seed=seed, world_size=world_size, sampling=sampling)
    given = read_extra_data(request.extra_data)
    plan = mix(planned, given, load_extra_data(request), options.plain_batch_sampler)
    return plan if steps is None else plan.lasting(steps / len(plan))


def training_arguments(request: TrainingRequest) -> HybridBatchTrainingArguments:
    """Return the host's arguments of a request, complete and checked.

    Raises:
        UnknownNameError: If there is no such strategy or measure.
        ConfigurationError: If an argument is unknown or its value does not fit, or arguments exclude each other.
    """
    from beir_hybrid.training.arguments import parse_arguments

    batches = {"strategy": request.strategy, "alpha": request.alpha}
    arguments = parse_arguments(
        {**batches, **request.arguments},
        RunFolder(request.output).checkpoints,
        {**request.defaults, **selection_defaults(request)},
        OPTIONS,
    )
    if request.eval_data is not None:
        check_selection(arguments)
    if launched_processes() != arguments.world_size:
        raise ConfigurationError(
            f"{launched_processes()} processes were launched, and the host runs {arguments.world_size}.",
            "Leave out arguments that choose devices, or launch one process.",
        )
    arguments.prompts = _of_host(_prompts(request, arguments.negatives), {})
    return arguments


def load_training_data(request: TrainingRequest) -> list[ParallelPairs]:
    """Load the questions and passages that a request trains on.

    Raises:
        BeirHybridError: Any of its leaves, for data that cannot be loaded.
    """
    choice = {} if request.passage_text is None else {"passage_text": request.passage_text}
    return load_sources(request.sources, request.source, request.languages, request.columns, request.format, **choice)


def load_extra_data(request: TrainingRequest) -> dict[str, Dataset]:
    """Load the data without languages that a request trains on beside its pairs, by name.

    Raises:
        BeirHybridError: Any of its leaves, for data that cannot be loaded.
    """
    return {extra.name: extra.load(request.source) for extra in read_extra_data(request.extra_data)}


def _examples(
    sources: list[ParallelPairs],
    arguments: HybridBatchTrainingArguments,
    loss: TrainingLoss,
    prompts: Mapping[str, Prompts],
    transform: CodeSwitch | None,
) -> Dataset:
    """Return all examples of the sources, with the columns that the loss needs, some of them behind prompts.

    Raises:
        ConfigurationError: If the data lack what it needs.
    """
    from beir_hybrid.pairs.examples import example_dataset

    if "translations" in loss.needs:
        _check_translations(sources, loss)
    return example_dataset(
        sources,
        negatives=arguments.negatives,
        label="answers" in loss.needs,
        scores="scores" in loss.needs,
        translations=arguments.seed if "translations" in loss.needs else None,
        groups="teacher" in loss.needs,
        prompts=prompts,
        transform=transform,
    )


def _transform(request: TrainingRequest, seed: int) -> CodeSwitch | None:
    """Return what changes texts, with its dictionary read."""
    transform = request.built_transform(seed)
    if transform is not None:
        logger.info("%s has translations of %d words.", transform.path, len(transform.translations))
    return transform


def _check_translations(sources: list[ParallelPairs], loss: TrainingLoss) -> None:
    """Warn of groups whose question is in one language only; raise an error if all are."""
    for pairs in sources:
        without, total = untranslated(pairs.numbers), len(pairs.groups)
        if without == total:
            raise ConfigurationError(
                f"No group of {pairs.name} has its question in two languages, which the loss {loss.name!r} compares.",
                "Give parallel data, or choose another loss, such as --loss mnrl.",
            )
        if without:
            logger.warning(
                "%s: %d of %d groups have their question in one language only, which is compared with itself.",
                pairs.name,
                without,
                total,
            )


def _prompts(request: TrainingRequest, negatives: int, translations: bool = False) -> dict[str, Prompts]:
    """Return what is put before the texts of each column."""
    questions, passages = request.prompts("query"), request.prompts("document")
    hard = {f"negative_{number + 1}": passages for number in range(negatives)}
    return {"anchor": questions, "positive": passages, **hard, **({"translation": questions} if translations else {})}


def _of_host(columns: Mapping[str, Prompts], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return the host's prompts: for its columns, and by name for data whose texts have no languages.

    Where prompts depend on the language, which the host does not know, the texts come with them.
    """
    shared = {name: "" if each.languages else each.usual for name, each in columns.items()}
    if not any(each.languages for each in columns.values()):
        return shared
    return {**shared, **{name: {column: each.usual for column, each in columns.items()} for name in extra}}


def _check_languages(request: TrainingRequest, sources: list[ParallelPairs]) -> None:
    """Warn of prefixes of languages that no text to be trained on is in."""
    known = {language for pairs in sources for language in pairs.languages}
    given = {**request.prompts("query").languages, **request.prompts("document").languages}
    if unknown := sorted(given.keys() - known):
        logger.warning(
            "No text to train on is in %s: its prefix is only kept with the model. %s",
            unknown[0],
            did_you_mean(unknown[0], sorted(known)),
        )


def _once(loaded: dict[Hashable, Any], key: Hashable, load: Callable[[], Any]) -> Any:
    if key not in loaded:
        loaded[key] = load()
    return loaded[key]
