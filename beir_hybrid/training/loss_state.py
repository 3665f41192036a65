"""What a loss learns beside the model: kept in checkpoints, so that a resumed run goes on with it, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

LOSS_FILE = "loss.safetensors"
"""Beside a checkpoint's model: the parameters of the loss that are none of the model's."""

_LEARNT = "projection."


def save_loss(loss: Any, folder: Path) -> None:
    """Save what a loss learns, if anything.

    Args:
        loss: As the host's Trainer holds it.
        folder: Of the checkpoint.
    """
    from safetensors.torch import save_file

    if learnt := _learnt(loss):
        save_file({name: values.detach().cpu().contiguous() for name, values in learnt.items()}, folder / LOSS_FILE)


def load_loss(loss: Any, folder: Path) -> None:
    """Load what :func:`save_loss` saved.

    Args:
        loss: As the host's Trainer holds it.
        folder: Of the checkpoint.
    """
    from safetensors.torch import load_file

    if (folder / LOSS_FILE).is_file() and (learnt := _learnt(loss)):
        with torch.no_grad():
            for name, values in load_file(folder / LOSS_FILE).items():
                learnt[name].copy_(values)


def _learnt(loss: Any) -> dict[str, torch.Tensor]:
    losses = loss if isinstance(loss, dict) else {"": loss}
    return {
        f"{key}/{name}": values
        for key, each in losses.items()
        if isinstance(each, torch.nn.Module)
        for name, values in each.named_parameters()
        if name.startswith(_LEARNT)
    }
