"""Tables of values between tabs, without quotes, in blocks."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pv

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats.blocks import read_blocks


def read_tsv(path: Path, schema: pa.Schema) -> Iterator[tuple[pa.RecordBatch, Counter[str], int]]:
    """Read the rows of a file of values between tabs, without a line of names.

    Args:
        path: The file.
        schema: Names and types of its columns.

    Yields:
        Rows, how many were left out since they have other columns, and how many bytes of the file were read.

    Raises:
        DataFormatError: If a value is not of its column's type, or no row has these columns.
    """
    layout = "<TAB>".join(schema.names)
    fix = "Give that file as published."
    rows = 0
    for lines, size in read_blocks(path):
        kept, others = _of_width(lines.removeprefix(codecs.BOM_UTF8), len(schema.names))
        batch = _parse(kept, schema, f"{path} does not hold {layout}", fix)
        rows += len(batch)
        yield batch, +Counter({f"other columns than {layout}": others}), size
    if not rows:
        raise DataFormatError(f"{path} holds no row of {layout}.", fix)


def _parse(lines: bytes, schema: pa.Schema, problem: str, fix: str) -> pa.RecordBatch:
    if not lines:  # which Arrow refuses
        return pa.RecordBatch.from_pylist([], schema=schema)
    try:
        table = pv.read_csv(
            io.BytesIO(lines),
            pv.ReadOptions(column_names=schema.names, block_size=len(lines) + 1, use_threads=False),
            pv.ParseOptions(delimiter="\t", quote_char=False),
            pv.ConvertOptions(column_types=schema, check_utf8=False, null_values=[]),
        )
    except (pa.ArrowException, ValueError) as error:
        raise DataFormatError(f"{problem}: {str(error).splitlines()[0]}.", fix) from error
    return table.combine_chunks().to_batches()[0]


def _of_width(lines: bytes, columns: int) -> tuple[bytes, int]:
    """Keep the lines with as many values as there are columns; return them, and how many others are not blank.

    Arrow would count others itself, but cannot show those to a handler that are not UTF-8.
    """
    split = lines.split(b"\n")
    kept = [line for line in split if line.count(b"\t") == columns - 1 and line.strip(b"\r")]
    others = sum(1 for line in split if line.strip()) - len(kept)
    return b"\n".join(kept), others
