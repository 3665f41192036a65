"""Vectors on disk, kept from one run to the next."""

from __future__ import annotations

import contextlib
import logging
import mmap
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b, shake_128
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.errors import ModelError, OutputError
from beir_hybrid.evaluation.encoding.conversion import fault, first_unusable
from beir_hybrid.evaluation.encoding.vectors import Keys, VectorStore
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.storage.files import map_array, new_file, write_json
from beir_hybrid.storage.folders import STALE_SECONDS

Records = npt.NDArray[np.void]

logger = logging.getLogger(__name__)

SCHEMA = 1
SMALL_BYTES = 8 << 20  # shards below this are put together when there are many: an open file each
MANY_SHARDS = 64
RELEASE_BYTES = 256 << 20  # of pages, which would count as the process's memory
CHECK_ROWS = 1024  # checked at once: fits a processor's cache


@dataclass(frozen=True)
class EmbeddingCache:
    """A folder of vectors, for all models and datasets: a text that a model encoded once is not encoded again.

    Vectors are found by the model's fingerprint, the role and prompt, normalising, the computation's number format, and
    the text, so that nothing needs to be emptied when a model or a dataset changes. Several processes may use it at a
    time. Damaged files are put aside and their vectors encoded again. To free space, delete any of its folders.

    Args:
        folder: Where to keep the vectors; made when it is needed.
        in_memory: Bytes of vectors of one role, queries or passages, up to which :func:`~.encoding.encode` reads them
            into memory; more stay on disk. 256 MiB by default.
    """

    folder: Path
    in_memory: int = 256 << 20

    def store(
        self,
        fingerprint: str,
        role: Literal["query", "document"],
        *,
        prompt: str | None,
        normalised: bool,
        dtype: str,
        dimensions: int,
        model: str = "",
    ) -> CachedStore:
        """Open the vectors of one model in one role.

        Args:
            fingerprint: The model's, from :func:`~.fingerprint.fingerprint_of`.
            role: What is encoded.
            prompt: What is put before each text; None and an empty text are the same.
            normalised: Whether the vectors have length 1.
            dtype: Number format that the model computes in, such as ``float16``; vectors are stored as float32.
            dimensions: Of each vector.
            model: The model's name, for people who look into the folder.

        Raises:
            OutputError: If the folder cannot be written.
        """
        options = {"role": role, "prompt": prompt or "", "normalised": normalised, "dtype": dtype}
        content = repr(sorted(options.items())).encode("utf-8", "surrogatepass")
        folder = Path(self.folder) / fingerprint / f"{role}-{blake2b(content, digest_size=8).hexdigest()}"
        description = folder / "meta.json"
        if not description.is_file():
            about = {"schema": SCHEMA, "model": model, "fingerprint": fingerprint}
            write_json(description, {**about, **options, "dimensions": dimensions})
        return CachedStore(folder, dimensions)


def open_cache(folder: Path | None = None) -> EmbeddingCache:
    """Return the cache in a folder, or in ``embeddings`` of the user's cache folder.

    Args:
        folder: Where the vectors are kept; None for the user's.
    """
    return EmbeddingCache(folder or cache_folder() / "embeddings")


class CachedStore(VectorStore):
    """Vectors by key, in the shards of one folder, mapped into memory.

    A shard is an ``.npy`` file of rows (key, checksum, vector). It is written whole under a name of its own and never
    changed, so that neither a killed process nor another one at work can damage what is read. Checksums are verified
    when the store is opened.

    The format is our own because it must be mapped into memory, appended to by several processes without a lock, and
    verified at the speed of reading: Arrow and Parquet files, safetensors and ``.npy`` itself carry no checksums of
    what is mapped, HDF5 and Zarr verify chunks but do not map them, and databases such as LMDB need a lock. NumPy reads
    and writes the files; only the checksums, a multiplication per word, are added.

    Args:
        folder: Of the shards.
        dimensions: Of each vector; shards of other dimensions are put aside.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        super().__init__(dimensions)
        self.folder = Path(folder)
        self._row = np.dtype([("key", "V16"), ("check", "<u8"), ("vector", "<f4", (dimensions,))])
        # odd factors: no flipped bit can vanish from a sum modulo 2 ** 64
        self._factors = np.frombuffer(shake_128(b"beir-hybrid").digest(8 * (2 + dimensions)), "<u8") | np.uint64(1)
        self._secured: list[Path] = []
        self._shards: list[Records] = []
        self._touched = 0  # bytes of pages, at most
        self._open()

    def secure(self, keys: Keys, vectors: Floats32) -> None:
        """Write vectors to a shard that is found if the process ends before they are committed."""
        self._secured.append(self._write([self._records(keys, vectors)]))

    def commit(self, keys: Keys, vectors: Floats32) -> None:
        """Write vectors to one shard in this order, in place of the shards that secured them."""
        path = self._write([self._records(keys, vectors)])
        self._append_shard(keys, map_array(path))
        _delete(self._secured)
        self._secured.clear()

    def take(self, rows: Ints) -> Floats32:
        """Gather vectors, as :meth:`VectorStore.take` does; what was read does not stay in the process's memory."""
        vectors = super().take(rows)
        self._touched += vectors.nbytes + mmap.PAGESIZE * len(rows)
        if self._touched > RELEASE_BYTES:
            self._touched = 0
            for records in self._shards:
                _release(records)
        return vectors

    def _records(self, keys: Keys, vectors: Floats32) -> Records:
        if vectors.shape[1] != self.dimensions:
            raise ModelError(
                f"The model's vectors have {vectors.shape[1]} dimensions, but it reports {self.dimensions}.",
                "Correct its get_embedding_dimension, or evaluate without the cache.",
            )
        records = np.zeros(len(keys), self._row)
        records["key"] = np.ascontiguousarray(keys).view("V16")[:, 0]
        records["vector"] = vectors
        records["check"] = self._checks(records)
        return records

    def _checks(self, records: Records) -> npt.NDArray[np.uint64]:
        checks = np.empty(len(records), np.uint64)
        words_of = "<u4" if records["vector"].shape[1] % 2 else "<u8"
        for start in range(0, len(records), CHECK_ROWS):
            block = records[start : start + CHECK_ROWS]
            keys = np.ascontiguousarray(block["key"]).view("<u8").reshape(-1, 2)
            words = np.ascontiguousarray(block["vector"]).view(words_of)
            factors = self._factors[2 : 2 + words.shape[1]]
            checks[start : start + CHECK_ROWS] = np.einsum("ij,j->i", keys, self._factors[:2]) + np.einsum(
                "ij,j->i", words.astype(np.uint64, copy=False), factors
            )
        return checks + self._factors[0]  # so that a row of zeros is wrong

    def _write(self, parts: Sequence[Records]) -> Path:
        path = self.folder / f"shard-{uuid4().hex}.npy"
        header = {
            "descr": np.lib.format.dtype_to_descr(self._row),
            "fortran_order": False,
            "shape": (sum(map(len, parts)),),
        }
        with new_file(path) as temporary:
            try:
                with temporary.open("wb") as file:
                    np.lib.format.write_array_header_1_0(file, header)
                    for part in parts:
                        file.write(np.ascontiguousarray(part).data)
            except OSError as error:
                raise OutputError(
                    f"The cache {self.folder} cannot be written: {error.strerror}.",
                    "Free space there or go without it.",
                ) from error
        return path

    def _open(self) -> None:
        _delete(path for path in self.folder.glob(".shard-*.tmp") if _age(path) > STALE_SECONDS)
        shards: dict[Path, tuple[Keys, Records]] = {}
        seen: set[Path] = set()
        while fresh := sorted(set(self.folder.glob("*.npy")) - seen):
            seen.update(fresh)
            for path in fresh:
                try:
                    shards[path] = self._read(path)
                except FileNotFoundError:  # another process put it together with others: the next listing shows it
                    continue
                except OSError as error:  # no fault of the file's content
                    logger.warning("The cache file %s cannot be read: %s.", path, error.strerror)
                except ValueError as error:
                    self._put_aside(path, error)
        small = [path for path, (_, records) in shards.items() if records.nbytes < SMALL_BYTES]
        if len(small) > MANY_SHARDS:
            parts = [shards.pop(path) for path in small]
            path = self._write([records for _, records in parts])
            shards[path] = np.concatenate([keys for keys, _ in parts]), map_array(path)
            _delete(small)
        for keys, records in shards.values():
            self._append_shard(keys, records)

    def _read(self, path: Path) -> tuple[Keys, Records]:
        """Map a shard and verify it."""
        records = map_array(path)
        if records.ndim != 1 or records.dtype != self._row:
            raise ValueError(f"its rows are not keys and vectors of {self.dimensions} dimensions")
        if len(wrong := np.flatnonzero(self._checks(records) != records["check"])):
            raise ValueError(f"row {wrong[0]} does not match its checksum")
        if (unusable := first_unusable(records["vector"])) is not None:  # of a version that did not check them
            raise ValueError(f"row {unusable} {fault(records['vector'], unusable)}")
        keys = np.ascontiguousarray(records["key"]).view("<u8").reshape(-1, 2)
        _release(records)
        return keys, records

    def _append_shard(self, keys: Keys, records: Records) -> None:
        self._shards.append(records)
        self._append(keys, records["vector"])

    def _put_aside(self, path: Path, error: Exception) -> None:
        logger.warning("The cache file %s is damaged and put aside, its texts are encoded again: %s.", path, error)
        with contextlib.suppress(OSError):
            path.rename(path.with_name(f"{path.name}.damaged"))


def _release(records: Records) -> None:
    """Return the pages of a mapped array to the system, which reads them again when they are needed."""
    mapping: Any = records.base
    if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # gone, or still mapped where that forbids it: the copy does no harm
            path.unlink()


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
