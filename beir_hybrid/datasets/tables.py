"""Tables: datasets of the Hugging Face hub, and local files, whose columns one names."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.pairs.dataset_rows import RowColumns, dataset_source
from beir_hybrid.storage.files import existing
from beir_hybrid.storage.pair_building import RowBatch, RowSource

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

_HUB = "hub:"
_ADDRESS = re.compile(r"hub:(?P<name>[^@:]+?)(@(?P<revision>[^:]+))?:(?P<split>.+)")
_NONE = {"keep_default_na": False, "na_values": [""]}  # NA and null are texts
_BUILDERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".jsonl": ("json", {}),
    ".json": ("json", {}),
    ".csv": ("csv", {"sep": ",", **_NONE}),
    ".tsv": ("csv", {"sep": "\t", **_NONE}),
    ".parquet": ("parquet", {}),
}


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


def is_table(name: str | Path, columns: Sequence[str] | None) -> bool:
    """Return whether data are on the hub, or a file whose columns are named."""
    return str(name).startswith(_HUB) or (bool(columns) and Path(name).suffix.lower() in _BUILDERS)


def open_table(name: str | Path, columns: Sequence[str] | None = None) -> RowSource:
    """Open a dataset of the hub, or a file of JSON, CSV, TSV or Parquet.

    Args:
        name: As for :meth:`HubAddress.parse`; or the path of a file.
        columns: As for :meth:`~beir_hybrid.pairs.dataset_rows.RowColumns.parse`.

    Raises:
        ConfigurationError: If the address or the columns cannot be read.
        MissingDataError: If the data cannot be had.
    """
    chosen, text = RowColumns.parse(columns), str(name)
    if text.startswith(_HUB):
        address = HubAddress.parse(text)
        return dataset_source(address.load(), chosen, name=address.name)
    path = existing(name)
    if path is None or not path.is_file():
        raise MissingDataError(f"There is no file {name}.", "Check the path.")
    stat = path.stat()
    source = dataset_source(_stream(path), chosen, name=path.stem, identity=[stat.st_size, stat.st_mtime_ns])
    return replace(source, batches=partial(_blamed, path, source.batches))


def _stream(path: Path) -> IterableDataset:
    """Stream a file: nothing is copied into a cache."""
    import datasets

    builder, options = _BUILDERS[path.suffix.lower()]
    if builder == "csv":  # all are texts: 007 is no number
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = next(csv.reader(file, delimiter=options["sep"]), [])
        options = {**options, "features": datasets.Features({name: datasets.Value("string") for name in header})}
    return datasets.load_dataset(builder, data_files=str(path), split="train", streaming=True, **options)


def _blamed(path: Path, batches: Callable[[], Iterator[RowBatch]]) -> Iterator[RowBatch]:
    try:
        yield from batches()
    except BeirHybridError:
        raise
    except Exception as error:  # of many parsers' classes
        raise DataFormatError(f"{path} cannot be read: {_first_line(error)}.", "Correct the file.") from error


def refuse_columns(name: str | Path, columns: Sequence[str] | None) -> None:
    """Raise an error if columns are named for data that have columns of their own.

    Raises:
        ConfigurationError: If so.
    """
    if columns:
        raise ConfigurationError(
            f"Columns are named ({shorten(','.join(columns))}), and those of {name} are known.",
            f"Leave them out; they are for hub:NAME:SPLIT and files {', '.join(_BUILDERS)}.",
        )


def _first_line(error: Exception) -> str:
    """Return the first line of what another library says, for a message."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".")
