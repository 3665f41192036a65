"""HubFiles: files of a dataset of the Hugging Face hub as they lie there, which formats read as local ones."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.storage.folders import new_folder

_PREFIX = "hub-files:"
_ADDRESS = re.compile(r"hub-files:(?P<name>[^@:]+)(@(?P<revision>[^:]+))?(:(?P<patterns>.+))?")


@dataclass(frozen=True)
class HubFiles:
    """Files of a dataset on the Hugging Face hub. Scripts among them are not downloaded, and nothing of it is run.

    Args:
        name: The repository, such as ``unicamp-dl/mmarco``.
        revision: A commit, tag or branch; None for the latest.
        patterns: Paths within the repository, in which ``*`` stands for any characters; none for all.
    """

    name: str
    revision: str | None = None
    patterns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> HubFiles:
        """Read an address.

        Args:
            text: ``hub-files:NAME[@REVISION][:PATTERN,...]``.

        Raises:
            ConfigurationError: If it is no such text.

        Examples:
            >>> HubFiles.parse("hub-files:owner/name@1a2b3c:data/*.tsv,queries/*")
            HubFiles(name='owner/name', revision='1a2b3c', patterns=('data/*.tsv', 'queries/*'))
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ConfigurationError(
                f"The data {text!r} name no files of the hub.", "Write hub-files:NAME[@REVISION][:PATTERN,...]"
            )
        return cls(match["name"], match["revision"], tuple(filter(None, (match["patterns"] or "").split(","))))

    def download(self) -> Path:
        """Download the files into the hub's cache, where they are not there.

        Returns:
            The file, if it is a single one; else a folder of links to exactly these files.

        Raises:
            MissingDataError: If there are no such files, or they cannot be had.
        """
        import huggingface_hub
        from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]  # public, but not in its __all__

        allowed, ignored = list(self.patterns) or None, ["*.py", ".git*"]
        try:
            snapshot = huggingface_hub.snapshot_download(
                self.name,
                repo_type="dataset",
                revision=self.revision,
                allow_patterns=allowed,
                ignore_patterns=ignored,
            )
        except Exception as error:  # of the hub's, its client's and the connection's classes
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise MissingDataError(
                f"The files of {self.name} cannot be downloaded: {lines[0].rstrip('.')}.",
                "Check name and revision, the connection and HF_HUB_OFFLINE, or download them and name their folder.",
            ) from error
        root = Path(snapshot)
        paths = sorted(each.relative_to(root).as_posix() for each in root.rglob("*") if each.is_file())
        wanted = list(filter_repo_objects(paths, allow_patterns=allowed, ignore_patterns=ignored))
        if not wanted:
            raise MissingDataError(
                f"No file of {self.name} is called like {', '.join(self.patterns) or '*'}.",
                "Compare with its list of files on the hub.",
            )
        return root / wanted[0] if len(wanted) == 1 else self._linked(root, wanted)

    def _linked(self, root: Path, wanted: list[str]) -> Path:
        """Return a folder of links: the hub's own also holds what was downloaded for other patterns."""
        content = hashlib.sha256("\n".join([str(root), *wanted]).encode("utf-8", "surrogatepass")).hexdigest()
        place = cache_folder() / "hub" / f"{self.name.replace('/', '-')}-{content[:16]}"
        if not place.is_dir():
            with new_folder(place, keep=lambda _: True) as folder:
                for name in wanted:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).symlink_to((root / name).resolve())
        return place


def downloaded(given: str | Path) -> str | Path:
    """Return where data are, downloading them if they are files of the hub.

    Raises:
        ConfigurationError: If the address cannot be read.
        MissingDataError: If there are no such files, or they cannot be had.
    """
    return HubFiles.parse(str(given)).download() if is_hub_files(given) else given


def is_hub_files(given: str | Path) -> bool:
    """Return whether data are named as files of the hub."""
    return str(given).startswith(_PREFIX)
