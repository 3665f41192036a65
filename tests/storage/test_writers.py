import os
import subprocess
import sys

import pytest

from beir_hybrid.storage.folders import new_folder
from beir_hybrid.storage.writers import STALE_SECONDS, is_abandoned, writer_mark


@pytest.fixture(scope="module")
def dead_mark():
    """The mark of a process that has ended."""
    code = "from beir_hybrid.storage.writers import writer_mark; print(writer_mark())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_what_a_dead_process_of_this_machine_left_is_abandoned_at_once(tmp_path, dead_mark):
    assert is_abandoned(tmp_path / f".a-12345678-1.0{dead_mark}.tmp")
    assert not is_abandoned(tmp_path / f".a.0{writer_mark()}.tmp")
    assert not is_abandoned(tmp_path / f".a.0{writer_mark()}.npy.xy_z0123.tmp")


@pytest.mark.parametrize(("age", "abandoned"), [(2 * STALE_SECONDS, True), (60, False)])
@pytest.mark.parametrize("mark", ["", "-12345678-1"], ids=["unmarked", "of another machine"])
def test_what_another_machine_left_is_abandoned_after_a_day(tmp_path, mark, age, abandoned):
    left = tmp_path / f".a.0{mark}.tmp"
    left.mkdir()
    (left / "file").touch()
    for path in (left / "file", left):
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert is_abandoned(left) is abandoned


def test_new_folder_removes_what_dead_processes_left(tmp_path, dead_mark):
    for mark in (dead_mark, writer_mark()):
        (tmp_path / f".a.0{mark}.tmp").mkdir()
    with new_folder(tmp_path / "a"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".a.0{writer_mark()}.tmp", "a"]
