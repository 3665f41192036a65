"""Files of datasets: in a folder, or downloaded once into the user's cache."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from beir_hybrid.errors import ChecksumError, MissingDataError
from beir_hybrid.languages import is_code
from beir_hybrid.storage.checksums import file_checksum
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.verbosity import is_quiet

DATA_VARIABLE = "BEIR_HYBRID_DATA"
_NAMED = 20  # files of a folder, in messages

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
        results on it are not comparable. A file that no release has, such as one's own language, is used as it is.

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
        files: dict[str, Path] = {}
        for path in paths:
            place = place_in(folder, path)
            if place is None:
                raise missing_from(folder, path)
            files[path] = place
        changed = [
            str(file)
            for path, file in files.items()
            if path in self.checksums and file_checksum(file, "sha256") != self.checksums[path]
        ]
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
    try:
        is_there = folder.is_dir()
    except OSError:  # of a name that no system allows
        is_there = False
    if not is_there:
        raise MissingDataError(
            f"The data folder {folder} does not exist.", f"Correct --source, or the variable {DATA_VARIABLE}."
        )
    return folder


def place_in(folder: Path, path: str) -> Path | None:
    """Return where a folder holds a file, under its path or the end of that, perhaps gzipped; None if it does not.

    Args:
        folder: A data folder, the dataset's own in it, or one further down.
        path: The file's path relative to a data folder, such as ``xquad-r/en.json``.
    """
    parts = path.split("/")
    names = ("/".join(parts[start:]) + ending for start in range(len(parts)) for ending in ("", ".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def missing_from(folder: Path, path: str) -> MissingDataError:
    """Return the error for a file that a folder lacks; it names what is there."""
    there = sorted(f"{each.name}{'/' * each.is_dir()}" for each in folder.iterdir() if each.exists())
    more = f" and {len(there) - _NAMED:,} more" if len(there) > _NAMED else ""
    return MissingDataError(
        f"{folder} holds neither {path} nor {path.rpartition('/')[2]}.",
        f"Give the folder that holds the dataset's files; this one has {', '.join(there[:_NAMED]) or 'nothing'}{more}.",
    )


def names_there(source: str | Path | None, path: str) -> list[str]:
    """Return the names of a dataset's files in a folder, such as their languages.

    Args:
        source: As for :func:`data_folder`.
        path: Their path relative to a data folder, with an asterisk for the name, such as ``xquad-r/*.json``.

    Returns:
        What stands in place of the asterisk, sorted; nothing without a folder.
    """
    folder = data_folder(source)
    if folder is None:
        return []
    parts = path.split("/")
    before, after = parts[-1].split("*")
    ends = ("/".join(parts[start:]) + ending for start in range(len(parts)) for ending in ("", ".gz"))
    files = {place.name.removesuffix(".gz") for end in ends for place in folder.glob(end) if place.is_file()}
    return sorted(name.removeprefix(before).removesuffix(after) for name in files)


def with_own(released: Sequence[str], there: Iterable[str]) -> tuple[str, ...]:
    """Return the languages of a release and those that a folder has beside them.

    Args:
        released: Language codes of the release.
        there: Names of the folder's files; what is no code of a language is passed over.

    Examples:
        >>> with_own(["de", "en"], ["README", "all", "en", "ro"])
        ('de', 'en', 'ro')
    """
    return tuple(dict.fromkeys([*released, *filter(is_code, there)]))
