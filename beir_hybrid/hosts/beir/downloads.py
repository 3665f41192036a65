"""Downloads: BEIR asks for a dataset by its name, and gets ours where the name is ours."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from beir_hybrid.errors import UnknownNameError, did_you_mean
from beir_hybrid.hosts.beir.patches import patch

__all__ = ["apply"]

logger = logging.getLogger(__name__)

_BEIR_FOLDER = "/beir/datasets/"
"""Where BEIR's own datasets lie, in lower case: on its server and on the mirrors of it."""

_SURELY_MEANT = 0.8  # likeness of a name to ours; those of BEIR's datasets are far below


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let ``beir.util.download_and_unzip`` know the names of our datasets."""
    return patch(module, "download_and_unzip", _download_and_unzip, ("url", "out_dir", "chunk_size"))


def _download_and_unzip(original: Callable[..., str], url: str, out_dir: str, chunk_size: int = 1024) -> str:
    from beir_hybrid.datasets.beir_folder import find_setting_name, materialise

    name = url.split("/")[-1].removesuffix(".zip")
    if find_setting_name(name) is not None:
        # at an address that is not BEIR's, somebody may keep a dataset of their own under that name
        level = logging.INFO if _BEIR_FOLDER in url.lower() or "://" not in url else logging.WARNING
        logger.log(level, "%s comes from beir-hybrid's datasets, not from %s", name, url)
        return str(materialise(name, Path(out_dir)))
    _check_misspelt(name, url, out_dir)
    return original(url, out_dir, chunk_size)


def _check_misspelt(name: str, url: str, out_dir: str) -> None:
    """Refuse a name that can only be a misspelt one of ours.

    BEIR would save the server's error page as the zip, and fail on it ever after. It is asked for whatever may exist:
    names at other addresses, names unlike ours, and what is in the folder already.

    Raises:
        UnknownNameError: If it is one.
    """
    from beir_hybrid.registry import DATASETS

    known = DATASETS.names()
    close = difflib.get_close_matches(name.partition(".")[0], known, n=1, cutoff=_SURELY_MEANT)
    there = any((Path(out_dir) / entry).exists() for entry in (name, f"{name}.zip"))
    if close and not there and _BEIR_FOLDER in url.lower():
        raise UnknownNameError(f"Neither BEIR nor beir-hybrid has a dataset {name!r}.", did_you_mean(name, known))
