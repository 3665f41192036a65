"""Samples that tests write, and their rows."""

import csv
import gzip
import json
import runpy
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

made_ids = runpy.run_path(str(Path(__file__).parents[1] / "made_ids.py"))["made_ids"]


def _write_lines(path, rows):
    """Write JSON Lines, gzipped if the name ends so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def _write_table(path, rows):
    """Write rows in the form that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".arrow":  # a stream, as the library datasets writes it
        table = pa.Table.from_pylist(rows)
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table)
    else:
        _write_lines(path, rows)
    return path


def _rows_of(form, path, languages=None):
    """Return all rows, without columns that are null, and what was left out."""
    batches = list(form.read(path, languages))
    rows = [row for batch in batches for row in batch.rows.to_pylist()]
    dropped = {reason: count for batch in batches for reason, count in batch.dropped.items()}
    return [{name: value for name, value in row.items() if value is not None} for row in rows], dropped


@pytest.fixture
def write_table():
    """Write rows in the form that a file's name says."""
    return _write_table


@pytest.fixture
def rows_of():
    """Read the rows of a source, without columns that are null, and what was left out."""
    return _rows_of
