import errno
import os
from pathlib import Path

import pytest

from beir_hybrid.errors import OutputError
from beir_hybrid.storage.folders import new_folder, replace_folder


def contents(folder):
    return {path.name: path.read_text() if path.is_file() else None for path in folder.iterdir()}


def write(folder, **options):
    with new_folder(folder, **options) as temporary:
        (temporary / "new").write_text("new")


@pytest.fixture
def place(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    return tmp_path / "folder"


def test_folder_appears_only_when_the_block_ends(tmp_path):
    with new_folder(tmp_path / "a" / "b") as temporary:
        (temporary / "new").write_text("new")
        assert not (tmp_path / "a" / "b").exists()
    assert contents(tmp_path / "a") == {"b": None}
    assert contents(tmp_path / "a" / "b") == {"new": "new"}


def test_failed_block_leaves_the_old_folder_and_nothing_else(place):
    with pytest.raises(ZeroDivisionError), new_folder(place) as temporary:
        (temporary / "new").touch()
        raise ZeroDivisionError
    assert contents(place.parent) == {"folder": None}
    assert contents(place) == {"old": "old"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"new": "new"}),
        ({"merge": True}, {"new": "new", "old": "old"}),
        ({"keep": lambda folder: (folder / "old").exists()}, {"old": "old"}),
        ({"keep": lambda folder: (folder / "new").exists()}, {"new": "new"}),
    ],
    ids=["replaced", "merged", "kept", "not kept"],
)
def test_folder_that_is_there(place, options, expected):
    write(place, **options)
    assert contents(place) == expected
    assert contents(place.parent) == {"folder": None}


def test_link_to_a_folder_stays(place):
    link = place.parent / "link"
    link.symlink_to(place)
    write(link)
    assert link.is_symlink()
    assert contents(place) == {"new": "new"}


def test_folder_that_is_refused_meanwhile_is_left(place):
    def refuse(folder):
        raise OutputError(f"{folder.name} has changed.")

    with pytest.raises(OutputError, match=r"^folder has changed\.$"):
        write(place, keep=refuse)
    assert contents(place) == {"old": "old"}
    assert contents(place.parent) == {"folder": None}


def test_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/out cannot be written: Not a directory\. Elsewhere\.$"):
        write(tmp_path / "file" / "out", fix="Elsewhere.")


def test_old_folder_comes_back_where_the_new_one_cannot_be_moved(place, monkeypatch):
    rename, calls = os.rename, []

    def failing(self, target):
        calls.append(target)
        if len(calls) == 3:  # the new one, the old one aside, the new one again
            raise OSError(errno.EIO, "Input/output error")
        rename(self, target)

    (place.parent / "new").mkdir()
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output error"):
        replace_folder(place.parent / "new", place)
    assert contents(place) == {"old": "old"}


def test_folder_that_others_put_there_meanwhile_is_looked_at_again(place, monkeypatch):
    rename, seen = os.rename, []

    def busy(self, target):
        rename(self, target)
        if ".old." in target.name and len(seen) < 2:  # another process is faster
            place.mkdir()
            (place / "theirs").write_text("theirs")

    monkeypatch.setattr(Path, "rename", busy)
    with new_folder(place, lambda folder: seen.append(sorted(contents(folder))) or len(seen) == 2) as temporary:
        (temporary / "new").touch()
    assert seen == [["old"], ["theirs"]]
    assert contents(place) == {"theirs": "theirs"}
    assert contents(place.parent) == {"folder": None}


def test_full_disk_that_a_library_tells_in_its_own_error_is_told_as_such(tmp_path):
    told = pytest.raises(OutputError, match=r"out cannot be written: No space left on device\. Choose")
    with told, new_folder(tmp_path / "out"):
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert list(tmp_path.iterdir()) == []
