"""A Dataset of all examples of ParallelPairs, looked up by reference."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from datasets import Dataset
from datasets.table import Table

if TYPE_CHECKING:
    from beir_hybrid.pairs import ParallelPairs

__all__ = ["ExampleTable", "example_dataset"]

_TEXTS = {"anchor": "question", "positive": "passage"}


def example_dataset(pairs: ParallelPairs) -> Dataset:
    """Wrap pairs as a Dataset of virtual rows; see :meth:`beir_hybrid.pairs.ParallelPairs.dataset`."""
    identity = f"{pairs.name} {pairs.languages} {len(pairs)}".encode()
    schema = pa.schema([(column, pa.string()) for column in _TEXTS])
    return Dataset(ExampleTable(pairs, schema), fingerprint=hashlib.sha256(identity).hexdigest()[:16])


class ExampleTable(Table):  # type: ignore[misc]  # datasets ships no types
    """The table behind the Dataset: its rows are the index's examples, in order.

    ``datasets`` reads tables through the few methods below, whether it gets an item, a batch, a selection or a
    format, so everything that users do with a Dataset works; only the memory of all the rows is missing.

    Args:
        pairs: The texts.
        schema: The columns to show, of ``anchor`` (the question) and ``positive`` (the passage).
    """

    def __init__(self, pairs: ParallelPairs, schema: pa.Schema) -> None:
        self.pairs = pairs
        super().__init__(schema.empty_table())

    @property
    def num_rows(self) -> int:
        """Number of virtual rows."""
        return self.pairs.index.size

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of virtual rows and of columns."""
        return self.num_rows, len(self.column_names)

    def __len__(self) -> int:
        return self.num_rows

    def column(self, i: int | str) -> pa.ChunkedArray:
        """Look up a whole column."""
        return self.fast_slice().column(i)

    def fast_gather(self, indices: list[int] | npt.NDArray[np.int64]) -> pa.Table:
        """Look up the examples of these rows."""
        groups, questions, passages = self.pairs.index.examples(np.asarray(indices, np.int64))
        languages = {"anchor": questions, "positive": passages}
        columns = {
            column: self.pairs.table[_TEXTS[column]].take(pa.array(self.pairs.rows[groups, languages[column]]))
            for column in self.column_names
        }
        return pa.table(columns, schema=self.schema)

    def fast_slice(self, offset: int = 0, length: int | None = None) -> pa.Table:
        """Look up the examples of a range of rows."""
        stop = self.num_rows if length is None else min(offset + length, self.num_rows)
        return self.fast_gather(np.arange(offset, stop))

    def slice(self, offset: int = 0, length: int | None = None) -> pa.Table:
        """Look up the examples of a range of rows."""
        return self.fast_slice(offset, length)

    def select(self, columns: list[str]) -> ExampleTable:
        """Show only some columns."""
        return ExampleTable(self.pairs, self.table.select(columns).schema)

    def drop(self, columns: str | list[str]) -> ExampleTable:
        """Show all columns but some."""
        dropped = [columns] if isinstance(columns, str) else columns
        return self.select([column for column in self.column_names if column not in dropped])

    def replace_schema_metadata(self, metadata: dict[Any, Any] | None = None) -> ExampleTable:
        """Carry other metadata, as ``datasets`` does with its features."""
        return ExampleTable(self.pairs, self.schema.with_metadata(metadata))

    def to_reader(self, max_chunksize: int | None = None) -> pa.RecordBatchReader:
        """Read all rows in order, a chunk at a time."""
        step = max_chunksize or 1000
        chunks = (self.fast_slice(start, step).to_batches() for start in range(0, self.num_rows, step))
        return pa.RecordBatchReader.from_batches(self.schema, itertools.chain.from_iterable(chunks))

    def __deepcopy__(self, memo: dict[int, Any]) -> ExampleTable:
        return ExampleTable(self.pairs, self.schema)  # Arrow tables never change: share them
