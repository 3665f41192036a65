"""Rows of a ``datasets`` dataset of one's own, as the columns of a store."""

from __future__ import annotations

import logging
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import ConfigurationError, DataFormatError, did_you_mean
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.storage.pair_rows import (
    SCHEMA,
    TEXTS,
    USUAL_NAMES,
    drop_unfit,
    fill_columns,
    is_list,
    join_lists,
    numbered,
)

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

logger = logging.getLogger(__name__)

_ROWS = 2**14  # that are read together
_NEEDED = ("question", "passage", "language")


@dataclass(frozen=True)
class RowColumns:
    """Which columns of a table hold what a store has.

    Args:
        names: The table's columns by those of a store; None or empty for a column that is not used. A column that is
            not named is looked for under its usual names. ``negatives`` may name a column of lists, one of texts, or
            the first part of several, such as ``negative`` for ``negative_1``, ``negative_2`` and so on.
        language: Language of all questions, where no column says it.

    Raises:
        ConfigurationError: If a store has no such column, or the language is given twice.
    """

    names: Mapping[str, str | None] = field(default_factory=dict)
    language: str | None = None

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in SCHEMA.names:
                known = ", ".join(SCHEMA.names)
                fix = did_you_mean(name, SCHEMA.names) or f"Columns are {known}."
                raise ConfigurationError(f"Pairs have no column {name!r}.", fix)
        if self.language is not None and self.names.get("language"):
            raise ConfigurationError(
                f"The language is {self.language!r} and the column {self.names['language']!r}.", "Give one of the two."
            )

    @classmethod
    def parse(cls, words: Sequence[str] | None) -> RowColumns:
        """Read columns as a command line has them.

        Args:
            words: Each ``name=column``, or ``language:code`` for the language of all questions.

        Raises:
            ConfigurationError: As the class does, or if a word is neither.

        Examples:
            >>> RowColumns.parse(["question=query", "language:de"])
            RowColumns(names={'question': 'query'}, language='de')
        """
        names: dict[str, str] = {}
        language = None
        for word in words or ():
            name, sign, column = (part.strip() for part in re.fullmatch(r"([^=:]*)([=:]?)(.*)", word, re.S).groups())  # type: ignore[union-attr]  # it fits every text
            if name in names or not sign or (sign == ":" and (name != "language" or not column or language)):
                raise ConfigurationError(
                    f"Columns are {word!r}.", "Name each once: question=query,passage=positive,language=lang"
                )
            if sign == ":":
                language = column
            else:
                names[name] = column
        return cls(names, language)

    def of(self, table: Sequence[str], name: str) -> dict[str, list[str]]:
        """Return which columns of a table hold each of a store's, several only for numbered negatives.

        Args:
            table: The table's columns.
            name: Name of the data, for messages.

        Raises:
            DataFormatError: If a column is missing.
        """
        held: dict[str, list[str]] = {}
        for ours in SCHEMA.names:
            if ours in self.names:
                given = self.names[ours]
                wanted: Sequence[str] = [given] if given else []
            else:
                wanted = () if ours == "language" and self.language is not None else USUAL_NAMES.get(ours, (ours,))
            if ours == "negatives":
                columns = numbered(wanted, table) if wanted else []
            else:
                columns = [each for each in wanted if each in table][:1]
            if columns:
                held[ours] = columns
            elif self.names.get(ours) or (ours in _NEEDED and not (ours == "language" and self.language)):
                missing = self.names.get(ours) or ours
                fix = did_you_mean(missing, table) or f"Say which it is: columns {ours}=NAME."
                raise DataFormatError(f"{name} has no column {missing!r}, only {', '.join(table)}.", fix)
        return held

    def arrange(
        self, table: Mapping[str, pa.Array], held: Mapping[str, Sequence[str]], start: int, name: str
    ) -> pa.RecordBatch:
        """Return a table's columns as those of a store.

        Args:
            table: Its columns by name, each of shape (rows,).
            held: As :meth:`of` returns it.
            start: Number of rows before; without a column for the group, each row is a group of that number.
            name: Name of the data, for messages.

        Raises:
            DataFormatError: If a column holds what cannot be used.
        """
        read = {ours: _cast([table[column] for column in theirs], ours, theirs, name) for ours, theirs in held.items()}
        count = len(read["question"])
        if "group" not in read:
            read["group"] = pa.array(np.arange(start, start + count)).cast(pa.string())
        if self.language is not None:
            read["language"] = pa.array([self.language] * count, pa.string())
        if "passage_language" in read:  # null where it is the question's, so that parallel data are known as such
            own = pc.not_equal(read["passage_language"], read["language"])
            read["passage_language"] = pc.if_else(own, read["passage_language"], None)
        return pa.RecordBatch.from_pydict({ours: read[ours] for ours in SCHEMA.names if ours in read})


def read_dataset(dataset: Dataset | IterableDataset, columns: RowColumns, name: str) -> Iterator[RowBatch]:
    """Read the rows of a dataset, in parts of some thousand.

    A transform that the dataset has is not applied. Without a column for the group, each row is a group of its own.

    Args:
        dataset: The dataset; one that streams is never held as a whole.
        columns: Which columns hold what.
        name: Name of the data, for messages.

    Raises:
        DataFormatError: If a column is missing, or holds what cannot be used.
    """
    start = 0
    for table in dataset.with_format("arrow").iter(_ROWS):
        held = columns.of(table.column_names, name)
        used = {column for each in held.values() for column in each}
        values = {column: _values(table[column], column, dataset.features) for column in used}
        rows = columns.arrange(values, held, start, name)
        yield RowBatch(rows, bytes_read=table.nbytes)
        start += len(rows)


def dataset_source(
    dataset: Dataset | IterableDataset,
    columns: Mapping[str, str | None] | RowColumns | None = None,
    *,
    language: str | None = None,
    name: str | None = None,
    identity: Any = None,
) -> RowSource:
    """Open a dataset to build a store from, see :func:`~beir_hybrid.storage.pair_building.build_store`.

    Args:
        dataset: The dataset.
        columns: As for :meth:`~beir_hybrid.ParallelPairs.from_dataset`.
        language: Likewise.
        name: Likewise.
        identity: What makes another dataset of it, plain JSON content; by default the fingerprint. Without either, as
            where the dataset streams, a build that was interrupted starts again.

    Raises:
        ConfigurationError: If a store has no such column.
    """
    chosen = columns if isinstance(columns, RowColumns) else RowColumns(columns or {}, language)
    title = name or dataset_name(dataset)
    known = identity or getattr(dataset, "_fingerprint", None) or uuid.uuid4().hex
    batches = partial(read_dataset, dataset, chosen, title)
    size = getattr(getattr(dataset, "data", None), "nbytes", None)
    return RowSource(title, [known, sorted(chosen.names.items()), chosen.language], batches, size)


def table_of(source: RowSource) -> pa.Table:
    """Read the rows of a source into memory; those that cannot be used are left out and logged."""
    left_out: Counter[str] = Counter()
    kept = []
    for batch in source.batches():
        rows, dropped = drop_unfit(fill_columns(batch.rows))
        left_out += batch.dropped + dropped
        kept.append(rows)
    for reason, count in sorted(left_out.items()):
        logger.warning("%s: left out %d rows with %s.", source.name, count, reason)
    table = pa.Table.from_batches(kept, SCHEMA)
    return table.select([name for name in SCHEMA.names if name in TEXTS or table[name].null_count < len(table)])


def dataset_name(dataset: Dataset | IterableDataset) -> str:
    """Return what a dataset calls itself, for logs."""
    return dataset.info.dataset_name or "dataset"


def _values(column: pa.ChunkedArray, name: str, features: Mapping[str, Any] | None) -> pa.Array:
    """Return a column as one array, the names of a ClassLabel in the place of its numbers."""
    values = column.combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # as older versions of Arrow return it
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    names = getattr((features or {}).get(name), "names", None)
    if names is None:
        return values
    known = pc.if_else(pc.greater_equal(values, 0), values, None)  # -1 is what datasets writes for unknown
    return pa.array(names, pa.string()).take(known)


def _cast(parts: Sequence[pa.Array], ours: str, theirs: Sequence[str], name: str) -> pa.Array:
    """Return columns as a store has them."""
    wanted = SCHEMA.field(ours).type
    try:
        if not pa.types.is_list(wanted):
            return parts[0].cast(wanted)
        return join_lists([part if is_list(part.type) else part.cast(wanted.value_type) for part in parts]).cast(wanted)
    except pa.ArrowException as error:
        raise DataFormatError(
            f"{name}: the column {theirs[0]} holds {parts[0].type}, and {ours} are {wanted}.",
            f"Convert it, or leave it out: columns {ours}=",
        ) from error
