"""Downloads: BEIR asks for a dataset at its own address, and gets ours where the name is ours and its place is free."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from beir_hybrid.errors import UnknownNameError, did_you_mean

logger = logging.getLogger(__name__)

_BEIR_HOST = "public.ukp.informatik.tu-darmstadt.de"
_BEIR_FOLDER = "/thakur/beir/datasets"
"""Where BEIR's own datasets lie, in lower case."""

_SURELY_MEANT = 0.8  # likeness of a name to ours; those of BEIR's datasets are far below


def _download_and_unzip(original: Callable[..., str], url: str, out_dir: str, chunk_size: int = 1024) -> str:
    from beir_hybrid.datasets.beir.export import materialise
    from beir_hybrid.datasets.beir.folder import BeirFolder
    from beir_hybrid.datasets.names import is_registered

    if (name := _asked_name(url)) is None:
        return original(url, out_dir, chunk_size)
    folder = Path(out_dir) / name
    if BeirFolder(folder).is_foreign:
        return _leave(original, url, folder, chunk_size)
    if not is_registered(name):
        _check_misspelt(name)
        return original(url, out_dir, chunk_size)
    logger.warning("%s comes from beir-hybrid's datasets, not from %s", name, url)
    return str(materialise(name, folder.parent))


def _leave(original: Callable[..., str], url: str, folder: Path, chunk_size: int) -> str:
    """Let BEIR have what somebody keeps in a dataset's place."""
    from beir_hybrid.datasets.names import is_registered

    try:
        ours = is_registered(folder.name)
    except UnknownNameError:  # such as xquad-r.en-xx
        ours = False
    if not ours:
        return original(url, str(folder.parent), chunk_size)
    there = folder if folder.is_dir() else folder.parent / f"{folder.name}.zip"
    logger.warning("%s is there and was not written by beir-hybrid: it is used as it is", there)
    if folder.is_dir():  # without a zip beside it, BEIR would download one and unpack it over the folder
        return str(folder)
    return original(url if "/" in url else there.name, str(folder.parent), chunk_size)


def _asked_name(url: str) -> str | None:
    """Find the name of a dataset that is asked for at BEIR's own address, or by its name alone.

    Returns:
        None if it is asked for elsewhere: somebody may keep a dataset of their own under a name of ours.
    """
    if "/" not in url:
        return url.removesuffix(".zip")
    parts = urlsplit(url)
    folder, _, file = parts.path.rpartition("/")
    own = (parts.hostname, folder.lower()) == (_BEIR_HOST, _BEIR_FOLDER)
    return file.removesuffix(".zip") if own else None


def _check_misspelt(name: str) -> None:
    """Refuse a name that can only be a misspelt one of ours.

    BEIR would save the server's error page as the zip, and fail on it from then on. It is asked for names unlike ours,
    which may exist, and for what is in the folder already.

    Raises:
        UnknownNameError: If it is one.
    """
    from beir_hybrid.registry import DATASETS

    known = DATASETS.names()
    if difflib.get_close_matches(name.partition(".")[0], known, n=1, cutoff=_SURELY_MEANT):
        raise UnknownNameError(f"Neither BEIR nor beir-hybrid has a dataset {name!r}.", did_you_mean(name, known))


METHODS = {"download_and_unzip": (_download_and_unzip, ("url", "out_dir", "chunk_size"))}
"""``beir.util`` knows the names of our datasets."""
