import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.formats import blocks
from beir_hybrid.formats.blocks import read_blocks


@pytest.mark.parametrize("size", [3, 10, 2**23])
def test_blocks_hold_whole_lines_and_all_of_them(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blocks, "_BLOCK", size)
    path = tmp_path / "x"
    path.write_bytes(b"one\ntwo\nthree\n\nfour")
    parts = list(read_blocks(path))
    assert b"".join(lines for lines, _ in parts).replace(b"\n\n", b"\n") == b"one\ntwo\nthree\nfour"
    assert all(lines.endswith(b"\n") for lines, _ in parts[:-1])
    assert sum(read for _, read in parts) <= path.stat().st_size


def test_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_BLOCK", 10)
    monkeypatch.setattr(blocks, "LONGEST", 50)
    path = tmp_path / "x.json"
    path.write_bytes(b"[" + b"1," * 500)
    with pytest.raises(DataFormatError, match=r"x\.json has a line of more than 64 MB"):
        list(read_blocks(path))
