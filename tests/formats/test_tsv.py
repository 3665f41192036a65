import pyarrow as pa
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats import blocks
from beir_hybrid.formats.tsv import read_tsv

SCHEMA = pa.schema([("id", pa.int32()), ("text", pa.binary())])


def read(path):
    parts = list(read_tsv(path, SCHEMA))
    counts = sum((dropped for _, dropped, _ in parts), start=type(parts[0][1])())
    return [row for rows, _, _ in parts for row in rows.to_pylist()], dict(counts), sum(size for _, _, size in parts)


@pytest.mark.parametrize("block", [64, 2**23])
def test_values_are_taken_as_they_stand_and_rows_of_other_columns_counted(tmp_path, monkeypatch, block):
    monkeypatch.setattr(blocks, "_BLOCK", block)
    path = tmp_path / "x.tsv"
    lines = [b'\xef\xbb\xbf1\t"a" b"', b"", b"2\tNULL", b"one", b"3\ta\tb", b"4\t", b"5\t\xff", *[b"bad"] * 40]
    path.write_bytes(b"\n".join(lines) + b"\n")
    rows, counts, size = read(path)
    assert rows == [
        {"id": number, "text": text} for number, text in [(1, b'"a" b"'), (2, b"NULL"), (4, b""), (5, b"\xff")]
    ]
    assert (counts, size) == ({"other columns than id<TAB>text": 42}, path.stat().st_size)


@pytest.mark.parametrize("content", [b"", b"a\tb\n", b"1 2\n", b"1\ta\tb\n", b"99999999999\ta\n", b"\ta\n"])
def test_files_of_other_columns_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "x.tsv"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"x\.tsv .*id<TAB>text.* Give that file as published\."):
        read(path)
