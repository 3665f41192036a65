"""Shards: indexes of parts of a collection in one folder, each as Pyserini reads it, that are searched as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from beir_hybrid import (
    ConfigurationError,
    DataFormatError,
    MissingDataError,
    MultilingualCollection,
    Passage,
    plural,
    shorten,
)
from beir_hybrid.evaluation.encoding import StoredVectors, Vectors, check_part
from beir_hybrid.storage import check_output, check_strangers
from beir_hybrid_pyserini.folder import count_ids, read_about

_PREFIX = "shard-"
_COMPARED = (
    *("fingerprint", "checksum", "languages", "factory", "dtype", "stored"),
    *("document_prompt", "document_prompts", "similarity"),
)
_WORDS = {"fingerprint": "of another model", "checksum": "of other passages"}


@dataclass(frozen=True)
class Shard:
    """A part of a collection's passages: consecutive ones, through its languages in their order.

    Attributes:
        number: From 0 on.
        count: How many shards there are.
        passages: Of the whole collection.

    Raises:
        ConfigurationError: If there is no such shard, or a shard would be empty.

    Examples:
        >>> [(shard.start, shard.stop) for shard in (Shard(0, 3, 10), Shard(1, 3, 10), Shard(2, 3, 10))]
        [(0, 3), (3, 6), (6, 10)]
    """

    number: int
    count: int
    passages: int

    def __post_init__(self) -> None:
        check_part((self.number, self.count))
        if self.passages < self.count:
            raise ConfigurationError(
                f"{plural(self.passages, 'passage')} cannot be cut into {self.count} shards.", "Cut them into fewer."
            )

    @classmethod
    def of(cls, whole: MultilingualCollection, part: tuple[int, int]) -> Shard:
        """Cut a shard out of a collection: its number and how many there are."""
        return cls(*part, sum(map(len, whole.corpora.values())))

    @property
    def start(self) -> int:
        """Position of the first passage."""
        return self.passages * self.number // self.count

    @property
    def stop(self) -> int:
        """Position after the last passage."""
        return self.passages * (self.number + 1) // self.count

    @property
    def name(self) -> str:
        """The name of the shard's folder."""
        return shard_name(self.number)

    def collection(self, whole: MultilingualCollection) -> MultilingualCollection:
        """Return its part of a collection's corpora."""
        corpora: dict[str, Mapping[str, Passage]] = {}
        for language, part in self._by_language(whole.corpora):
            corpora[language] = dict(islice(whole.corpora[language].items(), part.start, part.stop))
        return MultilingualCollection(whole.name, corpora, {}, {}, whole.passage_text)

    def slices(self, vectors: Mapping[str, Vectors]) -> list[Vectors]:
        """Return its part of the vectors of a collection; those of a :class:`StoredVectors` stay on disk."""
        slices = []
        for language, part in self._by_language(vectors):
            whole = vectors[language]
            slices.append(whole.at(np.asarray(part)) if isinstance(whole, StoredVectors) else whole[part])
        return slices

    def _by_language(self, texts: Mapping[str, Sized]) -> Iterator[tuple[str, range]]:
        """Yield its part of each language that it has any of."""
        before = 0
        for language, all_of_it in texts.items():
            size = len(all_of_it)
            part = range(max(self.start - before, 0), min(self.stop - before, size))
            before += size
            if part:
                yield language, part


def shard_name(number: int) -> str:
    """Return the name of a shard's folder."""
    return f"{_PREFIX}{number:05}"


def is_sharded(folder: Path) -> bool:
    """Return whether a folder holds shards, and not an index itself."""
    return folder.is_dir() and any(_folders(folder))


def check_siblings(folder: Path, shard: Shard, about: Mapping[str, Any]) -> None:
    """Check that a shard may be put beside those that are in a folder.

    Args:
        folder: Of all shards.
        shard: The one to be written.
        about: What it will say about itself.

    Raises:
        OutputError: If the folder holds anything but shards.
        ConfigurationError: If there are shards of anything else.
    """
    check_output(folder, "folder")
    if not folder.is_dir():
        return
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    check_strangers(folder, names - {path.name for path in _folders(folder)}, "an index in shards")
    for other in _folders(folder):
        if other.name != shard.name and (wrong := _difference(read_about(other), about)):
            raise ConfigurationError(f"{other} is {wrong}.", "Choose another folder for these shards: --output DIR")


def open_shards(folder: Path) -> list[Path]:
    """List the indexes in a folder, in the collection's order.

    Raises:
        MissingDataError: If there is none, or one is missing.
        DataFormatError: If one says nothing of itself, or they are of different models, passages or kinds.
    """
    there = _folders(folder) if folder.is_dir() else []
    if not there:
        raise MissingDataError(
            f"{folder} holds no shards.", "Write them: beir-hybrid index --shard 0/N --output DIR, and so on."
        )
    first = read_about(there[0])
    for path in there:
        about = read_about(path)
        if not isinstance(about.get("shard"), dict) or not {"number", "count", "passages"} <= about["shard"].keys():
            raise DataFormatError(f"{path} does not say which shard it is.", "Build it again.")
        if wrong := _difference(about, first):
            raise DataFormatError(f"{path} is {wrong}.", f"Build it as {there[0].name} was built.")
        count_ids(path)
    count = first["shard"]["count"]
    names = [shard_name(number) for number in range(count)]
    missing = [number for number, name in enumerate(names) if not (folder / name).is_dir()]
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise MissingDataError(
            f"{folder} lacks {len(missing)} of {count} shards: {missing[0]}/{count}{others}.",
            f"Run beir-hybrid index --shard {missing[0]}/{count} with the options of the others.",
        )
    return [folder / name for name in names]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"{_PREFIX}[0-9]*") if path.is_dir())


def _difference(about: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say what one shard has otherwise than another; empty if they go together."""
    counts = [(each.get("shard") or {}).get("count") for each in (about, other)]
    if counts[0] != counts[1]:
        return f"one of {counts[0]} shards, not of {counts[1]}"
    for name in _COMPARED:
        if about.get(name) != other.get(name):
            word = f"made with {name} {shorten(about.get(name))}, not {shorten(other.get(name))}"
            return f"a shard {_WORDS.get(name, word)}"
    return ""
