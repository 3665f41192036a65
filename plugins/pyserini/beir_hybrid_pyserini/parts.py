"""Building a Faiss index of any size in parts that outlive the process.

What a part is depends on the index. Of most kinds, each part is an index of some of the vectors; they are
merged at the end. A graph, such as an HNSW, cannot be merged: it grows in one piece, which is saved now and then.

A part's file is named after a digest of all that decides about it: the factory, what was learned in training, the
vectors. So a run that resumes a killed one uses exactly the parts that are right, and nothing else.
"""

from __future__ import annotations

import logging
import mmap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from beir_hybrid import ConfigurationError, DataFormatError, Floats32, OutputError
from beir_hybrid.evaluation.encoding import Vectors
from beir_hybrid.evaluation.search import (
    empty_index,
    faiss_at_work,
    parse_factory,
    passage_blocks,
    set_thoroughness,
    training_sample,
)
from beir_hybrid.storage import new_file, sync

logger = logging.getLogger(__name__)

PART_BYTES = 64 << 20  # of the vectors of one part
DEPTH = 1000
"""Passages that a search is expected to ask for: Pyserini's default."""
_SHARE = 20  # saving a growing index may take one part in so many of the time


def build(
    passages: Sequence[Vectors],
    factory: str,
    work: Path,
    *,
    seed: int = 0,
    part_bytes: int = PART_BYTES,
    save_seconds: float = 60.0,
    advance: Callable[[int], object] | None = None,
) -> Any:
    """Build a Faiss index by inner product, going on where a killed run was.

    Args:
        passages: Vectors, shape (passages of the language, dimensions) per language; may be memory-mapped.
        factory: Such as ``Flat``, ``HNSW64`` or ``IVF256,Flat:nprobe=16``; as for
            :class:`~beir_hybrid.evaluation.search.faiss_index.FaissIndex`.
        work: Folder for the parts, which is made.
        seed: Decides which vectors the index is trained on.
        part_bytes: Of the vectors of one part; about twice as much memory is used beyond the index itself.
        save_seconds: How long a growing index is not saved, at least.
        advance: Called with the number of passages done since the last call.

    Returns:
        The index, whose options for searching are set: those of the factory, or else defaults that suit a depth of
        1,000.

    Raises:
        ConfigurationError: If Faiss builds no such index of these vectors.
        DataFormatError: If a vector is not finite.
        OutputError: If the folder cannot be written.
    """
    total = sum(len(vectors) for vectors in passages)
    dimensions = next((int(vectors.shape[1]) for vectors in passages if len(vectors)), 0)
    if not total:
        raise ConfigurationError("There is no passage to index.", "Check the dataset and the setting.")
    with faiss_at_work(factory, f"{total:,} vectors of {dimensions} dimensions"):
        parts = _Parts(passages, factory, work, max(1, part_bytes // (4 * dimensions)), advance)
        empty = parts.trained(dimensions, seed)
        index = parts.merged(empty) if can_merge(empty) else parts.grown(empty, save_seconds)
        # Faiss keeps it in the file, and Pyserini's command line cannot say it
        set_thoroughness(index, DEPTH, parse_factory(factory)[1])
    return index


class _Parts:
    def __init__(
        self,
        passages: Sequence[Vectors],
        factory: str,
        work: Path,
        size: int,
        advance: Callable[[int], object] | None,
    ) -> None:
        self._passages = passages
        self._factory = factory
        self._work = work
        self._size = size
        self._advance = advance or (lambda done: None)
        self._digest = b""

    def trained(self, dimensions: int, seed: int) -> Any:
        """Build the empty index, trained if it needs to be."""
        import faiss

        index = empty_index(self._factory, dimensions)
        self._digest = _digest(faiss.__version__.encode(), self._factory.encode(), str(dimensions).encode())
        if index.is_trained:
            return index
        sample = training_sample(index, self._passages, seed)
        self._release()
        self._digest = _digest(self._digest, sample)
        path = self._path("trained", self._digest)
        if (saved := _read(path, 0)) is not None:
            return saved
        index.train(sample)
        save_index(index, path)
        return index

    def merged(self, empty: Any) -> Any:
        """Build the parts that are missing, and merge all."""
        import faiss

        paths = []
        for block in self._blocks():
            path = self._path("merged", _digest(self._digest, block))
            if _read(path, len(block)) is None:
                part = faiss.clone_index(empty)
                part.add(block)
                save_index(part, path)
            paths.append(path)
            self._advance(len(block))
        return merge(paths, sum(map(len, self._passages)))

    def grown(self, index: Any, save_seconds: float) -> Any:
        """Add all vectors to one index, from the last one saved on."""
        digests, counts, last = [], [], self._digest
        for block in self._blocks():
            last = _digest(last, block)
            digests.append(last)
            counts.append(len(block))
        done = 0
        for number in range(len(digests), 0, -1):
            earlier_index = _read(self._path("grown", digests[number - 1]), sum(counts[:number]))
            if earlier_index is not None:
                index, done = earlier_index, number
                break
        saved, pause = time.monotonic(), save_seconds
        for number, block in enumerate(self._blocks(), start=1):
            if number > done:
                index.add(block)
                if number < len(digests) and time.monotonic() - saved >= pause:
                    began = time.monotonic()
                    save_index(index, self._path("grown", digests[number - 1]))
                    for earlier in digests[: number - 1]:
                        self._path("grown", earlier).unlink(missing_ok=True)
                    saved = time.monotonic()
                    pause = max(save_seconds, _SHARE * (saved - began))
            self._advance(len(block))
        return index

    def _blocks(self) -> Iterator[Floats32]:
        done = 0
        for block in passage_blocks(self._passages, self._size):
            vectors = np.ascontiguousarray(block.vectors)
            finite = np.isfinite(vectors).all(axis=1)
            if not finite.all():
                raise DataFormatError(
                    f"The vector {done + int(np.argmin(finite)):,} is not finite.", "Check the model or the file."
                )
            yield vectors
            done += len(vectors)
            self._release()

    def _release(self) -> None:
        """Return the pages of mapped files back, which would count as this process's memory."""
        for vectors in self._passages:
            mapping = getattr(vectors, "_mmap", None)
            if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
                with suppress(ValueError):  # a mapping for private changes keeps its pages
                    mapping.madvise(mmap.MADV_DONTNEED)

    def _path(self, kind: str, digest: bytes) -> Path:
        return self._work / f"{kind}-{digest.hex()}.index"


def merge(paths: Sequence[Path], total: int) -> Any:
    """Merge the files of several indexes, in their order.

    Args:
        paths: Of indexes of one kind that :func:`can_merge` and that were trained alike, if at all.
        total: How many vectors they have.

    Returns:
        One index of all vectors.
    """
    import faiss

    index: Any = faiss.read_index(str(paths[0]))  # of its own class, as all that Faiss returns
    if isinstance(index, faiss.IndexFlat):
        return _merge_flat(index, paths[1:], total)
    # an inverted file numbers what comes in, all others append
    numbered = faiss.try_extract_index_ivf(index) is not None
    for path in paths[1:]:
        index.merge_from(faiss.read_index(str(path)), index.ntotal if numbered else 0)
    return index


def _merge_flat(index: Any, paths: Sequence[Path], total: int) -> Any:
    """Copy the vectors of indexes behind those of the first, into memory that is taken at once.

    Appending would double it again and again, and copy each time.
    """
    import faiss

    size, done = int(index.code_size), int(index.ntotal)
    index.codes.resize(total * size)
    index.ntotal = total
    codes = faiss.rev_swig_ptr(index.codes.data(), total * size)
    for path in paths:
        part: Any = faiss.read_index(str(path))
        count = int(part.ntotal)
        codes[done * size : (done + count) * size] = faiss.rev_swig_ptr(part.codes.data(), count * size)
        done += count
    return index


def can_merge(empty: Any) -> bool:
    """Return whether indexes such as an empty one can be merged: all can but graphs and what has one in it."""
    import faiss

    try:
        empty.check_compatible_for_merge(faiss.clone_index(empty))
    except RuntimeError:
        return False
    return True


def _read(path: Path, count: int) -> Any:
    """Read a part of so many vectors; None if it is not there, or was damaged and is now deleted."""
    import faiss

    if not path.is_file():
        return None
    with suppress(RuntimeError, MemoryError):  # the latter where a damaged length is taken for a size
        index = faiss.read_index(str(path))
        if index.ntotal == count:
            return index
    logger.warning("%s is damaged: it is deleted and built again.", path)
    path.unlink()
    return None


def save_index(index: Any, path: Path, folder: Path | None = None) -> None:
    """Write an index to a file, whole or not at all.

    Args:
        index: Of Faiss.
        path: The file.
        folder: What a message names; None for the file's folder.

    Raises:
        OutputError: If it cannot be written.
    """
    import faiss

    try:
        with new_file(path) as temporary:
            faiss.write_index(index, str(temporary))
            sync(temporary)
    except RuntimeError as error:
        reason = " ".join(str(error).split()).rpartition(": ")[2]
        raise OutputError(f"{folder or path.parent} cannot be written: {reason}.", "Free space there.") from error


def _digest(*parts: Any) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.digest()
