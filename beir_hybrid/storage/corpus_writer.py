"""CorpusWriter: stores one language's passages as they come."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.passage import Passage
from beir_hybrid.storage import corpus
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.checksums import combine, digest_row
from beir_hybrid.storage.corpus import StoredCorpus, hash_id, read_description
from beir_hybrid.storage.files import write_json
from beir_hybrid.storage.folders import new_folder

_ROWS = 8192  # of a record batch, at most: what is read at once
_CHARACTERS = 2**24  # of their texts, but for a single longer one


class CorpusWriter:
    """Stores passages of one language in an empty folder, a batch at a time; a context manager.

    Where the block ends well, the folder becomes a whole stored corpus; otherwise it is none.

    Args:
        folder: An empty folder.
        language: Language code, which every id begins with.
        where: Returns where a row, numbered from 0, comes from, for messages.

    Attributes:
        hashes: A hash of each id so far.
        waiting: Characters of the passages that are not written yet.

    Raises:
        DataFormatError: While adding, if a text is not Unicode; at the end, if an id occurs twice or there is no row.
    """

    def __init__(self, folder: Path, language: str, where: Callable[[int], str] | None = None) -> None:
        self.hashes = array("Q")
        self.waiting = 0
        self._folder = folder
        self._language = language
        self._where = where or (lambda row: f"Row {row + 1}")
        self._rows: list[tuple[str, Passage]] = []
        self._checksum = self._context_checksum = self._contexts = 0
        self._file = pa.ipc.new_file(str(folder / corpus.TEXTS), corpus.SCHEMA)

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._file.close()
        if kind is None:
            self._finish()

    def add(self, identifier: str, passage: Passage) -> None:
        """Store a passage; its id begins with the language."""
        self._rows.append((identifier, passage))
        self.waiting += len(passage.text) + len(passage.title) + len(passage.context)
        if len(self._rows) >= _ROWS or self.waiting >= _CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write the passages that wait as a batch of their own."""
        if not self._rows:
            return
        try:
            self._file.write_batch(_batch(self._rows))
        except UnicodeEncodeError as error:  # half a surrogate pair, which JSON can write
            row = len(self.hashes) + next(row for row, entry in enumerate(self._rows) if not _is_unicode(entry))
            raise DataFormatError(f"{self._where(row)}: not Unicode: {error}.", "Correct that text.") from error
        for identifier, passage in self._rows:
            self.hashes.append(hash_id(identifier))
            self._checksum += digest_row(identifier, passage.title, passage.text)
            self._context_checksum += digest_row(identifier, passage.context)
            self._contexts += bool(passage.context)
        self._rows, self.waiting = [], 0

    def _finish(self) -> None:
        if not self.hashes:
            raise DataFormatError(f"The {self._language} corpus holds no passage.", "Check its files.")
        texts = self._folder / corpus.TEXTS
        unsorted = np.frombuffer(self.hashes, np.uint64)
        order = np.argsort(unsorted, kind="stable")
        ordered = unsorted[order]
        batches = StoredBatches(texts, corpus.SCHEMA)
        _check_unique(batches, ordered, order, self._where)
        np.save(self._folder / corpus.HASHES, ordered)
        np.save(self._folder / corpus.POSITIONS, order.astype(np.uint32 if len(order) < 1 << 32 else np.int64))
        files = (corpus.TEXTS, corpus.HASHES, corpus.POSITIONS)
        content = {
            "format": corpus.FORMAT,
            "language": self._language,
            "passages": len(self.hashes),
            "checksum": combine([self._checksum]),
            "contexts": combine([self._context_checksum]) if self._contexts else "",
            "batches": batches.checksums(),
            "bytes": {name: (self._folder / name).stat().st_size for name in files},
        }
        write_json(self._folder / corpus.DESCRIPTION, content)


def write_corpus(
    folder: Path, language: str, rows: Iterable[tuple[str, Passage]], where: Callable[[int], str] | None = None
) -> StoredCorpus:
    """Store a language's passages from a stream, whole or not at all.

    Args:
        folder: Where to; a folder that is there already is replaced.
        language: Language code, which is put before every id.
        rows: Ids without the language, and passages; read once.
        where: Returns where a row, numbered from 0, comes from, for messages.

    Raises:
        DataFormatError: If an id occurs twice, a text is not Unicode, or there is no row.
        OutputError: If the folder cannot be written.
    """
    written: dict[str, Any] = {}

    def is_same(other: Path) -> bool:
        try:
            return read_description(other) == written
        except DataFormatError:
            return False

    with new_folder(folder, is_same, fix=corpus.MAKE_ROOM) as temporary:
        with CorpusWriter(temporary, language, where) as writer:
            for identifier, passage in rows:
                writer.add(f"{language}:{identifier}", passage)
        written.update(read_description(temporary))
    return StoredCorpus(folder)


def _batch(rows: list[tuple[str, Passage]]) -> pa.RecordBatch:
    columns = [[identifier for identifier, _ in rows]] + [
        [getattr(passage, name) for _, passage in rows] for name in corpus.SCHEMA.names[1:]
    ]
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], schema=corpus.SCHEMA)


def _check_unique(
    batches: StoredBatches, hashes: npt.NDArray[np.uint64], order: Ints, where: Callable[[int], str]
) -> None:
    """Compare the ids wherever a hash occurs several times; ``order`` gives the positions of the sorted hashes."""
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    first: dict[str, int] = {}
    for position in sorted({int(position) for place in same for position in order[place : place + 2]}):
        number, row = batches.place(position)
        identifier = batches.column(number, 0)[row].as_py()
        if identifier in first:
            raise DataFormatError(
                f"{where(position)}: the document id {shorten(identifier.partition(':')[2])} occurs twice, first at "
                f"{where(first[identifier])}.",
                "Make ids unique.",
            )
        first[identifier] = position


def _is_unicode(row: tuple[str, Passage]) -> bool:
    try:
        "".join((row[0], *row[1])).encode()
    except UnicodeEncodeError:
        return False
    return True
