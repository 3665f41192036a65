"""Checkpoints: which one to go on from, and whether the batches would be the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, DataFormatError

__all__ = ["BATCHES_FILE", "check_same_batches", "latest_checkpoint"]

BATCHES_FILE = "batches.json"
"""Beside every saved model: the plan's identity and what was drawn."""

_STATE_FILE = "trainer_state.json"


def latest_checkpoint(folder: Path) -> Path | None:
    """Find the latest complete checkpoint.

    The host writes a checkpoint's ``trainer_state.json`` last, so a run that was killed while saving leaves one without
    it, or with half of it; that one is passed over.

    Args:
        folder: The Trainer's output folder.

    Returns:
        The checkpoint's folder, or None if there is none.
    """
    numbered = {
        int(entry.name.rpartition("-")[2]): entry
        for entry in folder.glob("checkpoint-*")
        if entry.name.rpartition("-")[2].isdecimal()
    }
    for step in sorted(numbered, reverse=True):
        try:
            state = json.loads((numbered[step] / _STATE_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if state.get("global_step") == step:
            return numbered[step]
    return None


def check_same_batches(checkpoint: Path, identity: Mapping[str, Any]) -> None:
    """Refuse to go on with other batches than the checkpoint's run would have drawn.

    Args:
        checkpoint: A checkpoint's folder.
        identity: What the batches of the run that goes on follow from.

    Raises:
        ConfigurationError: If something differs; the message names it with both values.
        DataFormatError: If the checkpoint does not tell.
    """
    path = checkpoint / BATCHES_FILE
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["plan"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{path} does not tell which batches the run drew ({type(error).__name__}).",
            "Resume with --force_resume True if they are the same.",
        ) from error
    before, now = _flat(before), _flat(json.loads(json.dumps(identity)))
    names = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if len(names) > 1:  # the length in epochs follows from the rest
        names = [name for name in names if name != "epochs"]
    changed = [f"{name}: {before.get(name)!r} before, {now.get(name)!r} now" for name in names]
    if changed:
        raise ConfigurationError(
            f"The run in {checkpoint} drew other batches ({'; '.join(changed)}).",
            "Resume with the same values, or with --force_resume True.",
        )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Put the entries of inner mappings beside the others, each by its own name."""
    inner = {name: value for part in identity.values() if isinstance(part, dict) for name, value in part.items()}
    return {**{name: value for name, value in identity.items() if not isinstance(value, dict)}, **inner}
