"""FitOptions: the parameters of a legacy training call."""

from __future__ import annotations

import inspect
import logging
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import Optimizer

from beir_hybrid.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from sentence_transformers.base.evaluation import BaseEvaluator


logger = logging.getLogger(__name__)

SCHEDULERS = {
    "constantlr": "constant",
    "warmupconstant": "constant_with_warmup",
    "warmuplinear": "linear",
    "warmupcosine": "cosine",
    "warmupcosinewithhardrestarts": "cosine_with_restarts",
}
"""The host's legacy names of schedulers in lower case, and transformers' names of the same."""

_LEAST_COUNTS = {
    **{"epochs": 1, "steps_per_epoch": 0, "warmup_steps": 0, "evaluation_steps": 0},
    **{"checkpoint_save_steps": 1, "checkpoint_save_total_limit": 0},
}

_NEEDS = {
    "evaluator": ("evaluator", ("evaluation_steps", "callback")),
    "checkpoint_path": (
        "folder for checkpoints",
        ("checkpoint_save_steps", "checkpoint_save_total_limit", "resume_from_checkpoint"),
    ),
}
"""What options have no effect without, and the options."""

ScoreCallback = Callable[[float, float, int], None]
"""Called with the score, the epochs done and the steps done."""


@dataclass(frozen=True)
class FitOptions:
    """The parameters of the host's legacy ``fit`` except the model and the objectives, with its defaults.

    Args:
        evaluator: Called with the model after every epoch and every ``evaluation_steps`` steps.
        epochs: Number of epochs.
        steps_per_epoch: Batches per epoch over all objectives, each epoch starting where the last one stopped; None or
            0 for as many of each objective as the shortest has.
        scheduler: ConstantLR, WarmupConstant, WarmupLinear, WarmupCosine or WarmupCosineWithHardRestarts.
        warmup_steps: Steps in which the learning rate rises.
        optimizer_class: Called with groups of parameters and the ``optimizer_params``.
        optimizer_params: Options of the optimizer.
        weight_decay: For all parameters except biases and those of LayerNorm.
        evaluation_steps: Evaluate after so many steps; 0 for the ends of epochs only.
        output_path: Folder for the model, and in its ``eval`` for the evaluator's files.
        save_best_model: Whether the model is saved whenever the evaluator's primary metric is the best so far. Without
            an evaluator the model is saved at the end.
        max_grad_norm: Gradients are scaled down to this norm; 0 for never.
        use_amp: Automatic mixed precision: float16 on an accelerator, bfloat16 on a CPU.
        callback: Called after every evaluation with score, epochs done and steps done.
        show_progress_bar: Whether to show progress and losses.
        checkpoint_path: Folder for checkpoints; None for none.
        checkpoint_save_steps: Steps between checkpoints.
        checkpoint_save_total_limit: How many checkpoints are kept; 0 for all.
        resume_from_checkpoint: Whether to resume from the last checkpoint in ``checkpoint_path``, if there is one. The
            best evaluation before it is not known any more.

    Raises:
        ConfigurationError: If a value is out of range, or would have no effect because another is missing.
    """

    evaluator: BaseEvaluator | None = None
    epochs: int = 1
    steps_per_epoch: int | None = None
    scheduler: str = "WarmupLinear"
    warmup_steps: int = 10000
    optimizer_class: type[Optimizer] = torch.optim.AdamW
    optimizer_params: dict[str, Any] = field(default_factory=lambda: {"lr": 2e-5})
    weight_decay: float = 0.01
    evaluation_steps: int = 0
    output_path: str | None = None
    save_best_model: bool = True
    max_grad_norm: float = 1
    use_amp: bool = False
    callback: ScoreCallback | None = None
    show_progress_bar: bool = True
    checkpoint_path: str | None = None
    checkpoint_save_steps: int = 500
    checkpoint_save_total_limit: int = 0
    resume_from_checkpoint: bool = False

    def __post_init__(self) -> None:
        for name, lowest in _LEAST_COUNTS.items():
            _check_count(name, getattr(self, name), lowest)
        for name in ("weight_decay", "max_grad_norm"):
            if not getattr(self, name) >= 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)!r}.", "Give 0 or more.")
        if self.scheduler.lower() not in SCHEDULERS:
            raise ConfigurationError(
                f"There is no scheduler {self.scheduler!r}.", did_you_mean(self.scheduler.lower(), SCHEDULERS)
            )
        for needed, (what, names) in _NEEDS.items():
            for name in names if getattr(self, needed) is None else ():
                if (value := getattr(self, name)) != type(self).__dataclass_fields__[name].default:
                    raise ConfigurationError(f"{name} is {value!r}, but there is no {what}.", f"Give {needed}=.")

    def check_host(self) -> None:
        """Raise an error for what the host's own ``model.fit`` would not do, and warn of what it does differently.

        Raises:
            ConfigurationError: If it would ignore a value.
        """
        if self.steps_per_epoch and self.epochs > 1:
            raise ConfigurationError(
                f"sentence-transformers' fit ignores steps_per_epoch={self.steps_per_epoch} with {self.epochs} epochs.",
                "Leave it out, train one epoch, or use HybridBatchDataLoader.",
            )
        if self.use_amp and not torch.accelerator.is_available():
            logger.warning("sentence-transformers' fit has no mixed precision on a CPU: training in full precision")


def takes_options(options: type[FitOptions], *required: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a function be called with the fields of its options, in their order or by name, as the host's ``fit`` is.

    Args:
        options: The class of the options, of which the function takes an object named ``options``.
        *required: Names of the function's other parameters, which come first.
    """
    first = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in required]
    fields = inspect.signature(options).parameters
    params = fields["optimizer_params"].replace(default=options().optimizer_params)
    signature = inspect.Signature([*first, *{**fields, "optimizer_params": params}.values()])

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> None:
            given = signature.bind(*args, **kwargs).arguments
            own = {name: given.pop(name) for name in required}
            function(**own, options=options(**given))

        call.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect and help
        return call

    return decorate


def _check_count(name: str, value: int | None, lowest: int) -> None:
    try:
        fits = (value is None and name == "steps_per_epoch") or operator.index(value) >= lowest  # type: ignore[arg-type]  # raises
    except TypeError:
        fits = False
    if not fits:
        raise ConfigurationError(f"{name} is {value!r}.", f"Give a whole number from {lowest} on.")
