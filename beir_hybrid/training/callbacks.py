"""Callbacks for the host's Trainer."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerState

from beir_hybrid.training.checkpoints import flaw

logger = logging.getLogger(__name__)


class BatchLog(TrainerCallback):
    """Counts the batches that were trained on, by epoch; those before a checkpoint that training resumes from, too.

    The sampler itself does not know: the data loader fetches ahead of the training step.

    Args:
        length: Batches per epoch and process.

    Attributes:
        batches: Number of batches by epoch.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.batches: Counter[int] = Counter()
        self._epoch = 0

    @property
    def place(self) -> tuple[int, int]:
        """The epoch, and the place in it, of the batch that is trained on."""
        return self._epoch, self.batches[self._epoch]

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Count the batches before the checkpoint."""
        self.batches.clear()
        steps = max(1, -(-self.length // args.gradient_accumulation_steps))  # an epoch's last step may be a short one
        epochs, rest = divmod(state.global_step, steps)
        self.batches.update(dict.fromkeys(range(epochs), self.length))
        if rest:
            self.batches[epochs] = rest * args.gradient_accumulation_steps

    def on_epoch_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Note the epoch."""
        self._epoch = int(state.epoch or 0)

    def on_substep_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Count a batch whose gradient is accumulated."""
        self.batches[self._epoch] += 1

    def on_step_end(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Count a batch that ends an optimizer step."""
        self.batches[self._epoch] += 1


class SetEpoch(TrainerCallback):
    """Sets the epoch of the sampler, through whatever layers of accelerate it is wrapped in.

    The host reaches a sampler under one layer. A run that several processes resume in mid-epoch has two, and would
    replay the first epoch's batches.
    """

    def on_epoch_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Set the epoch on every layer that takes one."""
        layer = getattr(kwargs.get("train_dataloader"), "batch_sampler", None)
        while layer is not None:
            if hasattr(layer, "set_epoch"):
                layer.set_epoch(int(state.epoch or 0))
            layer = getattr(layer, "batch_sampler", None)


class FindBest(TrainerCallback):
    """Finds the best checkpoint again when a run is resumed, perhaps in a folder that was moved, and checks it.

    The host keeps its path. Where that is gone it would keep the value to beat, and load nothing at the end.
    """

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Look for it in the run's folder; without it, the next evaluation is the best so far."""
        if state.best_global_step is None:
            return
        moved = Path(str(args.output_dir)) / f"checkpoint-{state.best_global_step}"
        folder = Path(state.best_model_checkpoint or moved)
        wrong = flaw(folder, exact=False) if folder.is_dir() else ""
        if folder.is_dir() and not wrong:
            state.best_model_checkpoint = str(folder)
            return
        how = f"damaged ({wrong})" if wrong else "gone"
        logger.warning("%s, the best checkpoint, is %s: the best of the others will be kept.", folder, how)
        state.best_metric = state.best_global_step = state.best_model_checkpoint = None
