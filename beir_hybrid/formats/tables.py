"""Tables in any form, read in parts: JSON Lines, CSV and TSV with a header, Arrow and Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.blocks import CUT_OFF
from beir_hybrid.formats.json_lines import read_json_lines
from beir_hybrid.storage.files import parse_json
from beir_hybrid.storage.pair_building import RowBatch

ROWS = 2**14
"""Rows of a part."""

UNREADABLE = (*CUT_OFF, pa.ArrowException, ValueError, KeyError, csv.Error)
"""What readers raise over damaged files."""

TEXT_LIST = pa.list_(pa.string())
NUMBER_LIST = pa.list_(pa.float64())

_HEAD = 2**20  # bytes in which a table's first rows are looked for
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST = 20  # rows that say which types columns have
_ENDINGS = {".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather"}

_ABOUT = {"dataset_info.json", "dataset_dict.json", "state.json"}  # beside tables that the library datasets saves

Kind = Literal["", "json", "csv", "tsv", "arrow", "stream", "parquet"]


def table_files(path: Path) -> list[Path]:
    """Return a file, or those in a folder whose names end as tables' do, in order."""
    if path.is_file():
        return [path]
    files = (each for each in path.rglob("*") if each.is_file() and each.name[0] != "." and each.name not in _ABOUT)
    return sorted(each for each in files if _ENDINGS & set(each.suffixes[-2:]))


def kind_of(path: Path) -> Kind:
    """Return which form a table has, by how it begins; empty if it is none."""
    head = _head(path)
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:6] == b"ARROW1":
        return "arrow"
    if head[:4] == b"\xff\xff\xff\xff":
        return "stream"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{":
        return "json"
    first = text.partition(b"\n")[0]
    return "tsv" if b"\t" in first else "csv" if b"," in first else ""


def columns_of(path: Path) -> dict[str, Any]:
    """Return the columns of a table, by which formats are recognised.

    Returns:
        A value of each that is not null, as far as the first rows have one; None where they have none, and in forms
        whose columns have a type. Empty if the file is no table.
    """
    kind = kind_of(path)
    try:
        if kind in ("arrow", "stream", "parquet"):
            return dict.fromkeys(open_arrow(path)[0].names)
        if kind == "json":
            return _json_columns(_head(path))
        if kind:
            first = _head(path).decode("utf-8-sig", "ignore").lstrip().partition("\n")[0].rstrip("\r")
            names = [name.strip('"') for name in first.split("\t" if kind == "tsv" else ",")]
            return dict.fromkeys(names) if len(set(names)) == len(names) else {}
    except (*UNREADABLE, RecursionError):
        pass
    return {}


def read_table(
    path: Path, texts: Sequence[str], numbers: Sequence[str] = (), lists: Sequence[str] = ()
) -> Iterator[RowBatch]:
    """Read columns of a table.

    Args:
        path: The file.
        texts: Columns of texts, or of lists of texts: whichever the first rows have. Whole numbers become texts.
        numbers: Columns of numbers, or of lists of numbers.
        lists: Those that hold lists in JSON Lines whatever the first rows say; a single value is a list of one.

    Yields:
        The columns, some thousand rows at a time; those that the table lacks are null. A row with a value of another
        type is left out and counted.

    Raises:
        DataFormatError: If the file is no table, or damaged.
    """
    kind, known = kind_of(path), columns_of(path)
    if not known:
        raise DataFormatError(f"{path} is no table with named columns.", "Give JSON Lines, CSV, TSV or Parquet.")
    try:
        if kind == "json":
            parts = _read_json(path, known | {name: [] for name in lists}, texts, numbers)
        elif kind in ("csv", "tsv"):
            parts = _read_csv(path, "\t" if kind == "tsv" else ",", [*texts, *numbers])
        else:
            parts = _read_arrow(path, [*texts, *numbers])
        for rows, dropped, size in parts:
            for start in range(0, max(len(rows), 1), ROWS):
                yield _typed(RowBatch(rows.slice(start, ROWS), dropped, size), texts, numbers)
                dropped, size = Counter(), 0
    except UNREADABLE as error:
        if isinstance(error, DataFormatError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataFormatError(f"{path} is damaged: {reason}.", "Write it or copy it again.") from error


def open_arrow(path: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Open a file of Arrow, Feather or Parquet; its batches are not checked."""
    kind = kind_of(path)
    if kind == "parquet":
        table = pq.ParquetFile(path)
        return table.schema_arrow, table.iter_batches(ROWS)
    source = pa.memory_map(str(path))
    if kind == "stream":
        stream = pa.ipc.open_stream(source)
        return stream.schema, iter(stream)
    reader = pa.ipc.open_file(source)
    return reader.schema, (reader.get_batch(number) for number in range(reader.num_record_batches))


def _head(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return stream.read(_HEAD)
    except CUT_OFF:
        return b""


def _json_columns(head: bytes) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for line in islice(filter(bytes.strip, io.BytesIO(head)), _FIRST):
        try:
            row = parse_json(line)
        except ValueError:  # perhaps cut off here
            continue
        for name, value in (row if isinstance(row, dict) else {}).items():
            columns[name] = value if columns.get(name) is None else columns[name]
    return columns


def _read_json(
    path: Path, known: dict[str, Any], texts: Sequence[str], numbers: Sequence[str]
) -> Iterator[tuple[pa.RecordBatch, Counter[str], int]]:
    fields = []
    for name in texts:
        value = known.get(name)
        plain = pa.int64() if type(value) is int else pa.string()
        fields.append((name, TEXT_LIST if isinstance(value, list) else plain))
    fields += [(name, NUMBER_LIST if isinstance(known.get(name), list) else pa.float64()) for name in numbers]
    return read_json_lines(path, pa.schema(fields))


def _read_csv(path: Path, delimiter: str, names: list[str]) -> Iterator[tuple[pa.RecordBatch, Counter[str], int]]:
    with path.open("rb") as raw:
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw  # type: ignore[assignment]
        text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
        reader = csv.reader(text, delimiter=delimiter)
        header = next(reader)
        places = {name: header.index(name) for name in names if name in header}
        before, is_more = 0, True
        while is_more:
            dropped: Counter[str] = Counter()
            rows: list[list[str]] = []
            while len(rows) < ROWS:
                try:
                    row = next(reader)
                except StopIteration:
                    is_more = False
                    break
                except csv.Error:
                    dropped["a field that is too long"] += 1
                    continue
                if len(row) == len(header):
                    rows.append(row)
                else:
                    dropped["another number of fields than the header"] += bool(row)
            here = raw.tell()
            yield _in_columns(rows, places, dropped), +dropped, here - before
            before = here


def _in_columns(rows: list[list[str]], places: dict[str, int], dropped: Counter[str]) -> pa.RecordBatch:
    """Return the fields at some places as columns, without the rows that are no UTF-8, which are counted."""
    try:
        columns = {name: pa.array([row[place] for row in rows], pa.string()) for name, place in places.items()}
    except UnicodeEncodeError:
        valid = [row for row in rows if not any(map(_SURROGATE.search, row))]
        dropped["text that is not UTF-8"] += len(rows) - len(valid)
        return _in_columns(valid, places, dropped)
    return pa.RecordBatch.from_pydict(columns)


def _read_arrow(path: Path, names: list[str]) -> Iterator[tuple[pa.RecordBatch, Counter[str], int]]:
    schema, batches = open_arrow(path)
    there = [name for name in names if name in schema.names]
    for batch in batches:
        for start in range(0, len(batch), ROWS):
            part = batch.slice(start, ROWS).select(there)
            part.validate(full=True)
            yield part, Counter(), 0


def _typed(batch: RowBatch, texts: Sequence[str], numbers: Sequence[str]) -> RowBatch:
    """Convert the columns to texts and numbers, or lists of them, and leave out the rows that are neither."""
    rows, dropped = batch.rows, Counter(batch.dropped)
    unfit = np.zeros(len(rows), bool)
    columns: dict[str, pa.Array] = {}
    for name in (*texts, *numbers):
        kind = pa.string() if name in texts else pa.float64()
        if name not in rows.schema.names:
            columns[name] = pa.nulls(len(rows), kind)
            continue
        column = rows.column(name)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            kind = pa.list_(kind)
        columns[name], wrong = _convert(column, kind)
        if new := int((wrong & ~unfit).sum()):
            dropped[f"{name} of another type"] += new
            unfit |= wrong
    rows = pa.RecordBatch.from_pydict(columns)
    return RowBatch(rows.filter(pa.array(~unfit)) if unfit.any() else rows, dropped, batch.bytes_read)


def _convert(column: pa.Array, kind: pa.DataType) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Convert a column, and say which values cannot be."""
    try:
        return column.cast(kind), np.zeros(len(column), bool)
    except pa.ArrowException:
        parts, wrong = [], np.zeros(len(column), bool)
    for place in range(len(column)):
        try:
            parts.append(column.slice(place, 1).cast(kind))
        except pa.ArrowException:
            parts.append(pa.nulls(1, kind))
            wrong[place] = True
    return pa.concat_arrays(parts), wrong
