import signal
import subprocess
import sys

import faiss
import numpy as np
import pytest

from beir_hybrid_pyserini import parts
from beir_hybrid_pyserini.folder import INDEX, work_folder
from beir_hybrid_pyserini.index import write_index

ROWS, DIMENSIONS = 1200, 16
SMALL = 4 * DIMENSIONS * 100  # bytes of a part of 100 vectors


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from beir_hybrid_pyserini import parts
from beir_hybrid_pyserini.index import write_index
save, saved = parts.save_index, []
def save_and_die(index, path):
    save(index, path)
    saved.append(path)
    if len(saved) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
parts.save_index = save_and_die
vectors = np.load(sys.argv[1], mmap_mode="r")
ids = [f"en:{n}" for n in range(len(vectors))]
write_index(Path(sys.argv[2]), [vectors], ids, sys.argv[3], part_bytes=int(sys.argv[4]), save_seconds=0)
"""


@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "HNSW16"])
def test_killed_call_leaves_nothing_and_goes_on_where_it_was(tmp_path, vectors, ids, monkeypatch, factory):
    np.save(tmp_path / "vectors.npy", vectors)
    monkeypatch.setattr(parts, "_SHARE", 0)
    code = "from beir_hybrid_pyserini import parts; parts._SHARE = 0\n" + KILLED
    words = [str(tmp_path / "vectors.npy"), str(tmp_path / "index"), factory, str(SMALL)]
    process = subprocess.run([sys.executable, "-c", code, *words], check=False)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "index").exists()

    saved = []
    save = parts.save_index
    monkeypatch.setattr(parts, "save_index", lambda index, path: (saved.append(path), save(index, path)))
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    write_index(tmp_path / "index", [mapped], ids, factory, part_bytes=SMALL, save_seconds=0)
    # 12 parts; with an inverted file the first thing saved is the trained index, and a graph's last part is never saved
    assert len(saved) == {"Flat": 12 - 5, "IVF8,Flat": 12 - 4, "HNSW16": 11 - 5}[factory]
    assert not work_folder(tmp_path / "index").exists()

    write_index(tmp_path / "again", [vectors], ids, factory, part_bytes=SMALL)
    index, again = (faiss.read_index(str(tmp_path / name / INDEX)) for name in ("index", "again"))
    assert index.ntotal == ROWS
    found, wanted = index.search(vectors, 5), again.search(vectors, 5)
    if factory == "HNSW16":
        assert (found[1][:, 0] == np.arange(ROWS)).mean() > 0.97
    else:
        np.testing.assert_array_equal(found[1], wanted[1])
        assert (tmp_path / "index" / INDEX).read_bytes() == (tmp_path / "again" / INDEX).read_bytes()


def test_parts_of_other_vectors_are_not_used(tmp_path, vectors, ids):
    work = work_folder(tmp_path / "index")
    parts.build([vectors], "Flat", work, part_bytes=SMALL)
    other = vectors.copy()
    other[150] = -other[150]
    write_index(tmp_path / "index", [other], ids, part_bytes=SMALL)
    np.testing.assert_array_equal(faiss.read_index(str(tmp_path / "index" / INDEX)).reconstruct_n(0, ROWS), other)


@pytest.mark.parametrize("factory", ["Flat", "IVF8,Flat", "HNSW16"])
def test_damaged_parts_are_built_again(tmp_path, vectors, ids, monkeypatch, caplog, factory):
    monkeypatch.setattr(parts, "_SHARE", 0)
    work = work_folder(tmp_path / "index")
    parts.build([vectors], factory, work, part_bytes=SMALL, save_seconds=0)
    paths = sorted(work.iterdir())
    assert paths
    for path in paths:
        path.write_bytes(path.read_bytes()[:-5])
    write_index(tmp_path / "index", [vectors], ids, factory, part_bytes=SMALL)
    assert caplog.text.count("is damaged: it is deleted and built again") == len(paths)
    index = faiss.read_index(str(tmp_path / "index" / INDEX))
    assert index.ntotal == ROWS
    assert (index.search(vectors, 1)[1][:, 0] == np.arange(ROWS)).mean() > 0.97
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
