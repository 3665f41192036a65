"""Arrow files: written with checksums of what they hold, and verified before anything in them is used.

Arrow trusts what a file says of itself, such as where a text begins, and a wrong number there ends the process. So what
a file holds is validated in full before it is read, and must match its checksum besides if it was written here.
"""

from __future__ import annotations

import hashlib
import mmap
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.files import new_file

_KEY = b"beir_hybrid.sha256"  # in the schema's metadata
_ROWS = 65_536  # digested at a time
_AGAIN = "Write it or copy it again."
_UNREADABLE = (pa.ArrowException, OSError, ValueError, TypeError, MemoryError)


class RowsDigest:
    """SHA-256 over the rows of a table, however they come: over names, and by parts of 65,536 rows over the columns.

    Args:
        rows: Number of rows that will come.
        names: Names of the columns.
    """

    def __init__(self, rows: int, names: Sequence[str]) -> None:
        self._digest = hashlib.sha256(repr([rows, *names]).encode("utf-8", "surrogatepass"))
        self._rest: pa.Table | None = None

    def update(self, table: pa.Table) -> None:
        """Digest further rows: strings, numbers or lists of either, valid ones, since they are read."""
        waiting = table if self._rest is None else pa.concat_tables([self._rest, table])
        for start in range(0, waiting.num_rows - _ROWS + 1, _ROWS):
            self._add(waiting.slice(start, _ROWS))
        self._rest = waiting.slice(waiting.num_rows // _ROWS * _ROWS)

    def hexdigest(self) -> str:
        """Return 64 hexadecimal digits."""
        if self._rest is not None and self._rest.num_rows:
            self._add(self._rest)
            self._rest = None
        return self._digest.hexdigest()

    def _add(self, part: pa.Table) -> None:
        for column in part.columns:
            whole = column.combine_chunks()
            if pa.types.is_list(whole.type) or pa.types.is_large_list(whole.type):
                self._digest.update(_lengths(pc.list_value_length(whole)))
                whole = pc.list_flatten(whole)
            if pa.types.is_floating(whole.type):
                self._digest.update(np.asarray(pc.fill_null(whole, float("nan")), "<f8").data)
            else:
                self._digest.update(_lengths(pc.binary_length(whole)))
                self._digest.update(_texts(whole))


def table_checksum(table: pa.Table) -> str:
    """Return the :class:`RowsDigest` of a table."""
    digest = RowsDigest(table.num_rows, table.column_names)
    digest.update(table)
    return digest.hexdigest()


def _lengths(lengths: pa.Array) -> memoryview:
    """Return lengths as bytes; that of a null, which has none, is -1."""
    return np.asarray(pc.fill_null(lengths.cast(pa.int64()), -1), "<i8").data


def _texts(strings: pa.Array) -> memoryview:
    """Return the bytes of all strings, one after another."""
    if strings.null_count:
        strings = pc.fill_null(strings, "")
    _, offsets, texts = strings.buffers()
    if not len(strings) or texts is None:
        return memoryview(b"")
    places = np.frombuffer(offsets, np.int64 if pa.types.is_large_string(strings.type) else np.int32)
    return memoryview(texts)[places[strings.offset] : places[strings.offset + len(strings)]]


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table of strings as an Arrow file, whole or not at all, its checksum in the schema's metadata.

    Any Arrow reader reads the file.

    Raises:
        OutputError: If it cannot be written.
    """
    schema = table.schema.with_metadata({**(table.schema.metadata or {}), _KEY: table_checksum(table).encode()})
    with new_file(path) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        writer.write_table(table)


def read_table(path: Path, columns: Sequence[str]) -> pa.Table:
    """Map an Arrow file and verify it: what stays on disk may be read without harm.

    Args:
        path: The file, written by :func:`write_table` or by another program.
        columns: Names of columns; those that the file has are read.

    Returns:
        A table of these columns, of any types.

    Raises:
        DataFormatError: If it is no whole Arrow file, has a column twice, holds what is not valid, or does not match
            its checksum.
    """
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        names, metadata = table.column_names, table.schema.metadata or {}
    except _UNREADABLE as error:
        raise DataFormatError(f"{path} is no whole Arrow file: {error}.", _AGAIN) from error
    table = table if _KEY in metadata else table.select(_known(path, names, columns))
    try:
        table.validate(full=True)
        whole = _KEY not in metadata or metadata[_KEY] == table_checksum(table).encode()
    except _UNREADABLE as error:
        raise DataFormatError(f"{path} is damaged: {error}.", _AGAIN) from error
    if not whole:
        raise DataFormatError(f"{path} is damaged: it does not match its checksum.", _AGAIN)
    kept = {key: value for key, value in metadata.items() if key != _KEY}
    return table.select(_known(path, table.column_names, columns)).replace_schema_metadata(kept or None)


def _known(path: Path, names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return those of the columns that a file has."""
    if twice := next((name for name in columns if names.count(name) > 1), None):
        raise DataFormatError(f"{path} has the column {twice!r} twice.", "Write it again with one of them.")
    return [name for name in columns if name in names]


class StoredBatches:
    """Batches of a mapped Arrow file, whose columns are verified when they are first read.

    Args:
        path: The file.
        schema: What its batches must have.
        checksums: What :meth:`checksums` gave when the file was written; None if nobody knows.
        fix: What to do about a damaged file, for messages.
        nullable: Whether values may be missing.

    Attributes:
        rows: The number of rows of each batch.

    Raises:
        DataFormatError: If it is no whole Arrow file, of another schema or of another number of batches.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        checksums: Sequence[Sequence[int]] | None = None,
        fix: str = _AGAIN,
        nullable: bool = False,
    ) -> None:
        self.path = path
        self._fix = fix
        self._nullable = nullable
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            reader = pa.ipc.open_file(pa.py_buffer(self._map))
            self._batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
            same = reader.schema.equals(schema)
        except _UNREADABLE as error:
            raise DataFormatError(f"{path} is no whole Arrow file: {error}.", self._fix) from error
        if not same or (checksums is not None and len(checksums) != len(self._batches)):
            raise DataFormatError(f"{path} is damaged: it has other columns or batches.", self._fix)
        self.rows = [int(batch.num_rows) for batch in self._batches]
        self._starts = np.cumsum([0, *self.rows])
        self._checksums = checksums
        self._verified: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._batches)

    def place(self, position: int) -> tuple[int, int]:
        """Return the batch of a row, by its place in the file, and the row's place in it."""
        number = int(np.searchsorted(self._starts, position, side="right")) - 1
        return number, position - int(self._starts[number])

    def places(self, positions: Ints) -> tuple[Ints, Ints]:
        """Return batches and places of rows as :meth:`place` does, both of the shape of ``positions``."""
        numbers = np.searchsorted(self._starts, positions, side="right") - 1
        return numbers, positions - self._starts[numbers]

    def release(self, number: int) -> None:
        """Release the memory of a batch that was read; reading it again reads the file.

        The system would do so itself when it runs short, but until then the pages count as this process's.
        """
        if not hasattr(self._map, "madvise"):  # as on Windows
            return
        base = np.frombuffer(self._map, np.uint8).ctypes.data
        buffers = [each for column in self._batches[number].columns for each in column.buffers() if each]
        start = max(0, min((each.address for each in buffers), default=base) - base) // mmap.PAGESIZE * mmap.PAGESIZE
        stop = min(len(self._map), max((each.address + each.size for each in buffers), default=base) - base)
        if start < stop:
            self._map.madvise(mmap.MADV_DONTNEED, start, stop - start)

    def column(self, number: int, place: int) -> pa.Array:
        """Return one column of one batch.

        Raises:
            DataFormatError: If it is damaged, or lacks a value that it must have.
        """
        column = self._batches[number].column(place)
        if (number, place) not in self._verified:
            try:
                column.validate(full=True)
            except _UNREADABLE as error:
                raise DataFormatError(f"{self.path} is damaged: {error}.", self._fix) from error
            if self._checksums is not None and self._checksums[number][place] != _array_checksum(column):
                raise DataFormatError(f"{self.path} is damaged: it does not match its checksums.", self._fix)
            if column.null_count and not self._nullable:
                raise DataFormatError(f"{self.path} is damaged: it lacks some values.", self._fix)
            self._verified.add((number, place))
        return column

    def checksums(self) -> list[list[int]]:
        """Return a checksum for each column of each batch; reads the file once."""
        return [[_array_checksum(column) for column in batch.columns] for batch in self._batches]


def _array_checksum(array: pa.Array) -> int:
    """Return the CRC-32 of an array's buffers as they lie in the file; nothing of them is interpreted."""
    value = 0
    for buffer in array.buffers():
        value = zlib.crc32(buffer, value) if buffer is not None else value
    return value
