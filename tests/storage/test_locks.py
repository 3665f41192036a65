import errno
import signal
import subprocess
import sys

import pytest

from beir_hybrid.errors import OutputError
from beir_hybrid.storage.locks import LOCK, locked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked on Windows")

HOLDER = """
import sys
from pathlib import Path
from beir_hybrid.storage.locks import locked
with locked(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder "out"."""
    words = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        yield other
        other.kill()


def test_second_holder_is_refused_in_one_line(tmp_path, holder):
    refused = pytest.raises(OutputError, match=r"^Another process is writing my run\. Wait for it.* --output DIR$")
    with refused, locked(tmp_path / "out", "my run"):
        pass
    assert names(tmp_path / "out") == [LOCK]


def test_killed_holder_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert names(tmp_path / "out") == [LOCK]  # it could not remove the file
    with locked(tmp_path / "out", "it"):
        pass
    assert names(tmp_path / "out") == []


def test_lock_leaves_nothing_and_keeps_what_is_there(tmp_path):
    with locked(tmp_path / "a" / "b", "it"):
        assert (tmp_path / "a" / "b" / LOCK).exists()
    assert not (tmp_path / "a").exists()
    with locked(tmp_path / "a", "it"):
        (tmp_path / "a" / "mine").touch()
    assert names(tmp_path / "a") == ["mine"]


def test_lock_is_given_back_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locked(tmp_path / "out", "it"):
            raise ZeroDivisionError


def test_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/out cannot be written"), locked(tmp_path / "file" / "out", "it"):
        pass


def test_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    def flock(handle, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(pytest.importorskip("fcntl"), "flock", flock)
    with locked(tmp_path / "out", "it"), locked(tmp_path / "out", "it"):
        assert names(tmp_path / "out") == []
