"""JSON Lines in blocks: parsed by Arrow, and line by line where Arrow refuses a block."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from beir_hybrid.formats.blocks import CUT_OFF, LONGEST, read_blocks
from beir_hybrid.storage.files import parse_json

_BY_LINE = 2**14  # bytes in which a line that Arrow refuses is looked for


def read_json_lines(path: Path, schema: pa.Schema) -> Iterator[tuple[pa.RecordBatch, Counter[str], int]]:
    """Read the objects of a JSON Lines file, gzipped if its name ends so.

    Args:
        path: The file.
        schema: The fields wanted and their types; others are passed over, missing ones are null.

    Yields:
        Rows, how many lines were left out for which reason, and how many bytes of the file were read.

    Raises:
        DataFormatError: As :func:`~beir_hybrid.formats.blocks.read_blocks` does.
    """
    for lines, size in read_blocks(path):
        yield *parse_block(lines, schema), size


def parse_block(lines: bytes, schema: pa.Schema) -> tuple[pa.RecordBatch, Counter[str]]:
    """Parse whole lines of JSON objects; see :func:`read_json_lines`."""
    options = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        table = pj.read_json(io.BytesIO(lines), pj.ReadOptions(use_threads=False, block_size=len(lines) + 1), options)
        table.validate(full=True)
        return _one_batch(table.select(schema.names).cast(schema)), Counter()
    except (pa.ArrowException, KeyError, UnicodeDecodeError):
        if len(lines) < _BY_LINE:
            return _parse_lines(lines, schema)
    middle = lines.find(b"\n", len(lines) // 2) + 1
    if not 0 < middle < len(lines):
        return _parse_lines(lines, schema)
    first, second = parse_block(lines[:middle], schema), parse_block(lines[middle:], schema)
    return pa.concat_batches([first[0], second[0]]), first[1] + second[1]


def _parse_lines(lines: bytes, schema: pa.Schema) -> tuple[pa.RecordBatch, Counter[str]]:
    """Parse line by line, and leave out those that are no object of the fields' types."""
    rows: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    for line in lines.splitlines():
        if not line.strip():
            continue
        try:
            content = parse_json(line)
        except ValueError:
            dropped["a line that is not JSON"] += 1
            continue
        if not isinstance(content, dict):
            dropped["a line that is no JSON object"] += 1
            continue
        row = {field.name: _listed(content.get(field.name), field.type) for field in schema}
        if reason := _misfit(row, schema):
            dropped[reason] += 1
        else:
            rows.append(row)
    return pa.RecordBatch.from_pylist(rows, schema=schema), dropped


def _listed(value: Any, kind: pa.DataType) -> Any:
    """Return a value that stands where a list should as the list of it; Arrow would take a text's letters."""
    return [value] if isinstance(value, (str, int, float)) and pa.types.is_list(kind) else value


def _misfit(row: dict[str, Any], schema: pa.Schema) -> str:
    """Return why a row does not fit a schema; empty if it does."""
    for field in schema:
        try:
            pa.array([row[field.name]], field.type)
        except UnicodeEncodeError:
            return f"half a surrogate pair in the {field.name}"
        except (pa.ArrowException, OverflowError):
            return f"{field.name} of another type"
    return ""


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def first_object(path: Path) -> dict[str, Any] | None:
    """Return the first JSON object of a file, by which its format is recognised; None if there is none."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            while line := stream.readline(LONGEST):
                if line.strip():
                    content = json.loads(line)
                    return content if isinstance(content, dict) else None
    except (*CUT_OFF, ValueError, RecursionError):
        return None
    return None
