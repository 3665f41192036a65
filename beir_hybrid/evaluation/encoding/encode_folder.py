"""Encoding a collection into a folder, in one process, a part of it in each of several, or with workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, plural
from beir_hybrid.evaluation.encoding.encoder import Encoder, as_encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.shard_encoding import ShardEncoding
from beir_hybrid.evaluation.encoding.vector_description import VectorRange, describe_vectors
from beir_hybrid.evaluation.encoding.vector_folder import NOT_THERE, VectorFolder
from beir_hybrid.evaluation.encoding.vector_shard import StoredFormat
from beir_hybrid.verbosity import progress_bar
from beir_hybrid.workers import LocalWorkers, Workers

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

Part = tuple[int, int]
"""Which of how many parts of the shards, from 0 on: ``(17, 64)``."""


class EncodedFolder(NamedTuple):
    """What :func:`encode_folder` did.

    Attributes:
        folder: The vectors.
        written: Shards that were encoded.
        kept: Shards of the part that were whole already.
    """

    folder: VectorFolder
    written: int
    kept: int


def encode_folder(
    model: SentenceTransformer | Encoder | Callable[[], Encoder],
    collection: MultilingualCollection | Callable[[], MultilingualCollection],
    path: Path,
    options: EncodingOptions | None = None,
    *,
    stored: StoredFormat = "float32",
    shard_rows: int | None = None,
    part: Part | None = None,
    workers: Workers | None = None,
    show_progress: bool = False,
    model_name: str = "",
    words: Sequence[str] = (),
) -> EncodedFolder:
    """Encode the queries and passages of a collection into a folder of shards, and keep those that are whole.

    Vectors are the same as those of :func:`~.encode.encode`, but for the last bits of a transformer's, which depend on
    the texts that share a batch. A text is encoded once in a window of some ten thousand, and those in the cache are
    taken from there.

    Args:
        model: The model, or what opens it; the latter where workers are other processes.
        collection: The texts, or what loads them.
        path: The folder; an existing one is continued.
        options: How to encode; None for the defaults. Nothing is added to its cache.
        stored: Number format of the files, ``float32`` or ``float16``.
        shard_rows: Vectors of a shard, at most; None for 200,000, or fewer where parts would be idle, or the folder's.
        part: Which part of the shards to encode, of how many; None for all of them.
        workers: Who encodes; None for this process.
        show_progress: Whether to show a progress bar, over texts.
        model_name: What the folder calls the model; empty for the name that the model itself carries.
        words: The options of the command that encodes the folder, for messages.

    Raises:
        ModelError: If the model is sparse, cannot be told by a fingerprint, or a vector cannot be scored or stored.
        ConfigurationError: If the folder holds other vectors, or an option is out of range.
        DataFormatError: If one of its shards does.
        OutputError: If the folder cannot be written, or holds anything but vectors.
    """
    count, options, workers = check_part(part), options or EncodingOptions(), workers or LocalWorkers()
    VectorFolder.check_free(Path(path))
    given: Any = model
    encoder = as_encoder(given() if _is_opener(model) else given)
    texts = collection if isinstance(collection, MultilingualCollection) else collection()
    described = describe_vectors(encoder, texts, options, stored=stored, shard_rows=shard_rows, parts=count)
    described = replace(described, model=model_name or described.model, words=tuple(words))
    folder = VectorFolder.create(path, described)
    if shard_rows is not None and shard_rows != folder.description.shard_rows:
        raise ConfigurationError(
            f"{path} is cut into shards of {folder.description.shard_rows:,} vectors, not {shard_rows:,}.",
            "Leave --shard-size out, or choose another folder.",
        )
    tasks = assign(folder.shards, part)
    if isinstance(workers, LocalWorkers):
        work = ShardEncoding(folder.path, encoder, texts, options)
    else:
        work = ShardEncoding(folder.path, given if _is_opener(model) else encoder, collection, options)
    title = f"Encoding {plural(len(tasks), 'shard')}" + ("" if part is None else f" ({part[0]}/{part[1]})")
    written = _run(work, tasks, workers, title, show_progress)
    return EncodedFolder(folder, written, len(tasks) - written)


def _run(work: ShardEncoding, tasks: Sequence[VectorRange], workers: Workers, title: str, show_progress: bool) -> int:
    """Return how many shards were not whole."""
    written = 0
    with progress_bar(desc=title, total=sum(map(len, tasks)), unit="text", unit_scale=True, show=show_progress) as bar:
        local = isinstance(workers, LocalWorkers)  # which can tell of less than a shard
        work.advance = bar.update if local else None
        weights = [len(task) for task in tasks]
        try:
            for number, fault in workers.run(work, tasks, weights=weights, advance=None if local else bar.update):
                written += bool(fault)
                if fault and fault != NOT_THERE:
                    logger.warning("%s is encoded again: %s.", tasks[number], fault)
        finally:
            work.close()
    return written


def check_part(part: Part | None) -> int:
    """Return how many parts share the work.

    Raises:
        ConfigurationError: If the part is not one of them.

    Examples:
        >>> check_part((3, 3))
        Traceback (most recent call last):
        beir_hybrid.errors.ConfigurationError: There is no part 3/3. Parts are numbered from 0: 0/3 to 2/3.
    """
    number, count = part or (0, 1)
    if count < 1 or not 0 <= number < count:
        last = max(count, 1)
        raise ConfigurationError(
            f"There is no part {number}/{count}.", f"Parts are numbered from 0: 0/{last} to {last - 1}/{last}."
        )
    return count


def assign(shards: Sequence[VectorRange], part: Part | None) -> list[VectorRange]:
    """Return the shards of a part, such that all parts have about as many vectors: the longest first, to the least.

    Args:
        shards: All of them.
        part: Which part of how many; None for all.
    """
    number, count = part or (0, 1)
    sizes, owner = [0] * count, {}
    for shard in sorted(shards, key=lambda shard: (-len(shard), shard.number)):
        least = min(range(count), key=sizes.__getitem__)
        sizes[least] += len(shard)
        owner[shard.number] = least
    return [shard for shard in shards if owner[shard.number] == number]


def _is_opener(model: Any) -> bool:
    """Return whether it is not a model, but opens one; a loaded model can be called as well."""
    return not isinstance(model, Encoder) and not hasattr(model, "encode")
