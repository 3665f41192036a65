import csv
import errno
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid.storage.files import (
    check_output,
    csv_text,
    existing,
    json_or_none,
    map_array,
    new_file,
    parse_json,
    read_json,
    write_json,
    write_text,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_only_when_the_block_ends(tmp_path):
    target = tmp_path / "deep" / "er" / "a.txt"
    with new_file(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.parent == target.parent  # a move within one file system is atomic
    assert target.read_text() == "whole"
    assert names(target.parent) == ["a.txt"]


def test_failed_block_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), new_file(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_full_disk_is_told_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(OutputError, match=r"a.txt cannot be written: No space left.*Free space"), new_file(target):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == ["a.txt"]
    assert target.read_text() == "old"


def test_errors_of_what_is_read_while_writing_are_left_as_they_are(tmp_path):
    with pytest.raises(FileNotFoundError), new_file(tmp_path / "a.txt"):
        (tmp_path / "missing").read_text()


def test_folder_in_the_files_place_is_told(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError, match=r"a.txt cannot be written: Is a directory"):
        write_text(tmp_path / "a.txt", "text")
    assert names(tmp_path) == ["a.txt"]


def test_file_gets_the_usual_permissions(tmp_path):
    # a temporary file is born private, which must not stick to it
    old = os.umask(0o022)
    try:
        write_text(tmp_path / "a.txt", "text")
    finally:
        os.umask(old)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


def test_json_keeps_letters_and_ends_in_a_newline(tmp_path):
    write_json(tmp_path / "a.json", {"é": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "é": [\n    1,\n    null\n  ]\n}\n'
    assert json.loads(text) == {"é": [1, None]}


def test_what_is_no_json_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"a": object()})
    assert names(tmp_path) == []


def test_place_that_can_be_written_is_left_as_it_is(tmp_path):
    (tmp_path / "old.txt").write_text("old")
    before = tmp_path.stat().st_mtime_ns
    check_output(tmp_path / "old.txt", "file")
    check_output(tmp_path / "new" / "er.txt", "file")
    check_output(tmp_path / "new" / "er", "folder")
    check_output(tmp_path, "folder")
    assert names(tmp_path) == ["old.txt"]
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("place", "kind", "problem"),
    [
        ("folder", "file", r"folder is a folder\. Name a file: --there FILE"),
        ("file", "folder", r"file is a file\. Choose another place: --there FOLDER"),
        ("file/below/it", "folder", r"file is a file"),
        ("file/below.txt", "file", r"file is a file"),
        ("link", "folder", r"link is a link to nothing"),
        ("link/below", "file", r"link is a link to nothing"),
        ("x" * 250, "file", r"cannot be written: File name too long"),
        (f"new/{'ü' * 130}/a.txt", "file", r"cannot be written: File name too long"),
        ("a\0b", "file", "cannot be written: .*null"),
        ("/proc/x/y", "folder", r"/proc cannot be written: .*\. Choose another place: --there"),
        ("/proc/x", "file", r"/proc cannot be written"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_place_that_cannot_be_written_is_told_before(tmp_path, place, kind, problem):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    with pytest.raises(OutputError, match=problem):
        check_output(tmp_path / place, kind, "--there")


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_place_is_tried_out(tmp_path, monkeypatch, error):
    def refuse(*given, **options):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    for kind in ("file", "folder"):
        with pytest.raises(OutputError, match=f"{tmp_path} cannot be written: {os.strerror(error)}"):
            check_output(tmp_path / "new" / "er", kind)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("-x", "'-x"),
        ("＝1", "'＝1"),
        ("-0.5", "-0.5"),
        ("+1e-05", "+1e-05"),
        ("-inf", "-inf"),
        ("-", "-"),
        (-0.5, "-0.5"),
        (None, ""),
        ("en-de", "en-de"),
    ],
    ids=repr,
)
def test_csv_holds_numbers_and_texts_and_no_formulas(cell, written):
    [row] = csv.reader(io.StringIO(csv_text([[cell, "x"]]), newline=""))
    assert row == [written, "x"]


def test_csv_cells_with_line_breaks_are_quoted():
    assert csv_text([["\r=1", "a\rb\u2028c"]]) == '"\'\n=1","a\nb\nc"\n'


@pytest.mark.parametrize(
    "content",
    ["", "{", "[" * 100_000, '{"a":' * 100_000, "9" * 5_000, b"\xff\xfe\xff"],
    ids=["empty", "open", "deep", "deep in mappings", "long number", "not Unicode"],
)
def test_json_that_cannot_be_parsed_is_a_value_error(content):
    with pytest.raises(ValueError):  # of many kinds
        parse_json(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, r"There is no file .*a\.json\. Again\.$"),
        (b"{", r"a\.json cannot be read: Expecting.*\. Again\.$"),
        (b"\xff{}", r"a\.json cannot be read: .*\. Again\.$"),
        (b"[" * 100_000, r"a\.json cannot be read: it is nested too deeply\. Again\.$"),
        (b"[1]", r"a\.json is not a JSON object\. Again\.$"),
        (b"{}", r"a\.json is not of schema version 1\. Again\.$"),
        (b'{"schema": 2}', r"a\.json is not of schema version 1\. Again\.$"),
    ],
    ids=["missing", "cut", "no text", "deep", "list", "no version", "another version"],
)
def test_json_file_that_cannot_be_read_is_told(tmp_path, content, problem):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    error = MissingDataError if content is None else DataFormatError
    with pytest.raises(error, match=problem):
        read_json(path, "Again.", schema=1)
    assert json_or_none(path) == ({"schema": 2} if content == b'{"schema": 2}' else {} if content == b"{}" else None)


def test_json_file_comes_back(tmp_path):
    write_json(tmp_path / "a.json", {"schema": 1, "ü": "ä"})
    assert read_json(tmp_path / "a.json", "Again.", schema=1) == {"schema": 1, "ü": "ä"}


def test_arrays_are_mapped(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5))
    assert map_array(tmp_path / "a.npy").tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(FileNotFoundError):
        map_array(tmp_path / "none.npy")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{'descr", b"{{'desc"),
        (b"'shape': (5,)", b"'shape': (5**"),
        (b"<i8", b"|O8"),
        (b"(5,)", b"(9,)"),
        (b"NUMPY", b"NUMP"),
    ],
    ids=["header", "shape", "objects", "length", "magic"],
)
def test_damaged_array_is_a_value_error(tmp_path, old, new):
    np.save(tmp_path / "a.npy", np.arange(5))
    content = (tmp_path / "a.npy").read_bytes()
    assert old in content
    (tmp_path / "a.npy").write_bytes(content.replace(old, new))
    with pytest.raises(ValueError, match="it is no whole array"):
        map_array(tmp_path / "a.npy")


@pytest.mark.parametrize("name", ["x" * 5_000, "a\0b", "nothere", "file/below"], ids=ascii)
def test_name_of_no_file_stands_for_none(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert existing(name) is None
    assert existing("file") == Path("file")


def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path):
    write_json(tmp_path / "a.json", {"\ud800": ["é\udfff", "\\"]})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"\ud800": ["é\udfff", "\\"]}
    write_text(tmp_path / "a.txt", "a\ud800b")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == r"a\ud800b"
