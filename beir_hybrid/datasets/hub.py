"""HubDataset: files of a dataset on the Hugging Face hub, whose own client knows its cache and gated data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from beir_hybrid.datasets.sources import DATA_VARIABLE, data_folder, missing_from, place_in
from beir_hybrid.errors import MissingDataError


@dataclass(frozen=True)
class HubDataset:
    """A dataset on the hub, or a copy of its files in a folder.

    Attributes:
        repository: Its name, such as ``facebook/belebele``.
    """

    repository: str

    def find(self, names: Iterable[str], source: str | Path | None) -> list[Path]:
        """Find files.

        Args:
            names: Their paths in the repository.
            source: A folder that holds them, under their paths or the ends of these, also gzipped. None for the folder
                that ``BEIR_HYBRID_DATA`` names, and the hub for what that folder lacks.

        Raises:
            MissingDataError: If the folder lacks a file, or it cannot be downloaded.
        """
        folder = data_folder(source)
        return [self._find(name, folder, may_download=source is None) for name in names]

    def _find(self, name: str, folder: Path | None, may_download: bool) -> Path:
        place = None if folder is None else place_in(folder, f"{self.repository.rpartition('/')[2]}/{name}")
        if place is None and folder is not None and not may_download:
            raise missing_from(folder, name)
        return place or download(self.repository, name)


def download(repository: str, name: str) -> Path:
    """Return a file's path on this machine, after downloading it if need be.

    Raises:
        MissingDataError: If the hub cannot be read, or has no such file.
    """
    import huggingface_hub

    try:
        return Path(huggingface_hub.hf_hub_download(repository, name, repo_type="dataset"))
    except Exception as error:  # the client raises its own errors and those of its transport
        raise unreachable(repository, name, error) from error


def unreachable(repository: str, what: str, error: Exception) -> MissingDataError:
    """Return an error that explains one of the hub's client."""
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError, RepositoryNotFoundError

    kind = type(error).__name__
    folder = f"or give a folder with the files: --source DIR, or set {DATA_VARIABLE}."
    if isinstance(error, RepositoryNotFoundError):  # gated ones too; private ones are hidden
        return MissingDataError(
            f"The hub does not give access to {what} of the dataset {repository} ({kind}).",
            f"Accept its terms at {url(repository)} and log in with: hf auth login, {folder}",
        )
    if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
        return MissingDataError(f"The dataset {repository} has no file {what} ({kind}).", f"Try again later, {folder}")
    return MissingDataError(
        f"{what} of the dataset {repository} cannot be downloaded ({kind}).",
        f"Check the connection and HF_HUB_OFFLINE, {folder}",
    )


def url(repository: str) -> str:
    """Return the page of a dataset."""
    return f"https://huggingface.co/datasets/{repository}"
