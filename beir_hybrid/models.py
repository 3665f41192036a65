"""Models: what a name, a folder or a loaded model is, whether it can be used as such, and how it is loaded.

sentence-transformers loads a folder of any of its kinds into any other one by replacing its head, with a line in the
log, so that what is scored then is another model under the folder's name. Here a model is of one kind, and is refused
where another one is needed.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.attention import attend
from beir_hybrid.errors import ConfigurationError, ModelError, did_you_mean
from beir_hybrid.storage.files import existing, parse_json

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


DENSE = "SentenceTransformer"
SPARSE = "SparseEncoder"
MULTI_VECTOR = "MultiVectorEncoder"
CROSS = "CrossEncoder"

DEBIASED = "beir_hybrid.debiasing.module.DebiasedModule"
"""The module of models that ``beir-hybrid debias`` writes."""

BACKENDS = ("torch", "onnx", "openvino")
"""What a model may run on."""

_PACKAGES = {"onnx": "optimum.onnxruntime", "openvino": "optimum.intel"}
_MODULES = {"sparse_encoder": SPARSE, "multi_vector_encoder": MULTI_VECTOR, "cross_encoder": CROSS}
_GIVES = {MULTI_VECTOR: "several vectors for a text", CROSS: "scores of pairs of texts and no vectors"}
_MODEL_FILES = ("modules.json", "config.json")  # a folder with one of them holds a model
_LONGEST = 200  # characters of a name on the hub, and some more
_PATIENCE = 10  # seconds to wait for the hub's first answer


def is_static(name: str | Path) -> bool:
    """Return whether a model is ``static`` or ``static:DIM``, which training makes."""
    return str(name).partition(":")[0] == "static"


def kind_of_files(name: str | Path, *, local_files_only: bool = False) -> str:
    """Return what kind a model's files say that it is.

    Args:
        name: Folder, or whole name on the Hugging Face hub.
        local_files_only: Whether to look only at what was downloaded before.

    Returns:
        Name of the host's class, such as :data:`DENSE` or :data:`SPARSE`. A plain transformer counts as dense, since
        the host makes an encoder of it by pooling its token vectors, unless it classifies pairs of texts (an older
        :data:`CROSS`) or is a ColBERT of its authors' own format (:data:`MULTI_VECTOR`).
    """
    said = _read(name, "config_sentence_transformers.json", local_files_only)
    kind = said.get("model_type") if isinstance(said, dict) else None
    if kind is not None:
        return MULTI_VECTOR if kind == "ColBERT" else str(kind)  # PyLate's name for it
    modules = _read(name, "modules.json", local_files_only)
    if isinstance(modules, list):
        types = [str(module.get("type")) for module in modules if isinstance(module, dict)]
        packages = {kind.split(".")[1] for kind in types if kind.startswith("sentence_transformers.")}
        return next((_MODULES[package] for package in sorted(packages) if package in _MODULES), DENSE)
    config = _read(name, "config.json", local_files_only)
    architectures = config.get("architectures") if isinstance(config, dict) else None
    named = [str(each) for each in architectures] if isinstance(architectures, list) else []
    if "HF_ColBERT" in named:
        return MULTI_VECTOR
    return CROSS if any(each.endswith("ForSequenceClassification") for each in named) else DENSE


def has_modules(name: str | Path) -> bool:
    """Return whether a model that was loaded says what its modules are; of a plain transformer the host adds them."""
    return _read(name, "modules.json", True) is not None


def holds_static(name: str | Path) -> bool:
    """Return whether a model is static embeddings: ``static``, or a folder or downloaded model whose files say so."""
    modules = [] if is_static(name) else _read(name, "modules.json", True)
    first = modules[0] if isinstance(modules, list) and modules else None
    return is_static(name) or (isinstance(first, dict) and str(first.get("type")).endswith(".StaticEmbedding"))


def kind_of(model: object) -> str:
    """Return what kind a loaded model is: the name of the host's class, or of its own if it is none of the host's."""
    return str(getattr(model, "model_type", None) or type(model).__name__)


def check_kind(kind: str, name: str, *, sparse: bool = False) -> None:
    """Raise an error for a model that would be scored, indexed or trained as what it is not.

    Args:
        kind: Of :func:`kind_of_files` or :func:`kind_of`.
        name: What messages call the model.
        sparse: Whether a sparse encoder is accepted as well as a dense one.

    Raises:
        ModelError: If it is of another kind.
    """
    if kind == DENSE or (sparse and kind == SPARSE):
        return
    if kind == SPARSE:
        raise ModelError(
            f"{name} is a SparseEncoder, and dense vectors are needed here.",
            "Evaluate it by exact search (beir-hybrid evaluate, without --index); train it in SparseEncoderTrainer "
            "with batch_sampler=HybridBatchSampler.configure(...).",
        )
    gives = f"gives {_GIVES[kind]}" if kind in _GIVES else "is of an unknown kind"
    raise ModelError(
        f"{name} is a {kind}, which {gives}." if kind in _GIVES else f"{name} {gives}: {kind}.",
        "Give a SentenceTransformer, or let it write a TREC run and evaluate that: beir-hybrid evaluate --run FILE",
    )


def pads(model: object) -> bool:
    """Return whether a model fills up the token sequences of a batch to the longest one.

    Static embeddings do not, nor does a transformer whose attention takes sequences one after another, as that of
    ``flash_attention_2`` does; the host's transformers say it by ``can_flatten_inputs``.

    Args:
        model: A loaded model of the host's.
    """
    modules = model.modules() if hasattr(model, "modules") else ()
    return any(getattr(module, "can_flatten_inputs", None) is False for module in modules)


def load_model(
    name: str | Path,
    device: str | None = None,
    *,
    sparse: bool = False,
    backend: str = "torch",
    attention: str | None = None,
) -> SentenceTransformer:
    """Load a sentence-transformers or Hugging Face model; a plain transformer gets mean pooling.

    Args:
        name: Folder, or name on the Hugging Face hub.
        device: Such as ``cpu`` or ``cuda:1``; None to auto-detect it.
        sparse: Whether a SparseEncoder is accepted, which is then loaded as one; it has the same methods for encoding.
        backend: What it runs on, of :data:`BACKENDS`; where the model lacks the files for another one than ``torch``,
            the host makes them in memory.
        attention: How a transformer computes attention, of :data:`~beir_hybrid.attention.ATTENTIONS`; None for what
            its library chooses.

    Raises:
        ModelError: If there is no such model, it cannot be loaded, or it is of another kind: it is never converted.
        ConfigurationError: If there is no such device, or a package for the backend is missing.
    """
    check_name(name)
    check_backend(backend)
    if device is not None:
        check_device(device)
    known, offline = (str(name), False) if Path(name).is_dir() else _on_the_hub(str(name))
    kind = kind_of_files(known, local_files_only=offline)
    check_kind(kind, f"The model {name}", sparse=sparse)
    import sentence_transformers

    other: dict[str, Any] = {} if backend == "torch" else {"backend": backend}
    if _is_debiased(known, offline):
        other["trust_remote_code"] = True  # what the host calls a class of any other package, here our own module
    try:
        model: SentenceTransformer = getattr(sentence_transformers, kind)(
            known, device=device, local_files_only=offline, **other
        )
    except Exception as error:  # a folder's files may be broken in any way
        if offline:
            raise _unreachable(str(name)) from error
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"The model {str(name)!r} cannot be loaded: {reason.rstrip('.')}.",
            "Give a folder that holds a model, or the name of one on the hub (which needs a connection).",
        ) from error
    if attention is not None:
        attend(model, attention, name)
    return model


def _is_debiased(name: str | Path, local_files_only: bool) -> bool:
    """Return whether a model's one module is ours, which imports nothing that its folder brings."""
    modules = _read(name, "modules.json", local_files_only)
    return isinstance(modules, list) and [isinstance(one, dict) and one.get("type") for one in modules] == [DEBIASED]


def check_backend(name: str) -> None:
    """Raise an error for a backend that is not installed.

    Args:
        name: Of :data:`BACKENDS`.

    Raises:
        ConfigurationError: If there is no such backend, or a package for it is missing.
    """
    if name not in BACKENDS:
        raise ConfigurationError(f"There is no backend {name!r}.", did_you_mean(name, BACKENDS))
    try:
        missing = name in _PACKAGES and find_spec(_PACKAGES[name]) is None
    except ModuleNotFoundError:  # the package around it
        missing = True
    if missing:
        raise ConfigurationError(
            f"The backend {name} needs {_PACKAGES[name]}.", f"Install it: pip install 'sentence-transformers[{name}]'"
        )


def check_name(name: str | Path) -> None:
    """Raise an error for what cannot be a model, before anything is loaded and without a network.

    Args:
        name: Folder, or name on the Hugging Face hub.

    Raises:
        ModelError: If it is a folder without a model, looks like one that is not there, or is ``static``.
    """
    folder = existing(name)
    if folder is not None and folder.is_dir():
        if not any((folder / file).is_file() for file in _MODEL_FILES):
            raise ModelError(
                f"The folder {name} holds no model: neither modules.json nor config.json is in it.",
                "Give the folder that training wrote.",
            )
    elif is_static(name):
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
    ):  # not a name on the hub, or a misspelt folder beside others
        raise ModelError(f"There is no model folder {name}.", "Check the path.")


def _on_the_hub(name: str) -> tuple[str, bool]:
    """Return a model's whole name on the hub, and whether the hub is out of reach: it is asked once, and not again.

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
        except (EntryNotFoundError, HFValidationError):  # there without that file; loading it says what is wrong
            return whole, False
        except RepositoryNotFoundError:
            continue
        except HfHubHTTPError:  # an answer, such as that one has to log in
            return whole, False
        except Exception as error:  # no connection, of several kinds
            downloaded = next((each for each in names if _was_downloaded(each)), None)
            if downloaded is None:
                raise _unreachable(name) from error
            return downloaded, True
        return whole, False
    raise ModelError(
        f"The hub has no model {name!r}, or none that may be read without logging in.",
        "Give a folder that holds a model, or check the name.",
    )


def _was_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    folder = os.environ.get("SENTENCE_TRANSFORMERS_HOME")  # the host's own place
    return any(isinstance(try_to_load_from_cache(name, file, cache_dir=folder), str) for file in _MODEL_FILES)


def _unreachable(name: str) -> ModelError:
    return ModelError(
        f"The model {name!r} is not a folder here and was not downloaded before, and the hub cannot be reached.",
        "Give a folder that holds a model, or connect to the internet.",
    )


def check_device(name: str) -> None:
    """Raise an error for a device that does not work.

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
            "Choose such as cpu or cuda:0, or leave it out to auto-detect it.",
        ) from error


def _read(name: str | Path, file: str, local_files_only: bool) -> Any:
    """Return the content of a model's JSON file; None if there is none, or one that loading the model will refuse."""
    path: str | Path | None
    try:
        if Path(name).is_dir():  # without importing what models run on
            path = Path(name) / file
        else:
            from sentence_transformers.util import load_file_path

            folder = os.environ.get("SENTENCE_TRANSFORMERS_HOME")  # as the host's models look for it
            path = load_file_path(str(name), file, cache_folder=folder, local_files_only=local_files_only)
        return None if path is None else parse_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
