"""Loading encoders, with errors a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.errors import ConfigurationError, ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["check_device", "load_model"]


def load_model(name: str | Path, device: str | None = None) -> SentenceTransformer:
    """Load a sentence-transformers or Hugging Face model; a plain transformer gets mean pooling.

    Args:
        name: Folder, or name on the Hugging Face hub.
        device: Such as ``cpu`` or ``cuda:1``; None for the best there is.

    Raises:
        ModelError: If there is no such model, or it cannot be loaded.
        ConfigurationError: If there is no such device.
    """
    from sentence_transformers import SentenceTransformer

    folder = Path(name)
    if folder.is_dir():
        if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
            raise ModelError(
                f"The folder {name} holds no model: neither modules.json nor config.json is in it.",
                "Give the folder that training wrote.",
            )
    elif (
        folder.is_absolute()
        or str(name).startswith(".")
        or str(name).count("/") > 1
        or (len(folder.parts) == 2 and folder.parent.is_dir())
    ):  # no name on the hub, or a misspelt folder beside others
        raise ModelError(f"There is no model folder {name}.", "Check the path.")
    if device is not None:
        check_device(device)
    try:
        return SentenceTransformer(str(name), device=device)
    except Exception as error:  # a folder's files may be broken in any way
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"The model {str(name)!r} cannot be loaded: {reason}",
            "Give a folder that holds a model, or the name of one on the hub (which needs a connection).",
        ) from error


def check_device(name: str) -> None:
    """Try a device out.

    Args:
        name: Such as ``cpu`` or ``cuda:1``.

    Raises:
        ConfigurationError: If there is no such device here.
    """
    import torch

    try:
        torch.empty(0, device=name)
    except Exception as error:  # of several kinds, by device
        raise ConfigurationError(
            f"There is no device {name!r} here: {' '.join(str(error).split()).partition('. ')[0]}.",
            "Choose such as cpu or cuda:0, or leave it out for the best there is.",
        ) from error
