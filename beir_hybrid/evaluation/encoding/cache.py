"""Vectors on disk, kept from one run to the next."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal
from uuid import uuid4

from beir_hybrid.arrays import Floats32
from beir_hybrid.errors import ModelError, OutputError
from beir_hybrid.evaluation.encoding.shard_store import ShardStore
from beir_hybrid.evaluation.encoding.vector_shard import Records, VectorShard, pack, write_rows
from beir_hybrid.evaluation.encoding.vectors import Keys
from beir_hybrid.storage.corpus import cache_folder
from beir_hybrid.storage.files import new_file, write_json
from beir_hybrid.storage.writers import is_abandoned, writer_mark

logger = logging.getLogger(__name__)

SCHEMA = 1
SMALL_BYTES = 8 << 20  # shards below this are put together when there are many: an open file each
MANY_SHARDS = 64
COMMIT_ROWS = 4096  # written at a time


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


class CachedStore(ShardStore):
    """Vectors by key, in the shards of one folder, mapped into memory.

    A :class:`~.vector_shard.VectorShard` is written whole under a name of its own and never changed, so that neither a
    killed process nor another one at work can damage what is read. All are verified when the store is opened.

    Args:
        folder: Of the shards.
        dimensions: Of each vector; shards of other dimensions are put aside.
    """

    def __init__(self, folder: Path, dimensions: int) -> None:
        super().__init__(dimensions)
        self.folder = Path(folder)
        self._secured: list[Path] = []
        self._open()

    def secure(self, keys: Keys, vectors: Floats32) -> None:
        """Write vectors to a shard that is found if the process ends before they are committed."""
        self._secured.append(self._write(len(keys), [self._records(keys, vectors)]))

    def commit(self, keys: Keys, vectors: Floats32) -> None:
        """Write vectors to one shard in this order, in place of the shards that secured them."""
        blocks = (slice(start, start + COMMIT_ROWS) for start in range(0, len(keys), COMMIT_ROWS))
        path = self._write(len(keys), (self._records(keys[block], vectors[block]) for block in blocks))
        self.add(VectorShard(path, self.dimensions), keys)
        _delete(self._secured)
        self._secured.clear()

    def _records(self, keys: Keys, vectors: Floats32) -> Records:
        if vectors.shape[1] != self.dimensions:
            raise ModelError(
                f"The model's vectors have {vectors.shape[1]} dimensions, but it reports {self.dimensions}.",
                "Correct its get_embedding_dimension, or evaluate without the cache.",
            )
        return pack(keys, vectors)

    def _write(self, rows: int, parts: Iterable[Records]) -> Path:
        path = self.folder / f"shard-{uuid4().hex}{writer_mark()}.npy"
        with new_file(path) as temporary:
            try:
                write_rows(temporary, rows, parts)
            except OSError as error:
                raise OutputError(
                    f"The cache {self.folder} cannot be written: {error.strerror}.",
                    "Free space there or go without it.",
                ) from error
        return path

    def _open(self) -> None:
        _delete(path for path in self.folder.glob(".shard-*.tmp") if is_abandoned(path))
        shards: dict[Path, VectorShard] = {}
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
        small = [path for path, shard in shards.items() if shard.nbytes < SMALL_BYTES and shard.stored == "float32"]
        if len(small) > MANY_SHARDS:
            together = [shards.pop(path).records for path in small]
            path = self._write(sum(map(len, together)), together)
            shards[path] = VectorShard(path, self.dimensions)
            _delete(small)
        for shard in shards.values():
            self.add(shard, shard.keys())
            shard.release()

    def _read(self, path: Path) -> VectorShard:
        """Map a shard and verify it."""
        shard = VectorShard(path, self.dimensions)
        shard.verify()
        return shard

    def _put_aside(self, path: Path, error: Exception) -> None:
        logger.warning("The cache file %s is damaged and put aside, its texts are encoded again: %s.", path, error)
        with contextlib.suppress(OSError):
            path.rename(path.with_name(f"{path.name}.damaged"))


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # gone, or still mapped where that forbids it: the copy does no harm
            path.unlink()
