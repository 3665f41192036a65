"""Splits: a folder of ours holds the usual one, and a script may ask for another."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, did_you_mean

logger = logging.getLogger(__name__)


def find_split(loader: Any, split: str = "test") -> None:
    """Point a loader to the split it shall load, if its folder is ours and lacks it.

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
    known = find_dataset(marker.dataset).splits if is_registered else tuple(marker.splits)
    if split not in known:
        raise ConfigurationError(f"{marker.name} has no split {split!r}.", did_you_mean(split, known))
    logger.info("%s holds no split %s, which comes from beir-hybrid's cache", folder, split)
    found = materialise(marker.name, cache_folder() / "beir" / split, splits=(split,), **marker.options)
    loader.corpus_file, loader.query_file = (str(found / file) for file in ("corpus.jsonl", "queries.jsonl"))
    loader.qrels_folder = str(found / "qrels")
