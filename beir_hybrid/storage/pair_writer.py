"""PairWriter: rows of pairs, appended to a folder's shards, with their digests beside them."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.arrow_files import RowsDigest, StoredBatches
from beir_hybrid.storage.files import read_json, write_json
from beir_hybrid.storage.pair_numbers import RowFiles
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS
from beir_hybrid.texts import Digests, digest_texts

PROGRESS = "progress.json"
SHARD_ROWS = 2**18
SHARD_BYTES = 2**27
_DIGESTED = ("group", "question", "passage", "negative")
_CODED = ("language", "passage_language", "negatives")


@dataclass
class Progress:
    """What of the sources is in the shards that are whole.

    Attributes:
        sources: What is built from, as its caller describes it.
        source: Place of the source that is being read.
        batches: How many of its batches are in.
        rows: Rows in all shards.
        negatives: Negatives in all shards.
        languages: Codes in the order of their numbers.
        shards: For each shard its ``file``, ``rows``, ``bytes`` and ``checksums``.
        columns: Columns that some row fills.
        counts: Rows that were dropped, by reason.
    """

    sources: Any
    source: int = 0
    batches: int = 0
    rows: int = 0
    negatives: int = 0
    languages: list[str] = field(default_factory=list)
    shards: list[dict[str, Any]] = field(default_factory=list)
    columns: list[str] = field(default_factory=lambda: list(TEXTS))
    counts: Counter[str] = field(default_factory=Counter)


def digest_batch(batch: pa.RecordBatch) -> list[Digests]:
    """Digest the groups, questions, passages and negatives of a batch."""
    texts = [batch.column("question"), batch.column("passage"), pc.list_flatten(batch.column("negatives"))]
    return [digest_texts(batch.column("group"), exact=True), *map(digest_texts, texts)]


class PairWriter:
    """Appends rows to shards; what a killed process left is continued after its last whole shard.

    Args:
        folder: The folder of a store in the making.
        sources: What it is built from; another build's left-overs are not continued.

    Attributes:
        progress: What is in the shards.
    """

    def __init__(self, folder: Path, sources: Any) -> None:
        self.folder = folder
        self.progress = self._continued(sources)
        self._waiting: list[pa.RecordBatch] = []
        self._counts: Counter[str] = Counter()
        self._numbers = {code: number for number, code in enumerate(self.progress.languages)}
        for name, size in self._sizes().items():  # what came after the last whole shard is written again
            path = folder / name
            path.touch()
            os.truncate(path, size)

    def add(self, batch: pa.RecordBatch, digests: list[Digests]) -> None:
        """Append rows of :data:`SCHEMA` with what :func:`digest_batch` made of them."""
        self._waiting.append(batch)
        for name, values in zip(_DIGESTED, digests, strict=True):
            self._append(f"{name}.digests", values)
        questions = self._codes(batch.column("language"))
        passages = self._codes(pc.coalesce(batch.column("passage_language"), batch.column("language")))
        lengths = np.asarray(pc.fill_null(pc.list_value_length(batch.column("negatives")), 0))
        for name, codes in zip(_CODED, (questions, passages, lengths), strict=True):
            self._append(f"{name}.codes", codes.astype("<i4"))

    def drop(self, counts: Counter[str]) -> None:
        """Count rows that are left out."""
        self._counts.update(counts)

    def end_batch(self, source: int, batches: int) -> None:
        """Note that a batch of a source is in; write a shard if enough is waiting."""
        rows, size = sum(map(len, self._waiting)), sum(batch.nbytes for batch in self._waiting)
        if rows >= SHARD_ROWS or size >= SHARD_BYTES:
            self.flush(source, batches)

    def flush(self, source: int, batches: int) -> None:
        """Write what is waiting as a shard, and note how far the sources are read."""
        progress = self.progress
        if self._waiting:
            name = f"rows-{len(progress.shards):05d}.arrow"
            table = pa.Table.from_batches(self._waiting, SCHEMA)
            with pa.ipc.new_file(str(self.folder / name), SCHEMA) as writer:
                writer.write_table(table, max_chunksize=2**14)
            stored = StoredBatches(self.folder / name, SCHEMA, nullable=True)
            about = {"file": name, "rows": len(table), "bytes": (self.folder / name).stat().st_size}
            progress.shards.append(about | {"checksums": stored.checksums()})
            progress.rows += len(table)
            progress.negatives += int(pc.sum(pc.list_value_length(table["negatives"])).as_py() or 0)
            filled = {*progress.columns, *(name for name in SCHEMA.names if table[name].null_count < len(table))}
            progress.columns = [name for name in SCHEMA.names if name in filled]
            self._waiting = []
        progress.languages = list(self._numbers)
        progress.source, progress.batches = source, batches
        progress.counts += self._counts
        self._counts = Counter()
        write_json(self.folder / PROGRESS, {**vars(progress), "counts": dict(progress.counts)})

    def row_files(self) -> RowFiles:
        """Return what was written about the rows."""
        codes = np.array(self.progress.languages)
        ranks = np.argsort(np.argsort(codes)).astype(np.int64)
        return RowFiles(self.folder, self.progress.rows, self.progress.negatives, ranks)

    def checksum(self) -> str:
        """Return the checksum of all texts, as of a table that holds them; reads the shards once."""
        names = [name for name in (*TEXTS, "negatives") if name in self.progress.columns]
        digest = RowsDigest(self.progress.rows, names)
        for shard in self.progress.shards:
            digest.update(pa.ipc.open_file(pa.memory_map(str(self.folder / shard["file"]))).read_all().select(names))
        return digest.hexdigest()

    def remove_scratch(self) -> None:
        """Remove the files that only the making needs."""
        for name in [*self._sizes(), PROGRESS]:
            (self.folder / name).unlink()

    def _continued(self, sources: Any) -> Progress:
        path = self.folder / PROGRESS
        if path.exists():
            try:
                known = read_json(path, "Remove that folder.")
                progress = Progress(**{**known, "counts": Counter(known["counts"])})
                whole = all((self.folder / shard["file"]).stat().st_size == shard["bytes"] for shard in progress.shards)
                if progress.sources == sources and whole:
                    return progress
            except (DataFormatError, OSError, TypeError, KeyError):
                pass  # begun by another version, or damaged: begun anew
        for left in self.folder.iterdir():
            if left.name != ".lock":
                left.unlink()
        return Progress(sources)

    def _sizes(self) -> dict[str, int]:
        rows, negatives = self.progress.rows, self.progress.negatives
        digests = {f"{name}.digests": 16 * (negatives if name == "negative" else rows) for name in _DIGESTED}
        return digests | {f"{name}.codes": 4 * rows for name in _CODED}

    def _codes(self, languages: pa.Array) -> npt.NDArray[np.int64]:
        encoded = languages.dictionary_encode()
        numbers = [self._numbers.setdefault(code, len(self._numbers)) for code in encoded.dictionary.to_pylist()]
        return np.array(numbers, np.int64)[np.asarray(encoded.indices)]

    def _append(self, name: str, values: npt.NDArray[Any]) -> None:
        with (self.folder / name).open("ab") as file:
            values.tofile(file)
