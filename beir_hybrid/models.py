"""Loading encoders, with errors a user can act on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.model_kinds import check_kind, kind_of_files
from beir_hybrid.storage.files import existing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


_LONGEST = 200  # characters of a name on the hub, and some more
_PATIENCE = 10  # seconds to wait for the hub's first answer


def load_model(name: str | Path, device: str | None = None, *, sparse: bool = False) -> SentenceTransformer:
    """Load a sentence-transformers or Hugging Face model; a plain transformer gets mean pooling.

    Args:
        name: Folder, or name on the Hugging Face hub.
        device: Such as ``cpu`` or ``cuda:1``; None for the best there is.
        sparse: Whether a SparseEncoder will do, too, which then is one, and has the same methods for encoding.

    Raises:
        ModelError: If there is no such model, it cannot be loaded, or it is of another kind: it is never converted.
        ConfigurationError: If there is no such device.
    """
    check_name(name)
    if device is not None:
        check_device(device)
    known, offline = (str(name), False) if Path(name).is_dir() else _on_the_hub(str(name))
    kind = kind_of_files(known, local_files_only=offline)
    check_kind(kind, f"The model {name}", sparse=sparse)
    import sentence_transformers

    try:
        return getattr(sentence_transformers, kind)(known, device=device, local_files_only=offline)
    except Exception as error:  # a folder's files may be broken in any way
        if offline:
            raise _unreachable(str(name)) from error
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"The model {str(name)!r} cannot be loaded: {reason.rstrip('.')}.",
            "Give a folder that holds a model, or the name of one on the hub (which needs a connection).",
        ) from error


def check_name(name: str | Path) -> None:
    """Refuse what can be no model, before anything is loaded and without a network.

    Args:
        name: Folder, or name on the Hugging Face hub.

    Raises:
        ModelError: If it is a folder without a model, looks like one that is not there, or is ``static``.
    """
    folder = existing(name)
    if folder is not None and folder.is_dir():
        if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
            raise ModelError(
                f"The folder {name} holds no model: neither modules.json nor config.json is in it.",
                "Give the folder that training wrote.",
            )
    elif str(name) == "static" or str(name).startswith("static:"):
        raise ModelError(
            f"The model {name} is made by training: its tokenizer and vectors come from the training texts.",
            "Train it and give the folder: beir-hybrid train --model static --train-data DATASET --output DIR",
        )
    elif (
        Path(name).is_absolute()
        or str(name).startswith(".")
        or str(name).count("/") > 1
        or len(str(name)) > _LONGEST
        or (len(Path(name).parts) == 2 and Path(name).parent.is_dir())
    ):  # no name on the hub, or a misspelt folder beside others
        raise ModelError(f"There is no model folder {name}.", "Check the path.")


def _on_the_hub(name: str) -> tuple[str, bool]:
    """Find a model's whole name on the hub, and whether the hub is out of reach: it is asked once, and not again.

    Raises:
        ModelError: If the hub knows no such model, or is out of reach and the model was not downloaded before.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    # the host's own models are known by their last name
    names = [name] if "/" in name else [name, f"sentence-transformers/{name}"]
    for whole in names:
        try:
            get_hf_file_metadata(hf_hub_url(whole, "config.json"), timeout=_PATIENCE)
        except (EntryNotFoundError, HFValidationError):  # there without that file; loading it tells what is wrong
            return whole, False
        except RepositoryNotFoundError:
            continue
        except HfHubHTTPError:  # an answer, such as that one has to log in
            return whole, False
        except Exception as error:  # no connection, of several kinds
            there = [each for each in names if _was_downloaded(each)]
            if not there:
                raise _unreachable(name) from error
            return there[0], True
        return whole, False
    raise ModelError(
        f"The hub has no model {name!r}, or none that may be read without logging in.",
        "Give a folder that holds a model, or check the name.",
    )


def _was_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    folder = os.environ.get("SENTENCE_TRANSFORMERS_HOME")  # the host's own place
    return any(
        isinstance(try_to_load_from_cache(name, file, cache_dir=folder), str)
        for file in ("modules.json", "config.json")
    )


def _unreachable(name: str) -> ModelError:
    return ModelError(
        f"The model {name!r} is no folder here and was not downloaded before, and the hub cannot be reached.",
        "Give a folder that holds a model, or connect to the internet.",
    )


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
