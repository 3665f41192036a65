"""Hub: splits of datasets of the Hugging Face hub, whose columns one names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.storage.files import existing

if TYPE_CHECKING:
    from datasets import Dataset

_HUB = "hub:"
_ADDRESS = re.compile(r"hub:(?P<name>[^@:]+?)(@(?P<revision>[^:]+))?:(?P<split>.+)")


@dataclass(frozen=True)
class HubAddress:
    """Where a split of a dataset is on the Hugging Face hub, or in a folder of the hub's layout.

    Args:
        name: The repository, such as ``owner/name``, or a folder's path.
        split: The split, or a part of it, such as ``train[:1000]``.
        config: The configuration; None for the only or default one.
        revision: A commit, tag or branch; None for the latest.
    """

    name: str
    split: str
    config: str | None = None
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> HubAddress:
        """Read an address.

        Args:
            text: ``hub:NAME[/CONFIG][@REVISION]:SPLIT``; a configuration follows an owner and a name.

        Raises:
            ConfigurationError: If it is no such text.

        Examples:
            >>> HubAddress.parse("hub:owner/name/de@1a2b3c:train")
            HubAddress(name='owner/name', split='train', config='de', revision='1a2b3c')
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ConfigurationError(
                f"The data {text!r} name no split of the hub.", "Write hub:NAME[/CONFIG][@REVISION]:SPLIT"
            )
        name, config = match["name"], None
        if existing(name) is None and name.count("/") > 1:
            owner, repository, config = name.split("/", 2)
            name = f"{owner}/{repository}"
        return cls(name, match["split"], config, match["revision"])

    def load(self) -> Dataset:
        """Download the split into the cache of ``datasets``, where it is not there, and map it; no code is run.

        Raises:
            MissingDataError: If there is no such split, or it cannot be had.
        """
        import datasets

        trust = {} if int(datasets.__version__.partition(".")[0]) >= 4 else {"trust_remote_code": False}
        try:
            return datasets.load_dataset(self.name, self.config, split=self.split, revision=self.revision, **trust)
        except Exception as error:  # of the hub's, its client's and many builders' classes
            raise MissingDataError(
                f"The split {self.split} of {self.name} cannot be loaded: {_first_line(error)}.",
                "Check name, configuration, revision and split, and the connection.",
            ) from error


def is_hub(name: str | Path) -> bool:
    """Return whether data are on the hub."""
    return str(name).startswith(_HUB)


def _first_line(error: Exception) -> str:
    """Return the first line of what another library says, for a message."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
