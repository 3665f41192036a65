"""Callbacks for the host's Trainer."""

from __future__ import annotations

from collections import Counter
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

__all__ = ["BatchLog"]


class BatchLog(TrainerCallback):
    """Counts the batches that were trained on, by epoch.

    The sampler itself cannot tell: the data loader fetches ahead of the training step.

    Attributes:
        batches: Number of batches by epoch.
    """

    def __init__(self) -> None:
        self.batches: Counter[int] = Counter()
        self._epoch = 0

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
