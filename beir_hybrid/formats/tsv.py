"""Tables of values between tabs, without quotes, in blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv

from beir_hybrid.errors import DataFormatError

_BLOCK = 2**23  # bytes


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
    wrong: list[int | None] = []

    def skip(row: Any) -> str:
        wrong.append(row.number)
        return "skip"

    layout = "<TAB>".join(schema.names)
    with path.open("rb") as raw:
        before = rows = told = 0
        try:
            reader = pv.open_csv(
                raw,
                pv.ReadOptions(column_names=schema.names, block_size=_BLOCK, use_threads=False),
                pv.ParseOptions(delimiter="\t", quote_char=False, invalid_row_handler=skip),
                pv.ConvertOptions(column_types=schema, check_utf8=False, null_values=[]),
            )
            for batch in reader:
                here = raw.tell()
                yield batch, +Counter({f"other columns than {layout}": len(wrong) - told}), here - before
                rows, told, before = rows + len(batch), len(wrong), here
        except (pa.ArrowException, OSError, ValueError) as error:
            problem = str(error).splitlines()[0]
            raise DataFormatError(
                f"{path} does not hold {layout}: {problem}.", "Give that file as published."
            ) from error
        if not rows:
            raise DataFormatError(f"{path} holds no row of {layout}.", "Give that file as published.")
