"""BEIR's loaders: they load our datasets, and what they load is remembered as far as its languages go."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.hosts.beir.dicts import ids_of
from beir_hybrid.hosts.beir.loaded_data import LoadedData, describe, loaded_datasets
from beir_hybrid.hosts.kit.patches import patch_methods

logger = logging.getLogger(__name__)

_HF_PARAMETERS = (
    *("self", "hf_repo", "hf_repo_qrels", "data_folder", "prefix", "corpus_file", "query_file", "qrels_folder"),
    *("qrels_file", "streaming", "keep_in_memory"),
)
_OWNERS = {"", "beir", "beir-hybrid"}
"""Whose datasets are ours, in lower case; a name of ours under another owner is another dataset."""


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let HFDataLoader know the names of our datasets, and note what each loader's methods have loaded."""
    return [
        loaded_datasets.forget,
        *patch_methods(
            module,
            {
                "GenericDataLoader.load": (_load, ("self", "split")),
                "GenericDataLoader.load_custom": (_noting, ("self",)),
                "GenericDataLoader.load_corpus": (_noting, ("self",)),
                "HFDataLoader.__init__": (_init, _HF_PARAMETERS),
                "HFDataLoader.load": (_load, ("self", "split")),
                "HFDataLoader.load_corpus": (_noting, ("self",)),
            },
        ),
    ]


def _init(original: Callable[..., None], self: Any, hf_repo: str | None = None, *args: Any, **kwargs: Any) -> None:
    """Let HFDataLoader read a dataset of ours from a folder."""
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
    given = dict(zip(_HF_PARAMETERS[2:], args, strict=False)) | kwargs
    kept = {name: given[name] for name in ("streaming", "keep_in_memory") if name in given}
    original(self, data_folder=str(folder), **kept)


def _load(original: Callable[..., Any], self: Any, split: str = "test") -> Any:
    if not vars(self).get("hf_repo"):
        _find_split(self, split)
    return _noting(original, self, split)


def _noting(original: Callable[..., Any], self: Any, *args: Any) -> Any:
    """Load, and remember what was loaded; whatever goes wrong with that, the script continues."""
    loaded = original(self, *args)
    if not vars(self).get("streaming"):  # a stream would have to be read once more
        try:
            data = _describe(loaded, vars(self))
            if data is not None:
                loaded_datasets.remember(data)
        except Exception as error:  # what the script has loaded is none of our business
            logger.warning("the languages of what was loaded stay unknown: %s: %s", type(error).__name__, error)
    return loaded


def _describe(loaded: Any, loader: Mapping[str, Any]) -> LoadedData | None:
    """Describe a corpus, or a triple of corpus, queries and qrels, by its loader's attributes.

    HFDataLoader alone has ``hf_repo`` and ``streaming``, and no files if it loads from the hub.
    """
    corpus, queries, qrels = loaded if isinstance(loaded, tuple) else (loaded, None, None)
    corpus_file, query_file = (
        Path(path) if path and Path(path).is_file() else None
        for path in (loader.get("corpus_file"), loader.get("query_file"))
    )
    if queries is None:
        return describe(ids_of(corpus), None, qrels, corpus_file)
    return describe(ids_of(corpus), ids_of(queries), qrels, corpus_file, query_file)


def _find_split(loader: Any, split: str) -> None:
    """Point a loader to the split that it is to load, if its folder is ours and lacks it.

    The splits of a dataset have corpora of their own, and BEIR's folders have one corpus: each further split gets a
    folder in the cache.

    Args:
        loader: Of BEIR, with paths in ``corpus_file``, ``query_file`` and ``qrels_folder``.
        split: Name of the split.

    Raises:
        ConfigurationError: If the dataset has no such split.
    """
    from beir_hybrid.datasets.beir.marker import Marker

    folder = Path(loader.qrels_folder or "").parent
    if not loader.qrels_folder or (Path(loader.qrels_folder) / f"{split}.tsv").exists():
        return
    loaded = not isinstance(loader.corpus, dict) or loader.corpus  # a stream has no length
    if loaded or (marker := Marker.read(folder)) is None:
        return
    from beir_hybrid.datasets.beir.export import materialise
    from beir_hybrid.datasets.registered import find_dataset
    from beir_hybrid.registry import DATASETS
    from beir_hybrid.storage.corpus import cache_folder

    is_registered = marker.dataset in DATASETS.names()
    known = find_dataset(marker.dataset).splits if is_registered else marker.splits
    if split not in known:
        raise ConfigurationError(f"{marker.name} has no split {split!r}.", did_you_mean(split, known))
    logger.info("%s holds no split %s, which comes from beir-hybrid's cache", folder, split)
    ours = materialise(marker.name, cache_folder() / "beir" / split, splits=(split,), **marker.options)
    loader.corpus_file, loader.query_file = (str(ours / file) for file in ("corpus.jsonl", "queries.jsonl"))
    loader.qrels_folder = str(ours / "qrels")
