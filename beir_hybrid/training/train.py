"""One training run: pairs in, a model folder out."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies import strategy_spec
from beir_hybrid.batching.summary import DrawSummary
from beir_hybrid.datasets import load_sources
from beir_hybrid.errors import BeirHybridError, ConfigurationError, OutputError
from beir_hybrid.files import check_output, parse_json, write_json
from beir_hybrid.pairs import ParallelPairs
from beir_hybrid.training.base_models import base_model, is_static
from beir_hybrid.training.checkpoints import latest_checkpoint
from beir_hybrid.training.options import HOST_DEFAULTS, STATIC_DEFAULTS, TrainingOptions, parse_host_arguments
from beir_hybrid.training.selection import (
    Selected,
    Selection,
    check_selection,
    load_selection,
    selected,
    selection_defaults,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import TrainerCallback

    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.trainer import HybridBatchTrainer

__all__ = ["TrainedModel", "train"]

RUN_FILE = "run.json"
"""Written when a run starts: its options. Marks a folder as a run of ours."""

SUMMARY_FILE = "training.json"
"""Written when a run ends: steps, seconds, and the checkpoint that was selected."""

HISTORY_FILE = "history.json"
"""Written when a run ends: what the host logged at which step, of training and of evaluation."""

logger = logging.getLogger(__name__)


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

    Everything that can be wrong with the request is found before the output folder is touched. Under ``torchrun`` or
    ``accelerate launch`` every process calls this, and the first one writes.

    Args:
        options: Model, data, strategy and output.
        host_arguments: Command-line words of the training arguments, sentence-transformers' and those of
            :class:`~beir_hybrid.training.arguments.HybridBatchTrainingArguments`.
        callbacks: The host's callbacks, told of every step.

    Returns:
        The trained model; its folder loads with ``SentenceTransformer(folder)``.

    Raises:
        BeirHybridError: Any of its leaves, for anything that is wrong with the request.
    """
    from transformers import set_seed

    if int(os.environ.get("RANK", "0")) == 0:  # the others would see what the first one writes
        _check_output(options)
    arguments = _parse_arguments(options, host_arguments)
    if options.resume and not arguments.force_resume:
        _check_same_options(options)
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
    trainer = _build_trainer(model, arguments, sources, options, selection)
    for callback in callbacks:
        trainer.add_callback(callback)
    checkpoint = latest_checkpoint(Path(str(arguments.output_dir))) if options.resume else None
    if options.resume and checkpoint is None:
        logger.warning("%s holds no complete checkpoint: the run starts from the beginning.", options.output)
    if trainer.is_world_process_zero() and checkpoint is None:  # a resumed run keeps what it was started with
        _start_output(options, arguments)
    start = time.perf_counter()
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    seconds = time.perf_counter() - start
    best = None if selection is None else selected(options.select_by, trainer.state)
    if selection is not None and best is not None:
        told = f"step {best.step} of {trainer.state.global_step}, {best.by} {best.value:.4f} on {selection.data}"
        trainer.card_details = {**trainer.card_details, "Selected": told}
    result = TrainedModel(model, options.output, trainer.drawn(), int(trainer.state.global_step), seconds, best)
    if trainer.is_world_process_zero():
        _save(result, trainer)
    return result


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
    try:
        trainer = HybridBatchTrainer(
            model=model,
            args=arguments,
            train_dataset=dataset,
            eval_dataset=None if selection is None else selection.dataset,
            evaluator=None if selection is None else selection.evaluator,
            loss=MultipleNegativesRankingLoss(model, scale=options.scale),
        )
        _try_optimizer(trainer)
    except BeirHybridError:
        _remove_empty(Path(str(arguments.output_dir)), options.output)
        raise
    except (ValueError, TypeError, RuntimeError, ImportError) as error:  # arguments that the host refuses only now
        _remove_empty(Path(str(arguments.output_dir)), options.output)
        raise ConfigurationError(
            f"Training arguments: {' '.join(str(error).split())}", "Correct or leave out the argument."
        ) from error
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
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if _read_run(folder) is None:
        raise OutputError(f"The folder {folder} holds other things.", "Choose an empty or new folder: --output DIR")
    if not options.overwrite:
        raise OutputError(
            f"The folder {folder} holds another run.",
            "Choose another folder, go on with that run with --resume, or replace it with --overwrite.",
        )


def _check_resumable(options: TrainingOptions) -> None:
    if _read_run(options.output) is None:
        raise OutputError(f"The folder {options.output} holds no run to resume.", "Check --output.")
    if (options.output / "modules.json").exists():
        raise OutputError(f"The run in {options.output} is finished.", "Nothing is left to resume.")


def _check_same_options(options: TrainingOptions) -> None:
    before = _read_run(options.output)
    if before is None:  # the first of several processes has told
        return
    now = json.loads(json.dumps(options.to_dict()))
    changed = [
        f"{name}: {before['options'].get(name)!r} before, {now[name]!r} now"
        for name in now
        if name not in {"output", "overwrite", "resume", "source"} and before["options"].get(name) != now[name]
    ]
    if changed:
        raise ConfigurationError(
            f"The run in {options.output} was started with other options ({'; '.join(changed)}).",
            "Resume with the same ones, or with --force_resume True.",
        )


def _read_run(folder: Path) -> dict[str, dict[str, object]] | None:
    """Read the options of a folder's run; None if it holds no run of ours: others may write a run.json too."""
    try:
        content = parse_json((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and {"schema", "options", "arguments"} <= content.keys() else None


def _remove_empty(*folders: Path) -> None:
    """Remove the folders that the host made for nothing."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _start_output(options: TrainingOptions, arguments: HybridBatchTrainingArguments) -> None:
    if options.overwrite and _read_run(options.output) is not None:
        shutil.rmtree(options.output)
    as_json = arguments.to_json_string()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    content = {"schema": 1, "options": options.to_dict(), "arguments": json.loads(as_json)}
    write_json(options.output / RUN_FILE, content)


def _save(result: TrainedModel, trainer: HybridBatchTrainer) -> None:
    """Save beside the folder and move in: modules.json last, so that a folder loads only if it is complete."""
    folder = result.folder
    temporary = folder / ".saving"
    shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed while it saved
    trainer.save_model(str(temporary))
    (temporary / "training_args.bin").unlink(missing_ok=True)  # a pickle; run.json tells the same
    for entry in sorted(temporary.iterdir(), key=lambda entry: entry.name == "modules.json"):
        target = folder / entry.name
        if entry.is_dir() and target.is_dir():
            shutil.rmtree(target)
        entry.replace(target)
    temporary.rmdir()
    write_json(folder / HISTORY_FILE, _history(trainer.state.log_history))
    summary = {"schema": 1, "steps": result.steps, "seconds": round(result.seconds, 3)}
    chosen = {} if result.selected is None else {"selected": asdict(result.selected)}
    write_json(folder / SUMMARY_FILE, {**summary, **chosen})


def _history(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Part what was logged in training from what was in evaluation; leave out the summary at the end."""
    evaluations = [dict(row) for row in rows if any(name.startswith("eval_") for name in row)]
    return {"schema": 1, "log": [dict(row) for row in rows if "loss" in row], "eval": evaluations}
