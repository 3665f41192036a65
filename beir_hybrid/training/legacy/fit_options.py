"""FitOptions: the parameters of a legacy training call."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable
from dataclasses import dataclass
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

ScoreCallback = Callable[[float, float, int], None]
"""Called with the score, the epochs done and the steps done."""


@dataclass(frozen=True)
class FitOptions:
    """The parameters of :func:`beir_hybrid.training.legacy.fit.fit` but the model and the objectives; see there.

    Raises:
        ConfigurationError: If a value is out of range, or would have no effect because another is missing.
    """

    evaluator: BaseEvaluator | None
    epochs: int
    steps_per_epoch: int | None
    scheduler: str
    warmup_steps: int
    optimizer_class: type[Optimizer]
    optimizer_params: dict[str, Any]
    weight_decay: float
    evaluation_steps: int
    output_path: str | None
    save_best_model: bool
    max_grad_norm: float
    use_amp: bool
    callback: ScoreCallback | None
    show_progress_bar: bool
    checkpoint_path: str | None
    checkpoint_save_steps: int
    checkpoint_save_total_limit: int
    resume_from_checkpoint: bool

    def __post_init__(self) -> None:
        least = {"epochs": 1, "warmup_steps": 0, "evaluation_steps": 0, "checkpoint_save_steps": 1}
        for name, lowest in {**least, "checkpoint_save_total_limit": 0}.items():
            _check_count(name, getattr(self, name), lowest)
        if self.steps_per_epoch is not None:
            _check_count("steps_per_epoch", self.steps_per_epoch, 0)
        for name in ("weight_decay", "max_grad_norm"):
            if not getattr(self, name) >= 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)!r}.", "Give 0 or more.")
        if self.scheduler.lower() not in SCHEDULERS:
            raise ConfigurationError(
                f"There is no scheduler {self.scheduler!r}.", did_you_mean(self.scheduler.lower(), SCHEDULERS)
            )
        self._check_needs()

    def _check_needs(self) -> None:
        """Refuse what would have no effect."""
        if self.evaluator is None:
            for name in ("evaluation_steps", "callback"):
                if value := getattr(self, name):
                    raise ConfigurationError(f"{name} is {value!r}, but there is no evaluator.", "Give evaluator=.")
        if self.checkpoint_path is None:
            defaults = {"checkpoint_save_steps": 500, "checkpoint_save_total_limit": 0, "resume_from_checkpoint": False}
            for name, default in defaults.items():
                if (value := getattr(self, name)) != default:
                    raise ConfigurationError(
                        f"{name} is {value!r}, but there is no folder for checkpoints.", "Give checkpoint_path=."
                    )

    def check_host(self) -> None:
        """Refuse what the host's own ``model.fit`` would not do, and warn of what it does otherwise.

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


def _check_count(name: str, value: int, lowest: int) -> None:
    try:
        fits = operator.index(value) >= lowest
    except TypeError:
        fits = False
    if not fits:
        raise ConfigurationError(f"{name} is {value!r}.", f"Give a whole number from {lowest} on.")
