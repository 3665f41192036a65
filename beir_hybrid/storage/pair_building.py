"""Building a store of pairs from streams of rows, in bounded memory, resumable, whole or not at all."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import BeirHybridError, DataFormatError, OutputError
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.checksums import record
from beir_hybrid.storage.files import no_room, write_json
from beir_hybrid.storage.folders import replace_folder
from beir_hybrid.storage.locks import LOCK, locked
from beir_hybrid.storage.pair_numbers import answers_of_negatives, number_groups, place_rows, shared_answers
from beir_hybrid.storage.pair_rows import SCHEMA, drop_unfit, fill_columns
from beir_hybrid.storage.pair_store import (
    ABOUT,
    GROUP_SCHEMA,
    GROUPS,
    LENGTHS,
    MEASURED,
    SCHEMA_VERSION,
    PairStore,
    is_store,
)
from beir_hybrid.storage.pair_writer import PairWriter, digest_batch
from beir_hybrid.texts import Digests, length_buckets
from beir_hybrid.verbosity import progress_bar

_AHEAD = 2  # batches that wait for their digests


@dataclass
class RowBatch:
    """Rows as a reader of some format yields them.

    Args:
        rows: Columns named as in :data:`~beir_hybrid.storage.pair_rows.SCHEMA`; those that are missing are null.
        dropped: How many rows the reader left out, by reason.
        bytes_read: How much of the source this was, for the progress bar.
    """

    rows: pa.RecordBatch
    dropped: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0


@dataclass(frozen=True)
class RowSource:
    """Rows to build a store from.

    Args:
        name: For messages and the store's description.
        identity: What makes another source of it, such as files' sizes and times and the reader's options: plain JSON
            content. An interrupted build is continued only where it is equal.
        batches: Starts reading; the same batches each time.
        size: In bytes, for the progress bar; None if unknown.
    """

    name: str
    identity: Any
    batches: Callable[[], Iterator[RowBatch]]
    size: int | None = None


def build_store(
    sources: Sequence[RowSource],
    folder: Path,
    *,
    name: str = "",
    strict: bool = False,
    show_progress: bool | None = False,
) -> PairStore:
    """Build a store of pairs.

    A build that was interrupted is continued after its last whole shard when it is started again.

    Args:
        sources: Where rows come from, one after another.
        folder: Where the store shall be; a store that is there is replaced when the new one is whole.
        name: Name of the data; default: the folder's.
        strict: Whether a row that cannot be used is an error; otherwise it is counted.
        show_progress: Whether to show progress on stderr; None for only in a terminal.

    Raises:
        DataFormatError: If no row can be used, or, with ``strict``, some cannot.
        OutputError: If the folder cannot be written, or holds something else.
    """
    if folder.exists() and not is_store(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} holds something else than a store of pairs.", "Choose another folder: --output")
    making = folder.absolute().with_name(f".{folder.absolute().name}.building")
    with locked(making, f"the pairs {folder}"):
        try:
            shutil.rmtree(_whole(making), ignore_errors=True)  # of a process that was killed while it moved its files
            writer = PairWriter(making, [[source.name, source.identity] for source in sources])
            _read(writer, sources, strict, show_progress)
            _finish(writer, name or folder.absolute().name, strict)
            _move(making, folder.absolute())
        except BeirHybridError:  # of a source, and some of these are OSErrors
            raise
        except OSError as error:
            ours = str(error.filename or making).startswith((str(making), str(folder.absolute())))
            if not ours and not no_room(error):  # a source's
                raise
            reason = no_room(error) or error.strerror or str(error)
            fix = "Free space there and start again: what is built stays."
            raise OutputError(f"{folder} cannot be written: {reason}.", fix) from error
    with suppress(OSError):  # another process has begun the next build
        making.rmdir()
    return PairStore(folder)


def _whole(making: Path) -> Path:
    return making.with_name(f"{making.name}.whole")


def _move(making: Path, place: Path) -> None:
    """Move all that was made, but the lock, to its place at once."""
    whole = _whole(making)
    whole.mkdir()
    for path in making.iterdir():
        if path.name != LOCK:
            path.rename(whole / path.name)
    replace_folder(whole, place)


def _read(writer: PairWriter, sources: Sequence[RowSource], strict: bool, show_progress: bool | None) -> None:
    """Append the rows of all sources that are not in yet."""
    progress = writer.progress
    total = sum(source.size or 0 for source in sources) or None
    begun, done = progress.source, progress.batches
    with progress_bar(show=show_progress, desc="Building", total=total, unit="B", unit_scale=True) as bar:
        for place, source in enumerate(sources):
            if place < begun:
                bar.update(source.size or 0)
                continue
            number = 0
            for number, (batch, digests) in enumerate(_digested(_after(source, done, bar, place == begun)), 1):
                _append(writer, batch, digests, source, strict)
                writer.end_batch(place, (done if place == begun else 0) + number)
                bar.update(batch.bytes_read)
            writer.flush(place + 1, 0)


def _after(source: RowSource, done: int, bar: Any, continued: bool) -> Iterator[RowBatch]:
    """Yield the batches of a source that are not in yet."""
    for number, batch in enumerate(source.batches()):
        if continued and number < done:
            bar.update(batch.bytes_read)
            continue
        yield _fit(batch)


def _fit(batch: RowBatch) -> RowBatch:
    rows, dropped = drop_unfit(fill_columns(batch.rows))
    return RowBatch(rows, batch.dropped + dropped, batch.bytes_read)


def _append(writer: PairWriter, batch: RowBatch, digests: list[Digests], source: RowSource, strict: bool) -> None:
    if strict and batch.dropped:
        reason, count = batch.dropped.most_common(1)[0]
        raise DataFormatError(f"{source.name}: {count} rows have {reason}.", "Correct them, or build without --strict.")
    writer.drop(batch.dropped)
    if len(batch.rows):
        writer.add(batch.rows, digests)


def _finish(writer: PairWriter, name: str, strict: bool) -> None:
    """Number groups, answers and negatives, and describe the store; what only the making needs is removed."""
    progress = writer.progress
    if not progress.rows:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in progress.counts.most_common())
        raise DataFormatError(f"No row can be used{': ' if reasons else ''}{reasons}.", "Check the format of the data.")
    with ThreadPoolExecutor(1) as pool:
        checksum = pool.submit(writer.checksum)  # which reads the shards while the rest is numbered
        _number(writer, name, strict, checksum)


def _number(writer: PairWriter, name: str, strict: bool, checksum: Future[str]) -> None:
    """Write the arrays of numbers, and the description with the checksum."""
    folder, progress = writer.folder, writer.progress
    files = writer.row_files()
    group = folder / "group.npy"
    first = number_groups(files, group)
    left_out = place_rows(files, group, len(first), len(progress.languages), folder)
    repeated = int(left_out.sum())
    if repeated and strict:
        raise DataFormatError(
            f"{repeated} rows repeat a group and language with another text.",
            "Correct them, or build without --strict.",
        )
    counts = progress.counts + Counter({"the same group and language twice": repeated})
    _measure(writer)
    arrays = ["group.npy", "questions.npy", "passages.npy", LENGTHS]
    answers = shared_answers(files, group, len(first), left_out)
    if answers is not None:
        np.save(folder / "answers.npy", answers)
        arrays.append("answers.npy")
    if files.negatives:
        answers_of_negatives(files, group, answers, left_out, folder / "negative_answers.npy")
        np.save(folder / "negative_starts.npy", np.cumsum([0, *files.counts()], dtype=np.int64))
        arrays += ["negative_answers.npy", "negative_starts.npy"]
    about = {
        "schema": SCHEMA_VERSION,
        "name": name,
        "languages": sorted(progress.languages),
        "groups": len(first),
        "rows": progress.rows,
        "used_rows": progress.rows - repeated,
        "negatives": progress.negatives,
        "columns": progress.columns,
        "left_out": dict(sorted(counts.items())),
        "sources": progress.sources,
        "checksum": checksum.result(),
        "shards": progress.shards,
    }
    _write_groups(writer, first)
    writer.remove_scratch()
    write_json(folder / ABOUT, about | {"arrays": record(folder, [*arrays, GROUPS])})


def _measure(writer: PairWriter) -> None:
    """Write how long the rows' texts are; of the shards only where each text begins is read."""
    lengths = np.lib.format.open_memmap(writer.folder / LENGTHS, "w+", np.uint8, (len(MEASURED), writer.progress.rows))
    start = 0
    for shard in writer.progress.shards:
        table = pa.ipc.open_file(pa.memory_map(str(writer.folder / shard["file"]))).read_all()
        for side, name in zip(lengths, MEASURED, strict=True):
            side[start : start + len(table)] = length_buckets(table[name])
        start += len(table)
    lengths.flush()


def _write_groups(writer: PairWriter, first: Ints) -> None:
    """Write the groups' names, read off their first rows, which are in order."""
    with pa.ipc.new_file(str(writer.folder / GROUPS), GROUP_SCHEMA) as output:
        start = 0
        for shard in writer.progress.shards:
            stored = StoredBatches(writer.folder / shard["file"], SCHEMA, nullable=True)
            for number, rows in enumerate(stored.rows):
                low, high = np.searchsorted(first, [start, start + rows])
                if high > low:
                    names = stored.column(number, 0).take(pa.array(first[low:high] - start))
                    output.write_batch(pa.RecordBatch.from_arrays([names], schema=GROUP_SCHEMA))
                start += rows


def _digested(batches: Iterable[RowBatch]) -> Iterator[tuple[RowBatch, list[Digests]]]:
    """Yield each batch with its digests, in order; these are made while the next batches are read."""
    waiting: deque[tuple[RowBatch, Future[list[Digests]]]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for batch in batches:
            waiting.append((batch, pool.submit(digest_batch, batch.rows)))
            if len(waiting) > _AHEAD:
                read, digests = waiting.popleft()
                yield read, digests.result()
        for read, digests in waiting:
            yield read, digests.result()
