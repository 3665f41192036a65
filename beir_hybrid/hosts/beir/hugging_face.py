"""HFDataLoader: it knows the names of our datasets, and what it loads is remembered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.beir.loaders import note
from beir_hybrid.hosts.beir.splits import find_split
from beir_hybrid.hosts.kit.patches import patch

logger = logging.getLogger(__name__)

_PARAMETERS = (
    *("self", "hf_repo", "hf_repo_qrels", "data_folder", "prefix", "corpus_file", "query_file", "qrels_folder"),
    *("qrels_file", "streaming", "keep_in_memory"),
)
_OWNERS = {"", "beir", "beir-hybrid"}
"""Whose datasets are ours, in lower case; a name of ours under another owner is another dataset."""


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let the loader read our datasets from a folder, and note what its methods have loaded."""
    loader = module.HFDataLoader
    undo = patch(loader, "__init__", _init, _PARAMETERS)
    for name, parameters in {"load": ("self", "split"), "load_corpus": ("self",)}.items():
        undo += patch(loader, name, _noting, parameters)
    return undo


def _init(original: Callable[..., None], self: Any, hf_repo: str | None = None, *args: Any, **kwargs: Any) -> None:
    from beir_hybrid.datasets.beir.export import materialise
    from beir_hybrid.datasets.names import is_registered
    from beir_hybrid.storage.corpus import cache_folder

    owner, _, name = (hf_repo or "").rpartition("/")
    # a folder of that name is what the hub's library reads in place of a repository
    elsewhere = not name or owner.lower() not in _OWNERS or Path(hf_repo or "").exists()
    if elsewhere or not is_registered(name):
        original(self, hf_repo, *args, **kwargs)
        return
    logger.warning("%s comes from beir-hybrid's datasets, not from the hub", hf_repo)
    folder = materialise(name, cache_folder() / "beir")
    # as the original, where a repository overrides the folder, the prefix and the files
    kept = dict(zip(_PARAMETERS[2:], args, strict=False)) | kwargs
    original(
        self, data_folder=str(folder), **{name: kept[name] for name in ("streaming", "keep_in_memory") if name in kept}
    )


def _noting(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
    if original.__name__ == "load" and not self.hf_repo:
        find_split(self, *args, **kwargs)
    found = original(self, *args, **kwargs)
    if not self.streaming:  # which would have to be read once more
        note(self, found, lambda rows: list(rows["id"]))
    return found
