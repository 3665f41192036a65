"""MIRACL's files: in a folder in the hub's layout, or on the hub, whose own client knows its cache and gated data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from beir_hybrid.datasets.hub import download, unreachable, url
from beir_hybrid.datasets.sources import data_folder
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, did_you_mean

_QUERIES, _CORPUS = "miracl/miracl", "miracl/miracl-corpus"


@dataclass(frozen=True)
class _Place:
    """Files under one name, such as ``miracl-v1.0-sw``.

    Attributes:
        label: What messages call the place.
        names: Paths of the files, which begin with that name.
        fetch: Returns a file's path on this machine, after downloading it if need be.
    """

    label: str
    names: list[str]
    fetch: Callable[[str], Path]

    def match(self, pattern: str) -> dict[str, str]:
        """Return the names that a pattern matches by the pattern's first group."""
        matches = (re.fullmatch(pattern, name) for name in self.names)
        return {match[1]: match[0] for match in matches if match}


class MiraclFiles:
    """MIRACL's files, from a folder or the hub.

    Args:
        source: Folder that holds them, directly or in its sub-folders ``miracl`` and ``miracl-corpus``. None for the
            folder that ``BEIR_HYBRID_DATA`` names, and the Hugging Face hub for what that folder lacks.

    Raises:
        MissingDataError: If the folder does not exist.
    """

    def __init__(self, source: str | Path | None) -> None:
        self.folder = data_folder(source)
        self.may_download = source is None
        self._listed: dict[str, list[str]] = {}

    def languages(self, split: str = "*") -> list[str]:
        """Return the languages of which the folder has a split, sorted; none of those on the hub.

        Args:
            split: Its name; an asterisk for any.
        """
        places = [] if self.folder is None else [self.folder, self.folder / "miracl"]
        paths = [path for place in places for path in place.glob(f"miracl-v1.0-*/topics/topics.*-{split}.tsv")]
        return sorted({path.parents[1].name.removeprefix("miracl-v1.0-") for path in paths})

    def topics_and_qrels(self, language: str, split: str) -> tuple[Path, Path]:
        """Find the two files of a split.

        Raises:
            MissingDataError: If there is no split at all, or the hub cannot be read.
            ConfigurationError: If there are other splits.
        """
        under = f"miracl-v1.0-{language}"
        place = self._place(_QUERIES, under, f"{under}/*/*-{split}.tsv")
        topics, qrels = (
            place.match(rf"{under}/{kind}/{kind}\.{re.escape(under)}-(.+)\.tsv") for kind in ("topics", "qrels")
        )
        splits = [name for name in topics if name in qrels]
        if not splits:
            raise MissingDataError(
                f"{place.label} holds no topics and qrels in {under}.", f"Fetch that folder of {url(_QUERIES)}"
            )
        if split not in splits:
            lack = "qrels" if split in topics else "files"
            raise ConfigurationError(
                f"miracl has no {lack} of the split {split!r} in {language!r} ({place.label}).",
                did_you_mean(split, splits),
            )
        return place.fetch(topics[split]), place.fetch(qrels[split])

    def shards(self, language: str) -> list[Path]:
        """Find the shards of a language's corpus, in order.

        Raises:
            MissingDataError: If there are none, or the hub cannot be read.
            DataFormatError: If one is missing in between.
        """
        under = f"miracl-corpus-v1.0-{language}"
        place = self._place(_CORPUS, under, f"{under}/docs-*.jsonl.gz")
        shards = {int(number): name for number, name in place.match(rf"{under}/docs-(\d+)\.jsonl\.gz").items()}
        if not shards:
            raise MissingDataError(
                f"{place.label} holds no docs-*.jsonl.gz in {under}.", f"Fetch that folder of {url(_CORPUS)}"
            )
        for number in range(max(shards)):
            if number not in shards:
                raise DataFormatError(
                    f"{place.label} lacks {under}/docs-{number}.jsonl.gz, one of {max(shards) + 1} shards.",
                    f"Fetch it from {url(_CORPUS)}",
                )
        return [place.fetch(shards[number]) for number in sorted(shards)]

    def _place(self, repository: str, under: str, pattern: str) -> _Place:
        if self.folder is not None:
            for inner in (self.folder, self.folder / "miracl", self.folder / "miracl-corpus"):
                if (inner / under).is_dir():
                    return _in_folder(inner, under)
            if not self.may_download:
                raise MissingDataError(
                    f"{self.folder} holds no folder {under}, neither directly nor in miracl/ or miracl-corpus/.",
                    f"Fetch it from {url(repository)} or leave --source out.",
                )
        return self._on_hub(repository, under, pattern)

    def _on_hub(self, repository: str, under: str, pattern: str) -> _Place:
        import huggingface_hub

        if repository not in self._listed:
            try:
                self._listed[repository] = huggingface_hub.list_repo_files(repository, repo_type="dataset")
            except Exception as error:  # the client raises its own errors and those of its transport
                downloaded = _downloaded(repository, under, pattern)
                if downloaded is None:
                    raise unreachable(repository, under, error) from error
                return downloaded

        names = [name for name in self._listed[repository] if name.startswith(f"{under}/")]
        return _Place(f"The dataset {repository} on the hub", names, partial(download, repository))


def _in_folder(folder: Path, under: str) -> _Place:
    names = [path.relative_to(folder).as_posix() for path in sorted((folder / under).rglob("*")) if path.is_file()]
    return _Place(str(folder), names, lambda name: folder / name)


def _downloaded(repository: str, under: str, pattern: str) -> _Place | None:
    """Return what is in the hub's cache; None if it is empty or incomplete."""
    import huggingface_hub

    try:
        folder = huggingface_hub.snapshot_download(
            repository, repo_type="dataset", allow_patterns=[pattern], local_files_only=True
        )
    except Exception:  # the reason why the hub cannot be read makes the better message
        return None
    return _in_folder(Path(folder), under) if (Path(folder) / under).is_dir() else None
