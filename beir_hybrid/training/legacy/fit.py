"""fit: the legacy training call of sentence-transformers, with batches that stay as they were planned."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers import SentenceTransformerTrainingArguments
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from transformers import TrainerCallback, TrainerState, get_scheduler
from transformers.trainer_callback import PrinterCallback

from beir_hybrid.batching.loader import HybridBatchDataLoader
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.callbacks import SetEpoch
from beir_hybrid.training.checkpoints import latest_checkpoint
from beir_hybrid.training.legacy.fit_options import SCHEDULERS, FitOptions, takes_options
from beir_hybrid.training.resumable import ResumableTrainer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.evaluation import BaseEvaluator
    from torch.utils.data import DataLoader


logger = logging.getLogger(__name__)


@takes_options(FitOptions, "model", "train_objectives")
def fit(
    model: SentenceTransformer,
    train_objectives: Iterable[tuple[HybridBatchDataLoader | DataLoader[Any], nn.Module]],
    options: FitOptions,
) -> None:
    """Train as ``model.fit`` does, with its parameters, on batches that stay as they were planned.

    The host's own ``model.fit`` takes any loader apart into single examples and batches them anew, in random order.
    Here, :class:`~beir_hybrid.batching.loader.HybridBatchDataLoader` objectives go to the host's Trainer as they are:
    epoch e draws epoch e of the plans, one batch of each objective in turn, and what a longer objective has left when
    the shortest ends comes in the next epoch. Objectives with ordinary loaders are handed to ``model.fit`` as they are;
    one call takes one kind of loader.

    Args:
        model: The encoder; trained in place, in one process.
        train_objectives: Pairs of loader and loss.
        options: Given one by one, by name or in their order; see
            :class:`~beir_hybrid.training.legacy.fit_options.FitOptions`.

    Raises:
        ConfigurationError: If a value is out of range, needs another that is missing, or cannot be honoured.
    """
    objectives = list(train_objectives)
    planned = [(loader, loss) for loader, loss in objectives if isinstance(loader, HybridBatchDataLoader)]
    if not objectives:
        raise ConfigurationError("There is no training objective.", "Give pairs of a loader and a loss.")
    if len(planned) == len(objectives):
        _train(model, planned, options)
    elif planned:
        raise ConfigurationError(
            f"{len(planned)} of {len(objectives)} objectives have a HybridBatchDataLoader, the others another loader.",
            "Train on them in two calls, or put all data in HybridBatchDataLoaders.",
        )
    else:
        options.check_host()
        model.fit(objectives, **vars(options))  # type: ignore[arg-type]  # none of them is planned


class _Turns(DefaultBatchSampler):
    """The batches of several plans in turn, in the form the Trainer takes.

    Args:
        loaders: One per objective.
        epochs: Length of the training.
        steps: Batches per epoch over all objectives; None for as many of each as the shortest has.
    """

    def __init__(self, loaders: Sequence[HybridBatchDataLoader], epochs: int, steps: int | None) -> None:
        super().__init__(loaders[0].dataset, loaders[0].batch_size, drop_last=True)
        self.steps = steps or len(loaders) * min(map(len, loaders))
        turns = self.steps * epochs / len(loaders)
        self.plans = [loader.plan.lasting(turns / len(loader)) for loader in loaders]
        sizes = [len(loader.dataset) for loader in loaders]
        self.offsets = [sum(sizes[:place]) for place in range(len(sizes))]

    def __len__(self) -> int:
        """Batches per epoch."""
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        for number in range(self.epoch * self.steps, (self.epoch + 1) * self.steps):
            turn, objective = divmod(number, len(self.plans))
            plan = self.plans[objective]
            epoch, step = divmod(turn, len(plan))
            yield (plan.batch(epoch, step).rows + self.offsets[objective]).tolist()


class _Trainer(ResumableTrainer):
    """The host's Trainer, with a sampler that exists: by itself it makes one per dataset, all with one seed."""

    def __init__(self, turns: _Turns, **host: Any) -> None:
        self.turns = turns
        super().__init__(**host)

    def get_batch_sampler(self, *args: Any, **kwargs: Any) -> _Turns:
        """Return the sampler for the only dataset, or for one of several, where the next method decides."""
        return self.turns

    def get_multi_dataset_batch_sampler(self, *args: Any, **kwargs: Any) -> _Turns:
        """Return the sampler for all datasets."""
        return self.turns


class _Evaluation(TrainerCallback):
    """Evaluates and saves as the host's fit does; the Trainer takes no evaluator that returns a plain score."""

    def __init__(self, model: SentenceTransformer, options: FitOptions) -> None:
        self.model = model
        self.options = options
        self.best: float | None = None
        self.trainer: _Trainer | None = None

    def on_step_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Evaluate every so many steps."""
        if self.options.evaluation_steps and state.global_step % self.options.evaluation_steps == 0:
            self._evaluate(args, state, control)

    def on_epoch_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Evaluate."""
        if self.options.evaluator is not None:
            self._evaluate(args, state, control)

    def on_train_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Save, if no evaluator decides which model is the best."""
        if self.options.evaluator is None and self.options.output_path is not None:
            self.model.save_pretrained(self.options.output_path)

    def _evaluate(self, args: Any, state: TrainerState, control: Any) -> None:
        evaluator, output, epoch = self.options.evaluator, self.options.output_path, float(state.epoch or 0)
        if evaluator is None:
            return
        folder = None
        if output is not None:
            folder = str(Path(output) / "eval")
            Path(folder).mkdir(parents=True, exist_ok=True)
        result = evaluator(self.model, output_path=folder, epoch=epoch, steps=state.global_step)  # type: ignore[arg-type]  # the host passes the fraction too
        score = _score(evaluator, result)
        if self.trainer is not None:  # the model card's table of evaluations
            metrics = {f"eval_{name.removeprefix('eval_')}": value for name, value in _metrics(result).items()}
            self.trainer.callback_handler.on_evaluate(args, state, control, metrics)
        if self.options.callback is not None:
            self.options.callback(score, epoch, state.global_step)
        greater = getattr(evaluator, "greater_is_better", True)
        if self.best is None or (score > self.best if greater else score < self.best):
            self.best = score
            if self.options.save_best_model and output is not None:
                self.model.save_pretrained(output)


def _metrics(result: float | dict[str, float]) -> dict[str, float]:
    return result if isinstance(result, dict) else {"evaluator": result}


def _score(evaluator: BaseEvaluator, result: float | dict[str, float]) -> float:
    if not isinstance(result, dict):
        return float(result)
    name = getattr(evaluator, "primary_metric", None)
    if name not in result:
        raise ConfigurationError(
            f"{type(evaluator).__name__} names {name!r} as its primary metric, but returns {', '.join(result)}.",
            "Set its primary_metric to one of them.",
        )
    return float(result[name])


def _train(
    model: SentenceTransformer, objectives: Sequence[tuple[HybridBatchDataLoader, nn.Module]], options: FitOptions
) -> None:
    loaders = [loader for loader, _ in objectives]
    turns = _Turns(loaders, options.epochs, options.steps_per_epoch)
    names = [f"objective_{number}" for number in range(1, len(loaders) + 1)]
    losses = dict(zip(names, (loss for _, loss in objectives), strict=True))
    # copies: the Trainer marks the datasets it is given
    datasets = {name: copy.copy(loader.dataset) for name, loader in zip(names, loaders, strict=True)}
    single = len(loaders) == 1  # rows of one dataset are looked up a batch at a time, those of several one by one
    with ExitStack() as stack:
        folder = options.checkpoint_path or stack.enter_context(TemporaryDirectory(prefix="beir-hybrid-"))
        arguments = _arguments(options, folder, loaders[0].batch_size)
        evaluation = _Evaluation(model, options)
        trainer = _Trainer(
            turns,
            model=model,
            args=arguments,
            train_dataset=datasets[names[0]] if single else datasets,
            loss=losses[names[0]] if single else losses,
            optimizers=_optimizers(model, losses, options, len(turns) * options.epochs),
            callbacks=[evaluation, SetEpoch()],
        )
        evaluation.trainer = trainer
        trainer.remove_callback(PrinterCallback)  # prints what the progress bar would have shown
        logger.info("Training on %r, %d batches an epoch", loaders, len(turns))
        trainer.train(resume_from_checkpoint=_checkpoint(options))


def _arguments(options: FitOptions, folder: str, batch_size: int) -> SentenceTransformerTrainingArguments:
    accelerated = torch.accelerator.is_available()
    arguments = SentenceTransformerTrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=batch_size,
        num_train_epochs=options.epochs,
        max_grad_norm=options.max_grad_norm,
        fp16=options.use_amp and accelerated,
        bf16=options.use_amp and not accelerated,
        use_cpu=not accelerated,
        dataloader_pin_memory=accelerated,  # asked for without an accelerator, torch warns
        disable_tqdm=not options.show_progress_bar,
        save_strategy="no" if options.checkpoint_path is None else "steps",
        save_steps=options.checkpoint_save_steps,
        save_total_limit=options.checkpoint_save_total_limit or None,
    )
    if arguments.world_size > 1:
        raise ConfigurationError(
            f"fit was started in {arguments.world_size} processes.", "Start one, or use beir-hybrid train."
        )
    return arguments


def _optimizers(
    model: SentenceTransformer, losses: Mapping[str, nn.Module], options: FitOptions, steps: int
) -> tuple[Optimizer, LRScheduler]:
    decayed: list[nn.Parameter] = []
    spared: list[nn.Parameter] = []
    for name, parameter in nn.ModuleDict({"model": model, **losses}).named_parameters():
        (spared if "bias" in name or "LayerNorm.weight" in name else decayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    optimizer = options.optimizer_class([group for group in groups if group["params"]], **options.optimizer_params)
    scheduler = get_scheduler(SCHEDULERS[options.scheduler.lower()], optimizer, options.warmup_steps, steps)
    return optimizer, scheduler


def _checkpoint(options: FitOptions) -> str | None:
    if not options.resume_from_checkpoint or options.checkpoint_path is None:
        return None
    checkpoint = latest_checkpoint(Path(options.checkpoint_path))
    if checkpoint is None:
        logger.warning("There is no checkpoint in %s: training starts at the beginning", options.checkpoint_path)
    return None if checkpoint is None else str(checkpoint)
