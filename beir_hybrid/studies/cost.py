"""Cost: what a cell's training took, in steps, tokens, operations and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode
from torch.utils.hooks import RemovableHandle
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

COUNTED_STEPS = 3
"""Steps whose operations are counted, after the first; counting slows them down."""


@dataclass(frozen=True)
class Flops:
    """Floating-point operations of a training.

    Attributes:
        total: Of all steps, forward and backward; None where torch's counter counts none.
        note: How they were counted, or why there are none.
    """

    total: float | None
    note: str


class CostMeter(TrainerCallback):
    """Counts the tokens that a training's texts have, and the operations of a few of its steps.

    Operations are those that torch's ``FlopCounterMode`` knows: products of matrices, convolutions and attention.
    Where the model itself has none, as static embeddings, which look vectors up, the total would be the loss's alone;
    it is left out then.

    Attributes:
        steps: Optimizer steps.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._tokens: torch.Tensor | int = 0
        self._counter: FlopCounterMode | None = None
        self._inside = 0  # operations of the model's forward passes in counted steps
        self._counted = 0
        self._operations = 0
        self._before = 0
        self._hooks: list[RemovableHandle] = []

    @property
    def tokens(self) -> int:
        """Tokens of all texts that were trained on, without padding."""
        return int(self._tokens)

    def flops(self) -> Flops:
        """Scale the counted operations up to all steps."""
        if not self._counted:
            return Flops(None, "no step was counted: the training is too short")
        if not self._inside:
            return Flops(None, "the model multiplies no matrices (static embeddings look vectors up)")
        note = f"torch's FlopCounterMode over {self._counted} steps, scaled up to {self.steps}"
        return Flops(self._operations / self._counted * self.steps, note)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Watch the model's forward passes."""
        model: torch.nn.Module = kwargs["model"]
        self._hooks = [model.register_forward_pre_hook(self._enter), model.register_forward_hook(self._leave)]

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Count a few steps, not the first, in which much is done once."""
        if 1 <= self.steps <= COUNTED_STEPS or args.max_steps == 1:
            self._counter = FlopCounterMode(display=False)
            self._counter.__enter__()  # type: ignore[no-untyped-call]  # torch leaves it untyped

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Add up what was counted."""
        self.steps += 1
        if self._counter is not None:
            self._counter.__exit__(None, None, None)  # type: ignore[no-untyped-call]  # as above
            self._operations += self._counter.get_total_flops()
            self._counted += 1
            self._counter = None

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Remove the hooks."""
        for hook in self._hooks:
            hook.remove()

    def _enter(self, module: torch.nn.Module, inputs: Any) -> None:
        if not module.training:  # an evaluation between steps
            return
        features = inputs[0]
        mask = features.get("attention_mask")
        with torch.no_grad():  # no .item(): it would make an accelerator wait
            self._tokens = self._tokens + (features["input_ids"].numel() if mask is None else mask.sum())
        self._before = self._counter.get_total_flops() if self._counter is not None else 0

    def _leave(self, module: torch.nn.Module, inputs: Any, output: Any) -> None:
        if module.training and self._counter is not None:
            self._inside += self._counter.get_total_flops() - self._before
