"""StoredCorpus: one language's passages on disk, read where they are needed."""

from __future__ import annotations

import os
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.passage import Passage
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.files import json_or_none, map_array

CACHE_VARIABLE = "BEIR_HYBRID_CACHE"

FORMAT = 2
DESCRIPTION, TEXTS, HASHES, POSITIONS = "corpus.json", "passages.arrow", "hashes.npy", "positions.npy"
SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "title", "text", "context")])
MAKE_ROOM = f"Name a folder with room in {CACHE_VARIABLE}."

_SCHEMAS = {1: pa.schema(list(SCHEMA)[:3]), FORMAT: SCHEMA}  # passages of earlier versions have no context
_ID = 0
_AGAIN = "Delete the folder."


def cache_folder() -> Path:
    """Return the folder for downloads and caches: ``BEIR_HYBRID_CACHE``, or else one in the user's cache."""
    import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("beir-hybrid"))


class StoredCorpus(Mapping[str, Passage]):
    """Passages of one language in a memory-mapped Arrow file, with an index from ids to positions.

    The passages stay on disk; iteration decodes one batch of the file at a time.

    Args:
        folder: Written by :class:`~beir_hybrid.storage.corpus_writer.CorpusWriter`.

    Attributes:
        language: Language code; every id begins with it and a colon.
        checksum: 32 hexadecimal digits over ids, titles and texts, whatever their order.
        context_checksum: Such digits over ids and contexts; empty if no passage has a context.

    Raises:
        DataFormatError: If the folder is not whole or not of this format.
    """

    def __init__(self, folder: Path) -> None:
        description = read_description(folder)
        self.folder = folder
        self.language: str = description["language"]
        self.checksum: str = description["checksum"]
        self.context_checksum: str = description["contexts"]
        self._length: int = description["passages"]
        self._columns = range(1, len(description["schema"]))
        self._batches = StoredBatches(folder / TEXTS, description["schema"], description["batches"], _AGAIN)
        try:
            self._hashes: npt.NDArray[np.uint64] = np.asarray(map_array(folder / HASHES))  # faster to look up
            self._positions: npt.NDArray[np.integer] = np.asarray(map_array(folder / POSITIONS))
        except (OSError, ValueError) as error:
            raise DataFormatError(f"{folder} is not a stored corpus: {error}.", _AGAIN) from error
        if not self._hashes.shape == self._positions.shape == (self._length,) or not self._is_whole():
            raise DataFormatError(f"{folder} does not hold {self._length} passages.", _AGAIN)

    def _is_whole(self) -> bool:
        kinds = self._hashes.dtype, self._positions.dtype.kind
        return sum(self._batches.rows) == self._length and kinds[0] == np.uint64 and kinds[1] in "iu"

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes map the files themselves
        return type(self), (self.folder,)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._batches)):
            identifiers = self._batches.column(number, _ID).to_pylist()
            self._batches.release(number)
            yield from identifiers

    def __contains__(self, identifier: object) -> bool:
        return isinstance(identifier, str) and self._find(identifier) is not None

    def __getitem__(self, identifier: str) -> Passage:
        number, row = self._batches.place(self.position(identifier))
        title, text, *context = (self._batches.column(number, place)[row].as_py() for place in self._columns)
        return Passage(text, title, *context)

    def values(self) -> ValuesView[Passage]:
        """Return the passages in the file's order."""
        return _CorpusValues(self)

    def items(self) -> ItemsView[str, Passage]:
        """Return ids and passages in the file's order."""
        return _CorpusItems(self)

    def position(self, identifier: str) -> int:
        """Return a document's position in the file, from 0.

        Raises:
            KeyError: If there is no such document.
        """
        position = self._find(identifier)
        if position is None:
            raise KeyError(identifier)
        return position

    def identifier(self, position: int) -> str:
        """Return the id of the document at a position.

        Raises:
            IndexError: If there is no such position.
        """
        if not 0 <= position < self._length:
            raise IndexError(position)
        number, row = self._batches.place(position)
        return str(self._batches.column(number, _ID)[row].as_py())

    def identifiers(self, positions: npt.ArrayLike) -> list[str]:
        """Return the ids of the documents at several positions, reading each batch once.

        Args:
            positions: Shape (n,), from 0.

        Raises:
            IndexError: If there is no such position.
        """
        places = np.asarray(positions, np.int64).reshape(-1)
        if outside := places[(places < 0) | (places >= self._length)].tolist():
            raise IndexError(outside[0])
        batch, row = self._batches.places(places)
        order = np.argsort(batch, kind="stable")
        numbers, starts = np.unique(batch[order], return_index=True)
        identifiers = np.empty(len(places), object)
        for number, chosen in zip(numbers, np.split(order, starts[1:]), strict=True) if len(places) else ():
            column = self._batches.column(int(number), _ID)
            identifiers[chosen] = np.array(column.take(pa.array(row[chosen])).to_pylist(), object)
        return identifiers.tolist()

    def rows(self, start: int = 0) -> Iterator[tuple[str, Passage]]:
        """Yield ids and passages in the file's order, from a position on, decoding one batch at a time."""
        for number, count in enumerate(self._batches.rows):
            if start >= count:
                start -= count
                continue
            identifiers = self._batches.column(number, _ID).to_pylist()
            titles, texts, *contexts = (self._batches.column(number, place).to_pylist() for place in self._columns)
            self._batches.release(number)
            passages = map(Passage, texts, titles, *contexts)
            yield from islice(zip(identifiers, passages, strict=True), start, None)
            start = 0

    def _find(self, identifier: str) -> int | None:
        wanted = hash_id(identifier)
        place = int(np.searchsorted(self._hashes, np.uint64(wanted)))
        while place < self._length and int(self._hashes[place]) == wanted:  # several only where hashes collide
            position = int(self._positions[place])
            if not 0 <= position < self._length:
                raise DataFormatError(f"{self.folder / POSITIONS} is damaged.", _AGAIN)
            if self.identifier(position) == identifier:
                return position
            place += 1
        return None

    def __repr__(self) -> str:
        return f"StoredCorpus({str(self.folder)!r}, {self._length} passages)"


class _CorpusItems(ItemsView[str, Passage]):
    _mapping: StoredCorpus

    def __iter__(self) -> Iterator[tuple[str, Passage]]:
        return self._mapping.rows()


class _CorpusValues(ValuesView[Passage]):
    _mapping: StoredCorpus

    def __iter__(self) -> Iterator[Passage]:
        return (passage for _, passage in self._mapping.rows())


def hash_id(identifier: str) -> int:
    """Return 64 bits by which an id is found."""
    return int.from_bytes(blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def read_description(folder: Path) -> dict[str, Any]:
    """Read what a stored corpus says of itself, and compare the sizes of its files.

    Raises:
        DataFormatError: If it is not whole or not of this format.
    """
    try:
        description = json_or_none(folder / DESCRIPTION)
        if description is None:
            raise ValueError(f"{DESCRIPTION} is missing or damaged")
        if description["format"] not in _SCHEMAS:
            raise ValueError(f"it is of format {description['format']}")
        schema = _SCHEMAS[description["format"]]
        for name, size in description["bytes"].items():
            if (folder / name).stat().st_size != size:
                raise ValueError(f"{name} does not have its {size} bytes")
        if not isinstance(description["passages"], int) or description["passages"] < 1:
            raise ValueError(f"it has {shorten(description['passages'])} passages")
        batches = description.get("batches")  # which corpora of earlier versions lack
        return {name: str(description[name]) for name in ("language", "checksum")} | {
            "schema": schema,
            "contexts": str(description.get("contexts", "")),
            "passages": description["passages"],
            "batches": None if batches is None else [[int(sums[n]) for n in range(len(schema))] for sums in batches],
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataFormatError(f"{folder} is not a complete stored corpus: {reason}.", _AGAIN) from error
