"""One training run: pairs in, a model folder out."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.pairs import ParallelPairs
from beir_hybrid.storage.files import check_output
from beir_hybrid.storage.locks import locked
from beir_hybrid.training.base_models import base_model, is_static
from beir_hybrid.training.options import HOST_DEFAULTS, STATIC_DEFAULTS, TrainingOptions, parse_host_arguments
from beir_hybrid.training.run_folder import RunFolder
from beir_hybrid.training.selection import (
    Selected,
    Selection,
    check_selection,
    load_selection,
    selected,
    selection_defaults,
)
from beir_hybrid.verbosity import quieten_trainer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import TrainerCallback

    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.trainer import HybridBatchTrainer


logger = logging.getLogger(__name__)


class RunFinishedError(OutputError):
    """A run that is to be resumed has ended: there is nothing to do, and its model is there."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A finished run.

    Attributes:
        model: The trained encoder.
        folder: Where it is saved.
        drawn: What was drawn.
        steps: Optimizer steps taken.
        seconds: Seconds the training loop took.
        selected: The checkpoint that the model was taken from; None if it is the last model.
    """

    model: SentenceTransformer
    folder: Path
    drawn: DrawSummary
    steps: int
    seconds: float
    selected: Selected | None = None


def train(
    options: TrainingOptions, host_arguments: Sequence[str] = (), callbacks: Sequence[TrainerCallback] = ()
) -> TrainedModel:
    """Fine-tune an encoder with planned batches and save it.

    What is wrong with the request is found before the output folder is touched; what the host refuses only in its first
    step leaves the folder as it was, but for an earlier run that was to be replaced. The folder is locked meanwhile.
    Under ``torchrun`` or ``accelerate launch`` every process calls this, and the first one writes.

    Args:
        options: Model, data, strategy and output.
        host_arguments: Command-line words of the training arguments, sentence-transformers' and those of
            :class:`~beir_hybrid.training.arguments.HybridBatchTrainingArguments`.
        callbacks: The host's callbacks, told of every step.

    Returns:
        The trained model; its folder loads with ``SentenceTransformer(folder)``.

    Raises:
        RunFinishedError: If the run that is to be resumed has ended.
        BeirHybridError: Any of its leaves, for anything that is wrong with the request. A full disk is an OutputError
            that tells what is kept.
        TrainingInterrupted: A KeyboardInterrupt that tells how far the training was.
    """
    if options.resume:
        _check_unfinished(options, host_arguments)
    if int(os.environ.get("RANK", "0")) != 0:  # the others would see what the first one writes
        return _train(options, host_arguments, callbacks)
    _check_output(options)
    with locked(options.output, f"the run in {options.output}"):
        _check_output(options)  # another process may have written meanwhile
        return _train(options, host_arguments, callbacks)


def _train(
    options: TrainingOptions, host_arguments: Sequence[str], callbacks: Sequence[TrainerCallback]
) -> TrainedModel:
    from transformers import set_seed

    from beir_hybrid.training.attempt import Attempt

    folder = RunFolder(options.output)
    arguments = _parse_arguments(options, host_arguments)
    if options.resume and not arguments.force_resume:
        folder.check_same_options(options)
    sources = _load_sources(options)
    selection = load_selection(options, arguments.per_device_eval_batch_size)
    # the plan that the Trainer will make, here to find what cannot be drawn before a model is loaded
    BatchPlan(
        [pairs.index for pairs in sources],
        arguments.built_strategy(),
        arguments.train_batch_size,
        world_size=arguments.batch_processes(),
        sampling=arguments.sampling(),
    )
    set_seed(arguments.seed)
    model = base_model(options.model, sources)
    model.prompts = {**model.prompts, "query": options.query_prefix, "document": options.passage_prefix}
    with Attempt(folder, host_arguments) as attempt:
        trainer = _build_trainer(model, arguments, sources, options, selection)
        for callback in callbacks:
            trainer.add_callback(callback)
        checkpoint = trainer.latest_checkpoint() if options.resume else None
        if options.resume and checkpoint is None and trainer.is_world_process_zero():
            logger.warning("%s holds no complete checkpoint: the run starts from the beginning.", options.output)
        if checkpoint is None:
            attempt.watch(trainer, lambda: folder.start(options, arguments))
        else:  # it keeps what it was started with
            attempt.watch(trainer, None, int(checkpoint.name.rpartition("-")[2]))
        start = time.perf_counter()
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        seconds = time.perf_counter() - start
        best = None if selection is None else selected(options.select_by, trainer.state)
        if selection is not None and best is not None:
            told = f"step {best.step} of {trainer.state.global_step}, {best.by} {best.value:.4f} on {selection.data}"
            trainer.card_details = {**trainer.card_details, "Selected": told}
        steps = int(trainer.state.global_step)
        if trainer.is_world_process_zero():
            chosen = {} if best is None else {"selected": asdict(best)}
            folder.save(trainer, {"steps": steps, "seconds": round(seconds, 3), **chosen})
    return TrainedModel(model, options.output, trainer.drawn(), steps, seconds, best)


def _parse_arguments(options: TrainingOptions, host_arguments: Sequence[str]) -> HybridBatchTrainingArguments:
    defaults = {**HOST_DEFAULTS, **(STATIC_DEFAULTS if is_static(options.model) else {})}
    ours = ["--strategy", options.strategy, *([] if options.alpha is None else ["--alpha", str(options.alpha)])]
    defaults |= selection_defaults(options, host_arguments)
    arguments = parse_host_arguments([*ours, *host_arguments], options.output / "checkpoints", defaults)
    if options.eval_data is not None:
        check_selection(arguments)
    if int(os.environ.get("WORLD_SIZE", "1")) != arguments.world_size:
        raise ConfigurationError(
            f"{os.environ['WORLD_SIZE']} processes were launched, and the host runs {arguments.world_size}.",
            "Leave out arguments that choose devices, or launch one process.",
        )
    negatives = {f"negative_{number + 1}": options.passage_prefix for number in range(arguments.negatives)}
    arguments.prompts = {"anchor": options.query_prefix, "positive": options.passage_prefix, **negatives}
    return arguments


def _load_sources(options: TrainingOptions) -> list[ParallelPairs]:
    names = (options.train_data,) if isinstance(options.train_data, str) else options.train_data
    choice = {} if options.passage_text is None else {"passage_text": options.passage_text}
    return load_sources(names, source=options.source, languages=options.languages, **choice)


def _build_trainer(
    model: SentenceTransformer,
    arguments: HybridBatchTrainingArguments,
    sources: list[ParallelPairs],
    options: TrainingOptions,
    selection: Selection | None,
) -> HybridBatchTrainer:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    from beir_hybrid.batching.examples import example_dataset
    from beir_hybrid.training.trainer import HybridBatchTrainer

    languages = sorted({language for pairs in sources for language in pairs.languages})
    model.model_card_data.local_files_only = True  # a card needs no connection
    model.model_card_data.set_language(languages)
    dataset = example_dataset(sources, negatives=arguments.negatives)
    trainer = HybridBatchTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        eval_dataset=None if selection is None else selection.dataset,
        evaluator=None if selection is None else selection.evaluator,
        loss=MultipleNegativesRankingLoss(model, scale=options.scale),
    )
    _try_optimizer(trainer)
    quieten_trainer(trainer)
    trainer.plain_evaluation = selection is not None
    trainer.card_details = {
        "Data": "; ".join(f"{pairs.name}, {len(pairs.groups)} groups, {len(pairs)} pairs" for pairs in sources),
        "Languages": ", ".join(languages),
        "Base model": f"`{options.model}`",
        "Prefixes": f"`{options.query_prefix}` and `{options.passage_prefix}`, the prompts `query` and `document`",
        "Scale": f"{options.scale:g}",
    }
    plan = trainer.sampler.plan if trainer.sampler is not None else None
    logger.info("Training on %s with %s", sources, strategy_spec(plan.strategy) if plan else "no plan")
    return trainer


def _try_optimizer(trainer: HybridBatchTrainer) -> None:
    """Let the host make the optimizer and its schedule once, and forget them: it makes them when training begins."""
    trainer.create_optimizer_and_scheduler(num_training_steps=1)
    trainer.optimizer, trainer.lr_scheduler = None, None


def _check_output(options: TrainingOptions) -> None:
    folder = options.output
    check_output(folder, "folder")
    if options.resume:
        _check_resumable(options)
        return
    run = RunFolder(folder)
    if not folder.is_dir() or run.is_unstarted():
        return
    if run.run() is None:
        raise OutputError(f"The folder {folder} holds other things.", "Choose an empty or new folder: --output DIR")
    if not options.overwrite:
        raise OutputError(
            f"The folder {folder} holds another run.",
            "Choose another folder, go on with that run with --resume, or replace it with --overwrite.",
        )


def _check_resumable(options: TrainingOptions) -> None:
    """Refuse a folder of other things; a run that is not there is started, as a job that is queued again expects."""
    run = RunFolder(options.output)
    if run.run() is None and options.output.is_dir() and not run.is_unstarted():
        raise OutputError(
            f"The folder {options.output} holds other things than a run to resume.",
            "Choose that run's folder, or an empty or new one: --output DIR",
        )


def _check_unfinished(options: TrainingOptions, host_arguments: Sequence[str]) -> None:
    """Refuse to resume a run that has ended: on every process, as none of them writes then."""
    folder = RunFolder(options.output)
    run = folder.run()
    if run is None or not folder.is_finished():
        return
    arguments = _parse_arguments(options, host_arguments)
    if not arguments.force_resume:
        folder.check_same_options(options)
    for name in ("max_steps", "num_train_epochs"):
        before, now = run["arguments"].get(name), getattr(arguments, name)
        if before != now:
            raise OutputError(
                f"The run in {options.output} is finished, with {name} {before}, not {now}.",
                f"To train its model further, start a run with --model {options.output}.",
            )
    raise RunFinishedError(f"The run in {options.output} is finished.", "Nothing is left to resume.")
