"""StoredCorpus: one language's passages on disk, read where they are needed."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.passage import Passage
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.checksums import combine, digest_row
from beir_hybrid.storage.files import json_or_none, map_array, write_json
from beir_hybrid.storage.folders import new_folder

CACHE_VARIABLE = "BEIR_HYBRID_CACHE"

_FORMAT = 1
_ROWS = 8192  # of a record batch: what is read at once
_DESCRIPTION, _TEXTS, _HASHES, _POSITIONS = "corpus.json", "passages.arrow", "hashes.npy", "positions.npy"
_ID, _TITLE, _TEXT = range(3)
_AGAIN = "Delete the folder."
_SCHEMA = pa.schema([("id", pa.string()), ("title", pa.string()), ("text", pa.string())])


def cache_folder() -> Path:
    """Return the folder for downloads and caches: ``BEIR_HYBRID_CACHE``, or else one in the user's cache."""
    import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("beir-hybrid"))


class StoredCorpus(Mapping[str, Passage]):
    """Passages of one language in a memory-mapped Arrow file, with an index from ids to positions.

    The passages stay on disk; iteration decodes one batch of the file at a time. Passages have no context.

    Args:
        folder: Written by :func:`write_corpus`.

    Attributes:
        language: Language code; every id begins with it and a colon.
        checksum: 32 hexadecimal digits over ids, titles and texts, whatever their order.

    Raises:
        DataFormatError: If the folder is not whole or not of this format.
    """

    def __init__(self, folder: Path) -> None:
        description = _read_description(folder)
        self.folder = folder
        self.language: str = description["language"]
        self.checksum: str = description["checksum"]
        self._length: int = description["passages"]
        self._batches = StoredBatches(folder / _TEXTS, _SCHEMA, description["batches"], _AGAIN)
        try:
            self._hashes: npt.NDArray[np.uint64] = np.asarray(map_array(folder / _HASHES))  # faster to look up
            self._positions: npt.NDArray[np.integer] = np.asarray(map_array(folder / _POSITIONS))
        except (OSError, ValueError) as error:
            raise DataFormatError(f"{folder} is not a stored corpus: {error}.", _AGAIN) from error
        if not self._hashes.shape == self._positions.shape == (self._length,) or not self._is_whole():
            raise DataFormatError(f"{folder} does not hold {self._length} passages.", _AGAIN)

    def _is_whole(self) -> bool:
        sizes = [min(_ROWS, self._length - start) for start in range(0, self._length, _ROWS)]
        kinds = self._hashes.dtype, self._positions.dtype.kind
        return self._batches.rows == sizes and kinds[0] == np.uint64 and kinds[1] in "iu"

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._batches)):
            yield from self._batches.column(number, _ID).to_pylist()

    def __contains__(self, identifier: object) -> bool:
        return isinstance(identifier, str) and self._find(identifier) is not None

    def __getitem__(self, identifier: str) -> Passage:
        position = self.position(identifier)
        text, title = (
            self._batches.column(position // _ROWS, place)[position % _ROWS].as_py() for place in (_TEXT, _TITLE)
        )
        return Passage(text, title)

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
        return str(self._batches.column(position // _ROWS, _ID)[position % _ROWS].as_py())

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
        batch, row = np.divmod(places, _ROWS)
        order = np.argsort(batch, kind="stable")
        numbers, starts = np.unique(batch[order], return_index=True)
        identifiers = np.empty(len(places), object)
        for number, chosen in zip(numbers, np.split(order, starts[1:]), strict=True) if len(places) else ():
            column = self._batches.column(int(number), _ID)
            identifiers[chosen] = np.array(column.take(pa.array(row[chosen])).to_pylist(), object)
        return identifiers.tolist()

    def rows(self) -> Iterator[tuple[str, Passage]]:
        """Yield ids and passages in the file's order, decoding one batch at a time."""
        for number in range(len(self._batches)):
            identifiers, titles, texts = (
                self._batches.column(number, place).to_pylist() for place in (_ID, _TITLE, _TEXT)
            )
            for identifier, title, text in zip(identifiers, titles, texts, strict=True):
                yield identifier, Passage(text, title)

    def _find(self, identifier: str) -> int | None:
        wanted = _hash(identifier)
        place = int(np.searchsorted(self._hashes, np.uint64(wanted)))
        while place < self._length and int(self._hashes[place]) == wanted:  # several only where hashes collide
            position = int(self._positions[place])
            if not 0 <= position < self._length:
                raise DataFormatError(f"{self.folder / _POSITIONS} is damaged.", _AGAIN)
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


def write_corpus(
    folder: Path, language: str, rows: Iterable[tuple[str, Passage]], where: Callable[[int], str] | None = None
) -> StoredCorpus:
    """Store a language's passages from a stream, whole or not at all.

    Args:
        folder: Where to; a folder that is there already is replaced.
        language: Language code, which is put before every id.
        rows: Ids without the language, and passages; read once. Contexts are left out.
        where: Returns where a row, numbered from 0, comes from, for messages.

    Raises:
        DataFormatError: If an id occurs twice, a text is not Unicode, or there is no row.
        OutputError: If the folder cannot be written.
    """
    written: dict[str, Any] = {}

    def is_same(other: Path) -> bool:
        try:
            return _read_description(other) == written
        except DataFormatError:
            return False

    with new_folder(folder, is_same, fix=f"Name a folder with room in {CACHE_VARIABLE}.") as temporary:
        _write(temporary, language, rows, where or (lambda position: f"Row {position + 1}"))
        written.update(_read_description(temporary))
    return StoredCorpus(folder)


def _write(folder: Path, language: str, rows: Iterable[tuple[str, Passage]], where: Callable[[int], str]) -> None:
    hashes = array("Q")
    checksum = 0
    with pa.ipc.new_file(str(folder / _TEXTS), _SCHEMA) as writer:
        left = iter(rows)
        while part := list(islice(left, _ROWS)):
            identifiers = [f"{language}:{identifier}" for identifier, _ in part]
            try:
                writer.write_batch(_batch(identifiers, part))
            except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write
                row = len(hashes) + next(row for row, entry in enumerate(part) if not _is_unicode(entry))
                raise DataFormatError(f"{where(row)}: not Unicode: {error}.", "Correct that text.") from error
            for identifier, (_, passage) in zip(identifiers, part, strict=True):
                hashes.append(_hash(identifier))
                checksum += digest_row(identifier, passage.title, passage.text)
    if not hashes:
        raise DataFormatError(f"The {language} corpus holds no passage.", "Check its files.")
    unsorted = np.frombuffer(hashes, np.uint64)
    order = np.argsort(unsorted, kind="stable")
    ordered = unsorted[order]
    _check_unique(folder / _TEXTS, ordered, order, where)
    np.save(folder / _HASHES, ordered)
    np.save(folder / _POSITIONS, order.astype(np.uint32 if len(order) < 1 << 32 else np.int64))
    content = {
        "format": _FORMAT,
        "language": language,
        "passages": len(hashes),
        "checksum": combine([checksum]),
        "batches": StoredBatches(folder / _TEXTS, _SCHEMA).checksums(),
        "bytes": {name: (folder / name).stat().st_size for name in (_TEXTS, _HASHES, _POSITIONS)},
    }
    write_json(folder / _DESCRIPTION, content)


def _batch(identifiers: list[str], part: list[tuple[str, Passage]]) -> pa.RecordBatch:
    columns = [identifiers, [passage.title for _, passage in part], [passage.text for _, passage in part]]
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=_SCHEMA)


def _check_unique(texts: Path, hashes: npt.NDArray[np.uint64], order: Ints, where: Callable[[int], str]) -> None:
    """Compare the ids wherever a hash occurs several times; ``order`` gives the positions of the sorted hashes."""
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    if not len(same):
        return
    reader = pa.ipc.open_file(pa.memory_map(str(texts)))
    first: dict[str, int] = {}
    for position in sorted({int(position) for place in same for position in order[place : place + 2]}):
        identifier = reader.get_batch(position // _ROWS).column(0)[position % _ROWS].as_py()
        if identifier in first:
            raise DataFormatError(
                f"{where(position)}: the document id {shorten(identifier.partition(':')[2])} occurs twice, first at "
                f"{where(first[identifier])}.",
                "Make ids unique.",
            )
        first[identifier] = position


def _is_unicode(row: tuple[str, Passage]) -> bool:
    try:
        "".join((row[0], row[1].title, row[1].text)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _hash(identifier: str) -> int:
    return int.from_bytes(blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        description = json_or_none(folder / _DESCRIPTION)
        if description is None:
            raise ValueError(f"{_DESCRIPTION} is missing or damaged")
        if description["format"] != _FORMAT:
            raise ValueError(f"it is of format {description['format']}")
        for name, size in description["bytes"].items():
            if (folder / name).stat().st_size != size:
                raise ValueError(f"{name} does not have its {size} bytes")
        if not isinstance(description["passages"], int) or description["passages"] < 1:
            raise ValueError(f"it has {shorten(description['passages'])} passages")
        batches = description.get("batches")  # which corpora of earlier versions lack
        return {name: str(description[name]) for name in ("language", "checksum")} | {
            "passages": description["passages"],
            "batches": None if batches is None else [[int(sums[place]) for place in range(3)] for sums in batches],
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataFormatError(f"{folder} is not a complete stored corpus: {reason}.", _AGAIN) from error
