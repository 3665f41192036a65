"""Kinds of models: what a folder, a name on the hub or a loaded model is, and whether it can be scored as such.

sentence-transformers loads a folder of any of its kinds into any other one by replacing its head, with a line in the
log, so that what is scored then is another model under the folder's name.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ModelError
from beir_hybrid.storage.files import parse_json

DENSE = "SentenceTransformer"
SPARSE = "SparseEncoder"
MULTI_VECTOR = "MultiVectorEncoder"
CROSS = "CrossEncoder"

_MODULES = {"sparse_encoder": SPARSE, "multi_vector_encoder": MULTI_VECTOR, "cross_encoder": CROSS}
_GIVES = {MULTI_VECTOR: "several vectors for a text", CROSS: "scores of pairs of texts and no vectors"}


def kind_of_files(name: str | Path, *, local_files_only: bool = False) -> str:
    """Find what kind a model's files say that it is.

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


def kind_of(model: object) -> str:
    """Return what kind a loaded model is: the name of the host's class, or of its own if it is none of the host's."""
    return str(getattr(model, "model_type", None) or type(model).__name__)


def check_kind(kind: str, name: str, *, sparse: bool = False) -> None:
    """Refuse a model that would be scored, indexed or trained as what it is not.

    Args:
        kind: Of :func:`kind_of_files` or :func:`kind_of`.
        name: What messages call the model.
        sparse: Whether a sparse encoder will do as well as a dense one.

    Raises:
        ModelError: If it will not do.
    """
    if kind == DENSE or (sparse and kind == SPARSE):
        return
    if kind == SPARSE:
        raise ModelError(
            f"{name} is a SparseEncoder, and dense vectors are needed here.",
            "Evaluate it by exact search (beir-hybrid evaluate, without --index); train it in SparseEncoderTrainer "
            "with batch_sampler=HybridBatchSampler.configure(...).",
        )
    gives = f"gives {_GIVES[kind]}" if kind in _GIVES else "is of no kind that is known here"
    raise ModelError(
        f"{name} is a {kind}, which {gives}." if kind in _GIVES else f"{name} {gives}: {kind}.",
        "Give a SentenceTransformer, or let it write a TREC run and judge that: beir-hybrid evaluate --run FILE",
    )


def _read(name: str | Path, file: str, local_files_only: bool) -> Any:
    """Read a JSON file of a model; None if it has none, or one that loading the model will tell about."""
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
