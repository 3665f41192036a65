"""Checks of a table of pairs in memory, whose first fault is an error; a store counts them instead."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.errors import DataFormatError
from beir_hybrid.storage.pair_rows import SCHEMA, TEXTS

# what columns hold, and as what, by the type that stores have
_TYPES = {"string": ("strings", "string", "large_string"), "double": ("numbers", "double", "float", "int64", "int32")}


def check_table(name: str, table: pa.Table) -> pa.Table:
    """Return the columns of pairs that a table has.

    Args:
        name: Name of the data, for messages.
        table: At least the four columns of texts; others that no pairs have are passed over.

    Raises:
        DataFormatError: If a column is missing or of another type, a text is empty, lists about negatives are not as
            long as those of negatives, or there is no row.
    """
    if missing := [column for column in TEXTS if column not in table.column_names]:
        raise DataFormatError(
            f"{name} has no column {missing[0]!r}, only {', '.join(table.column_names)}.",
            f"Give the columns {', '.join(TEXTS)}.",
        )
    kept = table.select([column for column in SCHEMA.names if column in table.column_names])
    for field in kept.schema:
        _check_type(name, field)
    for column in TEXTS:
        bad = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(kept[column]), ""), True)
        if (row := _first(bad)) is not None:
            raise DataFormatError(f"{name}: the {column} of row {row} is empty.", "Fill it in or drop the row.")
    for column in ("negative_languages", "negative_scores"):
        _check_as_many(name, kept, column)
    if kept.num_rows == 0:
        raise DataFormatError(f"{name} holds no pair.", "Give at least one question and passage.")
    return kept


def _check_type(name: str, field: pa.Field) -> None:
    kind, wanted = field.type, SCHEMA.field(field.name).type
    lists = ""
    if pa.types.is_list(wanted):
        lists, wanted = "lists of ", wanted.value_type
        kind = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
    what, *kinds = _TYPES[str(wanted)]
    if str(kind) not in kinds or (lists and kind is field.type):
        raise DataFormatError(f"{name}: the column {field.name} holds {field.type}.", f"Make it {lists}{what}.")


def _check_as_many(name: str, table: pa.Table, column: str) -> None:
    """Refuse lists about negatives that are not as long as those of the negatives, where there are any."""
    if column not in table.column_names:
        return
    has = "negatives" in table.column_names
    counts = pc.fill_null(pc.list_value_length(table["negatives"]), 0) if has else 0
    lengths = pc.fill_null(pc.list_value_length(table[column]), 0)
    if (row := _first(pc.and_(pc.not_equal(lengths, 0), pc.not_equal(lengths, counts)))) is not None:
        raise DataFormatError(
            f"{name}: row {row} has not as many {column} as negatives.", "Give one for each negative, or none."
        )


def _first(wrong: pa.ChunkedArray) -> int | None:
    """Return the first row that is wrong; None if none is."""
    row = pc.index(wrong, True).as_py()
    return row if row >= 0 else None
