from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from beir_hybrid.errors import ModelError, OutputError
from beir_hybrid.evaluation.encoding import cache as cache_module
from beir_hybrid.evaluation.encoding import vector_shard
from beir_hybrid.evaluation.encoding.cache import CachedStore, EmbeddingCache
from beir_hybrid.evaluation.encoding.vectors import keys_of

TEXTS = [f"text {number}" for number in range(10)]


@pytest.fixture(params=[6, 7], ids=["even", "odd"])
def vectors(request):
    """Vectors of as many dimensions, of which none is zero."""
    return np.random.default_rng(0).standard_normal((len(TEXTS), request.param)).astype(np.float32)


@pytest.fixture
def folder(tmp_path, vectors, monkeypatch):
    """A folder with two shards, the second one secured in two pieces; both written three rows at a time."""
    monkeypatch.setattr(cache_module, "COMMIT_ROWS", 3)
    store = CachedStore(tmp_path, vectors.shape[1])
    keys = keys_of(TEXTS)
    store.commit(keys[:4], vectors[:4])
    store.secure(keys[4:6], vectors[4:6])
    store.secure(keys[6:], vectors[6:])
    store.commit(keys[4:], vectors[4:])
    return tmp_path


def known(folder, vectors):
    """The texts found in a folder; their vectors must be right to the bit."""
    store = CachedStore(folder, vectors.shape[1])
    rows = store.find(keys_of(TEXTS))
    found = rows >= 0
    assert store.take(rows[found]).tobytes() == vectors[found].tobytes()
    return np.flatnonzero(found).tolist()


def test_what_was_committed_is_found_again(folder, vectors, caplog):
    assert known(folder, vectors) == list(range(10))
    assert len(list(folder.iterdir())) == 2  # what secured the pieces is gone
    assert caplog.text == ""


def test_what_was_secured_is_found_without_a_commit(tmp_path, vectors):
    CachedStore(tmp_path, vectors.shape[1]).secure(keys_of(TEXTS[:3]), vectors[:3])
    assert known(tmp_path, vectors) == [0, 1, 2]


def test_vectors_are_mapped_and_not_in_memory(folder, vectors):
    store = CachedStore(folder, vectors.shape[1])
    assert all(isinstance(part.records, np.memmap) for part in store._parts)


def resident(path):
    """The kilobytes of a mapped file that count as this process's memory."""
    sections = Path("/proc/self/smaps").read_text().split(str(path))[1:]
    return sum(int(re.search(r"Rss: +(\d+) kB", section)[1]) for section in sections)


@pytest.mark.skipif(not Path("/proc/self/smaps").is_file(), reason="the system does not tell what is resident")
def test_what_was_verified_or_read_does_not_stay_in_memory(tmp_path, monkeypatch):
    count = 20_000
    CachedStore(tmp_path, 128).commit(keys_of(map(str, range(count))), np.ones((count, 128), np.float32))
    (path,) = tmp_path.iterdir()
    store = CachedStore(tmp_path, 128)
    assert resident(path) < 1000
    with monkeypatch.context() as patch:
        patch.setattr(vector_shard, "_release", lambda records: None)
        store.take(np.arange(count))
    assert resident(path) > 10_000
    assert store.take(np.arange(0, count, 100)).tolist() == [[1] * 128] * (count // 100)
    assert resident(path) < 1000


def cut_off(path, _):
    os.truncate(path, path.stat().st_size - 5)


def empty(path, _):
    path.write_bytes(b"")


def only_the_header(path, _):
    os.truncate(path, 30)


def flip_a_bit_of_a_vector(path, dimensions):
    content = bytearray(path.read_bytes())
    content[-4 * dimensions + 9] ^= 0x10
    path.write_bytes(content)


def flip_a_bit_of_a_key(path, dimensions):
    content = bytearray(path.read_bytes())
    content[-4 * dimensions - 24] ^= 1
    path.write_bytes(content)


def zero_the_last_row(path, dimensions):
    content = bytearray(path.read_bytes())
    content[-4 * dimensions - 24 :] = bytes(4 * dimensions + 24)
    path.write_bytes(content)


def zero_a_vector(path, dimensions):
    content = bytearray(path.read_bytes())
    content[-4 * dimensions :] = bytes(4 * dimensions)
    path.write_bytes(content)


def plain_array(path, dimensions):
    with path.open("wb") as file:
        np.save(file, np.ones((4, dimensions), np.float32))


def archive(path, dimensions):
    with path.open("wb") as file:
        np.savez(file, np.ones((4, dimensions), np.float32))


def broken_archive(path, _):
    path.write_bytes(b"PK\x03\x04 and no more")


def text(path, _):
    path.write_text("no array")


def other_dimensions(path, dimensions):
    other = CachedStore(path.parent / "other", dimensions + 1)
    other.commit(keys_of(TEXTS[:4]), np.ones((4, dimensions + 1), np.float32))
    (shard,) = other.folder.iterdir()
    shard.replace(path)
    other.folder.rmdir()


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def pickled(path, _):
    path.write_bytes(pickle.dumps(Trap(path.with_name("sprung"))))


def pickled_in_an_array(path, _):
    with path.open("wb") as file:
        np.save(file, np.array([Trap(path.with_name("sprung"))], object), allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [
        cut_off,
        empty,
        only_the_header,
        flip_a_bit_of_a_vector,
        flip_a_bit_of_a_key,
        zero_the_last_row,
        zero_a_vector,
        plain_array,
        archive,
        broken_archive,
        text,
        other_dimensions,
        pickled,
        pickled_in_an_array,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_damaged_shard_is_put_aside_with_one_warning(folder, vectors, caplog, damage):
    small = min(folder.glob("*.npy"), key=lambda path: path.stat().st_size)  # the first four texts
    names = {path.name for path in folder.glob("*.npy")} - {small.name}
    damage(small, vectors.shape[1])
    assert known(folder, vectors) == list(range(4, 10))
    (warning,) = caplog.records
    (aside,) = folder.glob("*.damaged")
    assert aside.name.removesuffix(".damaged") in warning.getMessage()
    assert "is damaged and put aside, its texts are encoded again" in warning.getMessage()
    assert not (folder / "sprung").exists()
    CachedStore(folder, vectors.shape[1]).commit(keys_of(TEXTS[:4]), vectors[:4])
    assert known(folder, vectors) == list(range(10))
    assert len(caplog.records) == 1
    assert names < {path.name for path in folder.iterdir()}


def test_vectors_that_cannot_be_scored_are_put_aside(tmp_path, caplog):
    vectors = np.ones((3, 4), np.float32)
    vectors[1, 2] = np.nan
    keys = keys_of(["a", "b", "c"])
    CachedStore(tmp_path, 4).commit(keys, vectors)
    assert CachedStore(tmp_path, 4).find(keys).tolist() == [-1] * 3
    assert "row 1 is not finite" in caplog.text
    assert len(list(tmp_path.glob("*.damaged"))) == 1


def test_a_file_that_cannot_be_read_is_left_where_it_is(folder, vectors, monkeypatch, caplog):
    def no_more_files(*_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(np.lib.format, "open_memmap", no_more_files)
    store = CachedStore(folder, vectors.shape[1])
    assert len(store) == 0
    assert caplog.text.count("cannot be read: Too many open files") == 2
    assert len(list(folder.glob("*.npy"))) == 2


def test_files_of_other_kinds_are_left_alone(folder, vectors, caplog):
    (folder / "notes.txt").write_text("mine")
    (folder / ".shard-x.npy.abc.tmp").write_text("another process is writing this")
    old = folder / ".shard-y.npy.abc.tmp"
    old.write_text("a killed process wrote this")
    os.utime(old, (time.time() - 90_000,) * 2)
    assert known(folder, vectors) == list(range(10))
    assert (folder / "notes.txt").exists()
    assert (folder / ".shard-x.npy.abc.tmp").exists()
    assert not old.exists()
    assert caplog.text == ""


def test_a_reader_keeps_its_vectors_when_the_files_are_replaced(folder, vectors, monkeypatch):
    reader = CachedStore(folder, vectors.shape[1])
    monkeypatch.setattr(cache_module, "MANY_SHARDS", 1)
    assert known(folder, vectors) == list(range(10))  # puts the two shards together
    assert len(list(folder.iterdir())) == 1
    assert reader.take(reader.find(keys_of(TEXTS))).tobytes() == vectors.tobytes()
    assert known(folder, vectors) == list(range(10))


def test_a_shard_that_another_process_puts_together_meanwhile_is_found_in_its_new_place(folder, vectors, monkeypatch):
    read, done = CachedStore._read, []

    def late(store, path):
        if not done:
            done.append(path)
            monkeypatch.setattr(cache_module, "MANY_SHARDS", 1)
            CachedStore(folder, vectors.shape[1])  # the other process
            monkeypatch.setattr(cache_module, "MANY_SHARDS", 64)
        return read(store, path)

    monkeypatch.setattr(CachedStore, "_read", late)
    assert known(folder, vectors) == list(range(10))


WRITER = """
import sys
import numpy as np
from beir_hybrid.evaluation.encoding.cache import CachedStore
from beir_hybrid.evaluation.encoding.vectors import keys_of

for round in range(20):
    store = CachedStore(sys.argv[1], 4)
    texts = [f"{round} {number}" for number in range(50)]
    vectors = np.array([[round, number, 1, 2] for number in range(50)], np.float32)
    for start in range(0, 50, 10):
        store.secure(keys_of(texts[start:start + 10]), vectors[start:start + 10])
    store.commit(keys_of(texts), vectors)
"""


def test_processes_that_write_at_once_do_not_harm_each_other(tmp_path, caplog):
    folder = tmp_path / "new"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, folder], stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 2
    store = CachedStore(folder, 4)
    rows = store.find(keys_of(f"{turn} {number}" for turn in range(20) for number in range(50)))
    expected = [[turn, number, 1, 2] for turn in range(20) for number in range(50)]
    assert store.take(rows).tolist() == expected
    assert caplog.text == ""
    assert not list(folder.glob("*.damaged")) + list(folder.glob(".*"))


def test_vectors_of_other_dimensions_are_refused(tmp_path):
    with pytest.raises(ModelError, match="The model's vectors have 5 dimensions, but it reports 4"):
        CachedStore(tmp_path, 4).secure(keys_of(["one"]), np.ones((1, 5), np.float32))
    assert list(tmp_path.iterdir()) == []


OPTIONS = {"prompt": "query: ", "normalised": True, "dtype": "float32", "dimensions": 4}


def test_a_folder_says_what_it_holds(tmp_path):
    store = EmbeddingCache(tmp_path).store("f00", "query", **OPTIONS, model="some/model")
    assert store.folder.parent == tmp_path / "f00"
    assert json.loads((store.folder / "meta.json").read_text()) == {
        "schema": 1,
        "model": "some/model",
        "fingerprint": "f00",
        "role": "query",
        **OPTIONS,
    }


@pytest.mark.parametrize(
    "other",
    [
        {"fingerprint": "f01"},
        {"role": "document"},
        {"prompt": "Query: "},
        {"prompt": None},
        {"normalised": False},
        {"dtype": "float16"},
    ],
    ids=str,
)
def test_whatever_changes_vectors_has_a_folder_of_its_own(tmp_path, other):
    cache, options = EmbeddingCache(tmp_path), {"fingerprint": "f00", "role": "query", **OPTIONS}
    first = cache.store(**options)
    assert cache.store(**options).folder == first.folder
    assert cache.store(**options | other).folder != first.folder


def test_no_prompt_is_an_empty_prompt(tmp_path):
    cache = EmbeddingCache(tmp_path)
    folders = {cache.store("f00", "query", **OPTIONS | {"prompt": prompt}).folder for prompt in (None, "")}
    assert len(folders) == 1


def test_a_damaged_description_harms_nothing(tmp_path):
    cache = EmbeddingCache(tmp_path)
    store = cache.store("f00", "query", **OPTIONS)
    store.commit(keys_of(["one"]), np.ones((1, 4), np.float32))
    (store.folder / "meta.json").write_text("{")
    assert cache.store("f00", "query", **OPTIONS).find(keys_of(["one"])).tolist() == [0]


def test_a_cache_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        EmbeddingCache(tmp_path / "file").store("f00", "query", **OPTIONS)


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    store = CachedStore(tmp_path, 2)
    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(OutputError, match=r"cannot be written: No space left on device\. Free space there"):
        store.commit(keys_of(["one"]), np.ones((1, 2), np.float32))
    assert list(tmp_path.iterdir()) == []
