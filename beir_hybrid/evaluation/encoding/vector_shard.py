"""VectorShard: one file of vectors, written once, mapped into memory and verified where it is read."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from hashlib import shake_128
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.errors import DataFormatError, ModelError
from beir_hybrid.evaluation.encoding.conversion import fault, first_unusable
from beir_hybrid.evaluation.encoding.vectors import Keys
from beir_hybrid.storage.files import map_array

Records = npt.NDArray[np.void]
StoredFormat = Literal["float32", "float16"]

STORED_FORMATS: tuple[StoredFormat, ...] = ("float32", "float16")
"""Number formats that vectors may be stored in."""

CHECK_ROWS = 512
"""Read and checked at once: they fit a processor's cache, and the 64 KB that Linux maps around each count little."""


class VectorShard:
    """Rows of a text's key, a checksum and a vector, in an ``.npy`` file that is written whole and never changed.

    A file is mapped when it is opened; every row is compared with its checksum when it is read, at a few gigabytes a
    second, so that opening costs nothing. Its parts are those of an array: it is indexed by a slice or numbers of rows.

    The format is our own because it must be mapped into memory, written by several processes without a lock, and
    verified at the speed of reading: Arrow and Parquet files, safetensors and ``.npy`` itself carry no checksums of
    what is mapped, HDF5 and Zarr verify chunks but do not map them, and databases such as LMDB need a lock. NumPy reads
    and writes the files; only the checksums, a multiplication per word, are added.

    Args:
        path: The file.
        dimensions: What each vector must have; None for any number.
        stays_open: Whether it stays mapped, which takes a file descriptor, so that it can be read after its name is
            gone; otherwise it is mapped for each reading.
        fix: What to do about a damaged file, for messages.

    Attributes:
        path: The file.
        dimensions: Of each vector.
        stored: The number format of the file.

    Raises:
        OSError: If the file cannot be opened.
        ValueError: If it is no whole file of such rows.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(
        self, path: Path, dimensions: int | None = None, *, stays_open: bool = True, fix: str = "Delete it."
    ) -> None:
        records = map_array(path)
        fields = records.dtype.fields or {}
        shape: tuple[int, ...] = fields["vector"][0].shape if "vector" in fields else ()
        wanted = shape[0] if dimensions is None and len(shape) == 1 else dimensions or 0
        if records.ndim != 1 or records.dtype not in {row_type(wanted, stored) for stored in STORED_FORMATS}:
            of = f"vectors of {dimensions} dimensions" if dimensions else "vectors"
            raise ValueError(f"its rows are not keys and {of}")
        self.path = Path(path)
        self.fix = fix
        self.dimensions = wanted
        self.stored: StoredFormat = "float16" if records.dtype["vector"].base.itemsize == 2 else "float32"
        self._length = len(records)
        self._records = records if stays_open else None

    @property
    def records(self) -> Records:
        """The mapped rows as they are, not verified.

        Raises:
            DataFormatError: If the file is no longer what it was.
        """
        if self._records is not None:
            return self._records
        try:
            records = map_array(self.path)
            if records.shape != (len(self),) or records.dtype != row_type(self.dimensions, self.stored):
                raise ValueError("it holds other rows than before")
        except (OSError, ValueError) as error:
            raise DataFormatError(f"{self.path} cannot be read any more: {error}.", self.fix) from error
        return records

    def __len__(self) -> int:
        return self._length

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vectors and of dimensions."""
        return len(self), self.dimensions

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return len(self) * row_type(self.dimensions, self.stored).itemsize

    def keys(self) -> Keys:
        """Copy the keys, shape (rows, 2), which are not verified."""
        return np.ascontiguousarray(self.records["key"]).view("<u8").reshape(-1, 2)

    def __getitem__(self, rows: slice | Ints) -> Floats32:
        """Read vectors, as float32, and verify them; what is read of the file does not stay in memory.

        Raises:
            DataFormatError: If a row does not match its checksum.
        """
        numbers = np.arange(len(self))[rows]
        vectors, start = np.empty((len(numbers), self.dimensions), np.float32), 0
        records = self.records
        try:
            for part in _verified(records, numbers):
                vectors[start : start + len(part)] = part
                start += len(part)
        except ValueError as error:
            raise DataFormatError(f"{self.path} is damaged: {error}.", self.fix) from error
        return vectors

    def verify(self) -> None:
        """Read all rows.

        Raises:
            ValueError: If a row does not match its checksum, or holds a vector that cannot be scored.
        """
        start = 0
        for part in _verified(self.records, np.arange(len(self))):
            vectors = np.asarray(part, np.float32)
            if (unusable := first_unusable(vectors)) is not None:  # of a version that did not check them
                raise ValueError(f"row {start + unusable} {fault(vectors, unusable)}")
            start += len(part)

    def release(self) -> None:
        """Return the mapped pages to the system, which reads them again when they are needed."""
        if self._records is not None:
            _release(self._records)


def _verified(records: Records, rows: Ints) -> Iterator[npt.NDArray[Any]]:
    """Read vectors of mapped rows, some at a time, as they are stored.

    Raises:
        ValueError: If a row does not match its checksum.
    """
    for start in range(0, len(rows), CHECK_ROWS):
        numbers = rows[start : start + CHECK_ROWS]
        part = records[numbers]
        _release(records)
        if len(wrong := np.flatnonzero(checks(part) != part["check"])):
            raise ValueError(f"row {numbers[wrong[0]]} does not match its checksum")
        yield part["vector"]


def _release(records: Records) -> None:
    """Return the pages of a mapping, which would count as the process's memory until the system needs them."""
    mapping: Any = records.base
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def row_type(dimensions: int, stored: StoredFormat = "float32") -> np.dtype[np.void]:
    """Return the type of a file's rows."""
    number = "<f4" if stored == "float32" else "<f2"
    return np.dtype([("key", "V16"), ("check", "<u8"), ("vector", number, (dimensions,))])


def pack(keys: Keys, vectors: Floats32, stored: StoredFormat = "float32") -> Records:
    """Put keys and vectors into rows, with their checksums.

    Args:
        keys: Shape (n, 2), of :func:`~.vectors.keys_of`.
        vectors: Shape (n, dimensions).
        stored: The number format to store.

    Raises:
        ModelError: If a number exceeds the format.
    """
    records = np.zeros(len(keys), row_type(vectors.shape[1], stored))
    records["key"] = np.ascontiguousarray(keys).view("V16")[:, 0]
    with np.errstate(over="ignore"):
        records["vector"] = vectors
    if stored == "float16" and len(over := np.flatnonzero(np.isinf(records["vector"]).any(axis=1))):
        largest = np.abs(vectors[over[0]]).max()
        raise ModelError(
            f"The model's vectors have numbers up to {largest:.3g}, and float16 ends at 65504.",
            "Store them with --store-dtype float32.",
        )
    records["check"] = checks(records)
    return records


def checks(records: Records) -> npt.NDArray[np.uint64]:
    """Compute the checksums of rows, shape (rows,)."""
    vectors = records["vector"]
    size = vectors.shape[1] * vectors.dtype.itemsize
    words_of = "<u8" if size % 8 == 0 else "<u4" if size % 4 == 0 else "<u2"
    # odd factors: no flipped bit can vanish from a sum modulo 2 ** 64
    factors = np.frombuffer(shake_128(b"beir-hybrid").digest(8 * (2 + vectors.shape[1])), "<u8") | np.uint64(1)
    sums = np.empty(len(records), np.uint64)
    for start in range(0, len(records), CHECK_ROWS):
        block = records[start : start + CHECK_ROWS]
        keys = np.ascontiguousarray(block["key"]).view("<u8").reshape(-1, 2)
        words = np.ascontiguousarray(block["vector"]).view(words_of)
        sums[start : start + CHECK_ROWS] = np.einsum("ij,j->i", keys, factors[:2]) + np.einsum(
            "ij,j->i", words.astype(np.uint64, copy=False), factors[2 : 2 + words.shape[1]]
        )
    return sums + factors[0]  # so that a row of zeros is wrong


def write_rows(path: Path, rows: int, parts: Iterable[Records]) -> None:
    """Write rows to a file; the caller gives it its name once it is whole.

    Args:
        path: Where to.
        rows: How many there are in all.
        parts: The rows, in blocks of one type; at least one block.

    Raises:
        OSError: If they cannot be written.
    """
    with path.open("wb") as file:
        for number, part in enumerate(parts):
            if not number:
                header = {"descr": np.lib.format.dtype_to_descr(part.dtype), "fortran_order": False, "shape": (rows,)}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(np.ascontiguousarray(part).data)
