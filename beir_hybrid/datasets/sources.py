"""Files of datasets: in a folder, or downloaded once into the user's cache."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from beir_hybrid.errors import ChecksumError, MissingDataError
from beir_hybrid.storage.checksums import file_checksum
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.verbosity import is_quiet

DATA_VARIABLE = "BEIR_HYBRID_DATA"

logger = logging.getLogger(__name__)


class Files:
    """Pinned files of a dataset, from a folder or downloaded once.

    Args:
        checksums: SHA-256 by path relative to the data folder, such as ``xquad-r/en.json``.
        urls: Where each path is downloaded from.
    """

    def __init__(self, checksums: Mapping[str, str], urls: Mapping[str, str]) -> None:
        self.checksums = checksums
        self.urls = urls

    def find(self, paths: list[str], source: str | Path | None) -> list[Path]:
        """Find files, in the source folder if there is one, otherwise in the cache, downloading what is missing.

        A file in a source folder that differs from the pinned release is used and named in a warning of the log:
        results on it are not comparable.

        Args:
            paths: Paths relative to the data folder.
            source: A folder that holds them, with or without the dataset's own folder in between; None for the folder
                that ``BEIR_HYBRID_DATA`` names, or else the cache.

        Returns:
            The paths of the files, in the same order.

        Raises:
            MissingDataError: If the folder lacks a file, or the download fails.
            ChecksumError: If a downloaded file is not the pinned one.
        """
        folder = data_folder(source)
        if folder is None:
            return [self._download(path) for path in paths]
        files = {path: _in_folder(folder, path) for path in paths}
        changed = [str(file) for path, file in files.items() if file_checksum(file, "sha256") != self.checksums[path]]
        if changed:
            logger.warning(
                "%d of %d files differ from the pinned release, so results are not comparable with others': %s",
                len(changed),
                len(files),
                ", ".join(changed),
            )
        return list(files.values())

    def _download(self, path: str) -> Path:
        import pooch
        import requests

        if is_quiet():
            pooch.get_logger().setLevel(logging.WARNING)
        try:
            return Path(
                pooch.retrieve(
                    url=self.urls[path],
                    known_hash=f"sha256:{self.checksums[path]}",
                    fname=path.rpartition("/")[2],
                    path=cache_folder() / path.rpartition("/")[0],
                    progressbar=not is_quiet(),
                )
            )
        except ValueError as error:  # pooch's error for a wrong checksum; it keeps no such file
            raise ChecksumError(
                f"{self.urls[path]} is not the pinned {path}: {' '.join(str(error).split())}",
                "Try again later, or give a folder with the files: --source DIR.",
            ) from error
        except (OSError, requests.RequestException) as error:
            raise MissingDataError(
                f"{self.urls[path]} cannot be downloaded ({type(error).__name__}).",
                f"Give a folder with the files: --source DIR, or set {DATA_VARIABLE}.",
            ) from error


def data_folder(source: str | Path | None) -> Path | None:
    """Return the folder of a dataset's files.

    Args:
        source: The folder; None for the one that ``BEIR_HYBRID_DATA`` names.

    Returns:
        The folder; None if neither names one.

    Raises:
        MissingDataError: If it does not exist.
    """
    named = source if source is not None else os.environ.get(DATA_VARIABLE)
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise MissingDataError(
            f"The data folder {folder} does not exist.", f"Correct --source, or the variable {DATA_VARIABLE}."
        )
    return folder


def _in_folder(folder: Path, path: str) -> Path:
    candidates = (folder / path, folder / path.rpartition("/")[2])
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise MissingDataError(
        f"{folder} holds neither {path} nor {candidates[1].name}.", "Give the folder that holds the dataset's files."
    )
