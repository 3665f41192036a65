"""Rows of training pairs in Arrow: their columns, and which rows a store takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXTS = ("group", "language", "question", "passage")
"""Columns that every row fills."""

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        ("passage_language", pa.string()),
        ("score", pa.float64()),
        ("negatives", pa.list_(pa.string())),
        ("negative_languages", pa.list_(pa.string())),
        ("negative_scores", pa.list_(pa.float64())),
    ]
)
"""All columns of a store: ``passage_language`` is null where it is that of the question, the others where unknown."""

USUAL_NAMES = {
    "question": ("question", "query", "anchor"),
    "passage": ("passage", "positive", "context", "answer"),
    "language": ("language", "lang", "anchor_language"),
    "passage_language": ("passage_language", "positive_language"),
    "negatives": ("negatives", "negative"),
}
"""What others call these columns; of several that a table has, the first counts."""

_CODE = r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"


def numbered(names: Sequence[str], table: Sequence[str], ending: str = "") -> list[str]:
    """Return the columns that are called by a name, or by one and a number, in the order of their numbers.

    Args:
        names: The names.
        table: A table's columns.
        ending: What follows name and number, such as ``_de``.

    Examples:
        >>> numbered(["negative"], ["query", "negative_10", "negative_2", "negative"])
        ['negative', 'negative_2', 'negative_10']
    """
    called = re.compile(rf"(?:{'|'.join(map(re.escape, names))})(?:_(\d+))?")
    matches = ((name, called.fullmatch(name.removesuffix(ending))) for name in table if name.endswith(ending))
    numbers = {name: int(match[1] or 0) for name, match in matches if match}
    return sorted(numbers, key=lambda name: (numbers[name], name))


def is_list(kind: pa.DataType) -> bool:
    """Return whether a type is one of lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def join_lists(columns: Sequence[pa.Array]) -> pa.Array:
    """Join columns to one of lists, without values that are missing or blank.

    Args:
        columns: Texts or numbers, each of shape (rows,); or one column of lists, which stays as it is.

    Examples:
        >>> join_lists([pa.array(["a", None]), pa.array(["b", "c"])]).to_pylist()
        [['a', 'b'], ['c']]
    """
    if lists := [column for column in columns if is_list(column.type)]:
        return lists[0]
    rows, width = len(columns[0]), len(columns)
    by_row = pa.concat_arrays(columns).take(pa.array(np.arange(rows * width).reshape(width, rows).T.ravel()))
    kept = pc.is_valid(by_row)
    if pa.types.is_string(by_row.type):
        kept = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(by_row), ""), False)
    offsets = np.cumsum([0, *np.asarray(kept, bool).reshape(rows, width).sum(1)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), by_row.filter(kept))


def fill_columns(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch with all columns of :data:`SCHEMA`, null where it has none, in their order and types."""
    known = set(batch.schema.names)
    columns = [
        batch.column(field.name).cast(field.type) if field.name in known else pa.nulls(len(batch), field.type)
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def drop_unfit(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, Counter[str]]:
    """Drop the rows that no store takes.

    Args:
        batch: Columns of :data:`SCHEMA`.

    Returns:
        The other rows, and how many were dropped for which reason; a row counts once.
    """
    dropped: Counter[str] = Counter()
    unfit = np.zeros(len(batch), bool)
    for reason, wrong in _faults(batch):
        new = np.asarray(pc.fill_null(wrong, False)) & ~unfit
        if new.any():
            dropped[reason] = int(new.sum())
            unfit |= new
    return (batch.filter(pa.array(~unfit)) if unfit.any() else batch), dropped


def _faults(batch: pa.RecordBatch) -> list[tuple[str, pa.Array]]:
    """Return why rows are unfit, with a mask for each reason."""
    faults = []
    for name in TEXTS:
        texts = batch.column(name)
        faults.append((f"no {name}", pc.is_null(texts)))
        faults.append((f"empty {name}", pc.equal(pc.utf8_trim_whitespace(texts), "")))
        faults.append((f"NUL in the {name}", pc.match_substring(texts, "\0")))
    faults += [
        (f"{name} is not a code", pc.invert(pc.match_substring_regex(batch.column(name), _CODE)))
        for name in ("language", "passage_language")
    ]
    negatives = batch.column("negatives")
    counts = pc.list_value_length(negatives)
    for name in ("negative_languages", "negative_scores"):
        lengths = pc.list_value_length(batch.column(name))
        faults.append((f"{name} are not as many as negatives", pc.not_equal(lengths, pc.fill_null(counts, 0))))
    values = pc.list_flatten(negatives)
    empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(values), ""), True)
    if pc.any(empty).as_py():
        wrong = np.zeros(len(batch), bool)
        wrong[np.asarray(pc.list_parent_indices(negatives))[np.asarray(empty)]] = True
        faults.append(("an empty negative", pa.array(wrong)))
    return faults
