"""PairStore: training pairs of any number on disk, whose texts are read where they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.arrow_files import StoredBatches
from beir_hybrid.storage.checksums import damage
from beir_hybrid.storage.files import map_array, read_json
from beir_hybrid.storage.pair_numbers import PairNumbers
from beir_hybrid.storage.pair_rows import SCHEMA
from beir_hybrid.texts import Buckets, length_buckets

ABOUT = "pairs.json"
SCHEMA_VERSION = 1
GROUPS = "groups.arrow"
LENGTHS = "lengths.npy"
MEASURED = ("question", "passage")
"""Columns whose texts' lengths are in :data:`LENGTHS`, shape (2, rows)."""
GROUP_SCHEMA = pa.schema([("group", pa.string())])
_PLACES = {name: place for place, name in enumerate(SCHEMA.names)}
_FIX = "Build it again with beir-hybrid data build."


def is_store(path: Path) -> bool:
    """Return whether a path is a store of pairs."""
    return (path / ABOUT).is_file()


def _column_of(batches: Sequence[pa.RecordBatch], number: int, name: str) -> pa.Array:
    return batches[number].column(name)


class TextRows:
    """Columns in several parts, looked up by row; a part is read when a row of it is.

    Unlike Arrow's ``take``, this never joins the parts, which costs all of them and ends at 2 GiB.

    Args:
        parts: Number of rows of each part.
        column: Returns a column of a part, by the part's number and the column's name; it can be pickled.
    """

    def __init__(self, parts: Sequence[int], column: Callable[[int, str], pa.Array]) -> None:
        self._bounds = np.cumsum([0, *parts])
        self._column = column

    @classmethod
    def of_table(cls, table: pa.Table) -> TextRows:
        """Look up rows of a table in memory or mapped from a file."""
        batches = table.to_batches()
        return cls([len(batch) for batch in batches], partial(_column_of, batches))

    def __len__(self) -> int:
        return int(self._bounds[-1])

    def take(self, name: str, rows: npt.NDArray[np.integer]) -> pa.Array:
        """Look up a column's values.

        Args:
            name: The column.
            rows: Shape (n,), any order.
        """
        owners = np.searchsorted(self._bounds, rows, side="right") - 1
        numbers, owners = np.unique(owners, return_inverse=True)
        if len(numbers) == 1:
            number = int(numbers[0])
            return self._column(number, name).take(pa.array(rows - self._bounds[number]))
        parts = [self._column(int(number), name) for number in numbers]
        places = rows - self._bounds[numbers[owners]]
        if len(rows) > 8 * len(parts):
            order = np.argsort(owners, kind="stable")
            edges = np.searchsorted(owners[order], np.arange(len(parts) + 1))
            taken = [
                part.take(pa.array(places[order[edges[number] : edges[number + 1]]]))
                for number, part in enumerate(parts)
            ]
            return pa.concat_arrays(taken).take(pa.array(np.argsort(order)))
        values = [parts[owner][place].as_py() for owner, place in zip(owners.tolist(), places.tolist(), strict=True)]
        return pa.array(values, parts[0].type)


class PairStore:
    """A folder that ``beir-hybrid data build`` wrote.

    Its arrays are mapped and verified when it is opened; its texts are verified part by part when they are first read.

    Args:
        folder: The folder.

    Attributes:
        about: What ``pairs.json`` says.

    Raises:
        MissingDataError: If it is no store.
        DataFormatError: If it is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about = read_json(folder / ABOUT, _FIX, SCHEMA_VERSION)
        if wrong := damage(folder, self.about.get("arrays")):
            raise DataFormatError(f"{folder} is damaged: {wrong}.", _FIX)
        try:
            self._shards = [
                StoredBatches(folder / shard["file"], SCHEMA, shard["checksums"], _FIX, nullable=True)
                for shard in self.about["shards"]
            ]
        except (KeyError, TypeError) as error:
            raise DataFormatError(f"{folder / ABOUT} is damaged: {error}.", _FIX) from error

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of its questions and passages, sorted."""
        return tuple(self.about["languages"])

    @property
    def columns(self) -> list[str]:
        """Names of the columns that some row fills."""
        return list(self.about["columns"])

    @cached_property
    def _batches(self) -> list[tuple[StoredBatches, int]]:
        return [(shard, number) for shard in self._shards for number in range(len(shard))]

    @cached_property
    def rows(self) -> TextRows:
        """All rows."""
        return TextRows([rows for shard in self._shards for rows in shard.rows], self._column)

    def _column(self, number: int, name: str) -> pa.Array:
        shard, batch = self._batches[number]
        return shard.column(batch, _PLACES[name])

    def __reduce__(self) -> tuple[Any, ...]:  # worker processes map the files themselves
        return type(self), (self.folder,)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read columns of all rows, a part at a time."""
        places = [_PLACES[name] for name in names]
        for shard, number in self._batches:
            columns = [shard.column(number, place) for place in places]
            yield pa.RecordBatch.from_arrays(columns, names=list(names))

    def table(self, names: Sequence[str]) -> pa.Table:
        """Map columns of all rows; reads each once, to verify it."""
        return pa.Table.from_batches(list(self.batches(names)))

    @cached_property
    def numbers(self) -> PairNumbers:
        """Which rows hold what, mapped from the disk."""
        questions = self.array("questions")
        parallel = "passage_language" not in self.columns
        passages = questions if parallel else self.array("passages")
        answers = self.array("answers") if (self.folder / "answers.npy").exists() else None
        return PairNumbers(self.languages, self._groups(), questions, passages, self.array("group"), answers)

    def _groups(self) -> pa.ChunkedArray:
        stored = StoredBatches(self.folder / GROUPS, GROUP_SCHEMA, fix=_FIX)
        return pa.chunked_array([stored.column(number, 0) for number in range(len(stored))], pa.string())

    @cached_property
    def lengths(self) -> tuple[Buckets, Buckets]:
        """How long each row's question and passage are, mapped; of a store that was built without, measured."""
        if (self.folder / LENGTHS).exists():
            questions, passages = self.array(LENGTHS.removesuffix(".npy"))
            return questions, passages
        parts = [[length_buckets(column) for column in batch.columns] for batch in self.batches(MEASURED)]
        questions, passages = (np.concatenate(side) for side in zip(*parts, strict=True))
        return questions, passages

    def array(self, name: str) -> npt.NDArray[Any]:
        """Map an array that the store has."""
        return np.asarray(map_array(self.folder / f"{name}.npy"))
