"""One training run: pairs in, a model folder out."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.batching.strategies import strategy_spec
from beir_hybrid.batching.summary import DrawSummary, summarize
from beir_hybrid.datasets import load_pairs
from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.files import write_json
from beir_hybrid.pairs import ParallelPairs
from beir_hybrid.training.base_models import base_model, is_static
from beir_hybrid.training.card import write_card
from beir_hybrid.training.options import HOST_DEFAULTS, STATIC_DEFAULTS, TrainingOptions, parse_host_arguments

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
    from sentence_transformers import SentenceTransformerTrainingArguments as HostArguments

    from beir_hybrid.batching.plan import BatchPlan

__all__ = ["TrainedModel", "train"]

RUN_FILE = "run.json"
"""Written when a run starts: its options. Marks a folder as a run of ours."""

SUMMARY_FILE = "training.json"
"""Written when a run ends: steps, seconds and what was drawn."""

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
    """

    model: SentenceTransformer
    folder: Path
    drawn: DrawSummary
    steps: int
    seconds: float


def train(options: TrainingOptions, host_arguments: Sequence[str] = ()) -> TrainedModel:
    """Fine-tune an encoder with planned batches and save it.

    Everything that can be wrong with the request is found before the output folder is touched.

    Args:
        options: Model, data, strategy and output.
        host_arguments: Command-line words of sentence-transformers' training arguments.

    Returns:
        The trained model; its folder loads with ``SentenceTransformer(folder)``.

    Raises:
        BeirHybridError: Any of its leaves, for anything that is wrong with the request.
    """
    from transformers import set_seed

    from beir_hybrid.batching.sampler import HybridBatchSampler

    _check_output(options)
    defaults = {**HOST_DEFAULTS, **(STATIC_DEFAULTS if is_static(options.model) else {})}
    arguments = parse_host_arguments(host_arguments, options.output / "checkpoints", defaults)
    arguments.batch_sampler = HybridBatchSampler.configure(strategy=options.strategy, alpha=options.alpha)
    arguments.prompts = {"anchor": options.query_prefix, "positive": options.passage_prefix}
    choice = {} if options.passage_text is None else {"passage_text": options.passage_text}
    pairs = load_pairs(options.train_data, source=options.source, languages=options.languages, **choice)
    # the plan of the sampler that the Trainer will build, here to find early what cannot be drawn
    plan = arguments.batch_sampler(pairs.dataset(), arguments.train_batch_size, True, seed=arguments.seed).plan
    set_seed(arguments.seed)
    model = base_model(options.model, pairs)
    model.prompts = {**model.prompts, "query": options.query_prefix, "document": options.passage_prefix}
    trainer, log = _trainer(model, arguments, pairs, plan, options)
    _start_output(options, arguments)
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    drawn = summarize(plan, log.batches)
    result = TrainedModel(model, options.output, drawn, int(trainer.state.global_step), seconds)
    if trainer.is_world_process_zero():
        _save(result, options, pairs)
    return result


def _trainer(
    model: SentenceTransformer,
    arguments: HostArguments,
    pairs: ParallelPairs,
    plan: BatchPlan,
    options: TrainingOptions,
) -> tuple[SentenceTransformerTrainer, Any]:
    from sentence_transformers import SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    from beir_hybrid.training.callbacks import BatchLog

    log = BatchLog()
    model.model_card_data.local_files_only = True  # a card needs no connection
    model.model_card_data.set_language(list(pairs.languages))
    try:
        trainer = SentenceTransformerTrainer(
            model=model,
            args=arguments,
            train_dataset=pairs.dataset(),
            loss=MultipleNegativesRankingLoss(model, scale=options.scale),
            callbacks=[log],
        )
    except (ValueError, RuntimeError, ImportError) as error:  # arguments that the host refuses only now
        _remove_empty(Path(str(arguments.output_dir)), options.output)
        raise ConfigurationError(
            f"Training arguments: {' '.join(str(error).split())}", "Correct or leave out the argument."
        ) from error
    logger.info("Training on %r with %s, %d batches an epoch", pairs, strategy_spec(plan.strategy), len(plan))
    return trainer, log


def _check_output(options: TrainingOptions) -> None:
    folder = options.output
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file.", "Choose a folder: --output DIR")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not _is_run(folder):
        raise OutputError(f"The folder {folder} holds other things.", "Choose an empty or new folder: --output DIR")
    if not options.overwrite:
        raise OutputError(
            f"The folder {folder} holds another run.", "Choose another folder, or replace that run with --overwrite."
        )


def _is_run(folder: Path) -> bool:
    """Tell whether a folder holds a run of ours: other programs may have a run.json too."""
    try:
        content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"schema", "options", "arguments"} <= content.keys()


def _remove_empty(*folders: Path) -> None:
    """Remove the folders that the host made for nothing."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _start_output(options: TrainingOptions, arguments: HostArguments) -> None:
    if options.overwrite and _is_run(options.output):
        shutil.rmtree(options.output)
    as_json = arguments.to_json_string()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    content = {"schema": 1, "options": options.to_dict(), "arguments": json.loads(as_json)}
    write_json(options.output / RUN_FILE, content)


def _save(result: TrainedModel, options: TrainingOptions, pairs: ParallelPairs) -> None:
    """Save beside the folder and move in: modules.json last, so that a folder loads only if it is complete."""
    folder = result.folder
    temporary = folder / ".saving"
    result.model.save_pretrained(str(temporary))
    write_card(temporary / "README.md", options, pairs, result.drawn)
    entries = sorted(temporary.iterdir(), key=lambda entry: entry.name == "modules.json")
    for entry in entries:
        entry.replace(folder / entry.name)
    temporary.rmdir()
    write_json(
        folder / SUMMARY_FILE,
        {"schema": 1, "steps": result.steps, "seconds": round(result.seconds, 3), "drawn": result.drawn.to_dict()},
    )
