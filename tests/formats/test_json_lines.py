import gzip
import json

import pyarrow as pa
import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats import blocks, json_lines
from beir_hybrid.formats.json_lines import first_object, read_json_lines

SCHEMA = pa.schema([("a", pa.string()), ("b", pa.list_(pa.float64()))])


def read(path):
    parts = list(read_json_lines(path, SCHEMA))
    counts = sum((dropped for _, dropped, _ in parts), start=type(parts[0][1])())
    return [row for rows, _, _ in parts for row in rows.to_pylist()], dict(counts), sum(size for _, _, size in parts)


@pytest.mark.parametrize("ending", ["", "\n", "\n\n"], ids=["no end", "end", "blank line"])
@pytest.mark.parametrize("block", [7, 50, 2**23])
def test_rows_come_whole_whatever_the_blocks(tmp_path, monkeypatch, block, ending):
    monkeypatch.setattr(blocks, "_BLOCK", block)
    rows = [{"a": f"row {number} \u00e9\u4e2d", "b": [number / 2]} for number in range(40)]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(row | {"more": 1}, ensure_ascii=number % 2 == 0) for number, row in
                              enumerate(rows)) + ending, encoding="utf-8")  # fmt: skip
    found, counts, size = read(path)
    assert (found, counts) == (rows, {})
    assert path.stat().st_size - 2 <= size <= path.stat().st_size  # but for a blank line at the end


def test_gzipped_files_are_read_and_cut_off_ones_refused(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    content = gzip.compress(b'{"a": "x"}\n' * 5000)
    path.write_bytes(content)
    assert len(read(path)[0]) == 5000
    path.write_bytes(content[:-20])
    with pytest.raises(DataFormatError, match="is cut off or damaged"):
        read(path)


def test_lines_that_do_not_fit_are_counted_and_the_others_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "_BY_LINE", 64)
    bad = ['{"a": 1}', "[1]", "no", '{"a": "\\ud800"}', '{"a": "x", "b": ["y"]}', "{" * 2000, '{"a": "']
    lines = ['{"a": "fine"}'] * 50
    for place, line in enumerate(bad):
        lines.insert(7 * place, line)
    path = tmp_path / "x.jsonl"
    path.write_bytes("\n".join(lines).encode() + b"\n" + b'{"a": "\xff"}')
    rows, counts, _ = read(path)
    assert rows == [{"a": "fine", "b": None}] * 50
    assert counts == {
        "a line that is not JSON": 4,
        "a line that is no JSON object": 1,
        "a of another type": 1,
        "b of another type": 1,
        "half a surrogate pair in the a": 1,
    }


def test_first_object_of_what_is_no_json_is_none(tmp_path):
    path = tmp_path / "x"
    for content in (b"", b"\n\n", b"hello", b"[1]", b"\xff\xfe", b"\x1f\x8b"):
        path.write_bytes(content)
        assert first_object(path) is None
    path.write_bytes(b'\n{"a": 1}\nrest')
    assert first_object(path) == {"a": 1}
