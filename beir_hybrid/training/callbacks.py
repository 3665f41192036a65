"""Callbacks for the host's Trainer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

__all__ = ["BatchLog", "SetEpoch"]


class BatchLog(TrainerCallback):
    """Counts the batches that were trained on, by epoch; those before a checkpoint that training goes on from, too.

    The sampler itself cannot tell: the data loader fetches ahead of the training step.

    Args:
        length: Batches per epoch and process.

    Attributes:
        batches: Number of batches by epoch.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.batches: Counter[int] = Counter()
        self._epoch = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Count what the checkpoint has behind it."""
        self.batches.clear()
        steps = max(1, -(-self.length // args.gradient_accumulation_steps))  # an epoch's last step may be a short one
        epochs, rest = divmod(state.global_step, steps)
        self.batches.update(dict.fromkeys(range(epochs), self.length))
        if rest:
            self.batches[epochs] = rest * args.gradient_accumulation_steps

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Note the epoch."""
        self._epoch = int(state.epoch or 0)

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Count a batch whose gradient is accumulated."""
        self.batches[self._epoch] += 1

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Count a batch that ends an optimizer step."""
        self.batches[self._epoch] += 1


class SetEpoch(TrainerCallback):
    """Tells the sampler the epoch, through whatever layers of accelerate it is wrapped in.

    The host reaches a sampler under one layer. A run that several processes resume in mid-epoch has two, and would
    replay the first epoch's batches.
    """

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Set the epoch on every layer that takes one."""
        layer = getattr(kwargs.get("train_dataloader"), "batch_sampler", None)
        while layer is not None:
            if hasattr(layer, "set_epoch"):
                layer.set_epoch(int(state.epoch or 0))
            layer = getattr(layer, "batch_sampler", None)
