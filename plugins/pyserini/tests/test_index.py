import errno
import json
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, DataFormatError, OutputError
from beir_hybrid.evaluation import EmbeddingCache, EncodingOptions, encode
from beir_hybrid.storage.checksums import record
from beir_hybrid.storage.locks import LOCK
from beir_hybrid_pyserini import index as index_module
from beir_hybrid_pyserini import parts
from beir_hybrid_pyserini.folder import ABOUT, DOCID, INDEX, read_about, work_folder
from beir_hybrid_pyserini.index import index_collection, write_index

ROWS, DIMENSIONS = 1200, 16
SMALL = 4 * DIMENSIONS * 100  # bytes of a part of 100 vectors


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_flat_index_holds_exactly_the_vectors_and_ids(tmp_path, vectors, ids):
    write_index(tmp_path / "index", [vectors[:700], vectors[700:]], ids, part_bytes=SMALL)
    index = faiss.read_index(str(tmp_path / "index" / INDEX))
    assert index.metric_type == faiss.METRIC_INNER_PRODUCT
    np.testing.assert_array_equal(index.reconstruct_n(0, ROWS), vectors)
    assert (tmp_path / "index" / DOCID).read_text().splitlines() == ids
    assert read_about(tmp_path / "index") == {
        "format": 1,
        "factory": "Flat",
        "dimensions": DIMENSIONS,
        "passages": ROWS,
        "files": record(tmp_path / "index", [INDEX, DOCID]),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["index"]  # no part is left


@pytest.mark.parametrize(
    "factory",
    ["SQ8", "PQ4x4fs", "IVF8,Flat", "IVF8_HNSW4,SQ8", "OPQ4,IVF8,PQ4x4", "PCA8,Flat", "HNSW16", "PCA8,HNSW16"],
)
@pytest.mark.filterwarnings("ignore")
def test_index_in_parts_finds_what_one_in_one_piece_finds(tmp_path, vectors, ids, factory):
    for name, size in (("parts", SMALL), ("piece", parts.PART_BYTES)):
        write_index(tmp_path / name, [vectors], ids, factory, part_bytes=size)
    merged, piece = (faiss.read_index(str(tmp_path / name / INDEX)) for name in ("parts", "piece"))
    assert merged.ntotal == piece.ntotal == ROWS
    scores, found = (index.search(vectors[:50], 10) for index in (merged, piece))
    if "HNSW16" in factory:  # several processors may add at once
        assert (found[1][:, 0] == scores[1][:, 0]).mean() > 0.9
    else:
        np.testing.assert_allclose(scores[0], found[0], rtol=0, atol=1e-6)


def test_options_for_searching_are_kept_in_the_file(tmp_path, vectors, ids):
    found = {}
    for factory in ("IVF8,Flat:nprobe=3", "IVF8,Flat", "HNSW8:efSearch=77"):
        write_index(tmp_path / "index", [vectors], ids, factory, overwrite=True)
        found[factory] = faiss.read_index(str(tmp_path / "index" / INDEX))
    assert found["IVF8,Flat:nprobe=3"].nprobe == 3
    assert found["IVF8,Flat"].nprobe == 8  # a thousand of 1,200 passages are in no fewer lists
    assert found["HNSW8:efSearch=77"].hnsw.efSearch == 77


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_mapped_vectors_need_little_memory_beyond_the_index(tmp_path):
    code = """
import sys
from pathlib import Path
from pathlib import Path
import numpy as np
from beir_hybrid_pyserini.index import write_index
def peak():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmHWM"))
write_index(Path(sys.argv[1]) / "small", [np.ones((1, 128), np.float32)], ["en:1"])  # all is imported
before = peak()
vectors = np.load(Path(sys.argv[1]) / "vectors.npy", mmap_mode="r")
ids = (f"en:{n}" for n in range(len(vectors)))
write_index(Path(sys.argv[1]) / "index", [vectors], ids, part_bytes=8 << 20)
print(peak() - before)
"""
    rows = 400_000
    mapped = np.lib.format.open_memmap(tmp_path / "vectors.npy", "w+", np.float32, (rows, 128))
    mapped[:] = np.arange(rows, dtype=np.float32)[:, None] % 1013
    mapped.flush()
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    index = (tmp_path / "index" / INDEX).stat().st_size
    assert int(process.stdout) - index < 100 << 20  # of an index of 195 MiB


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"ids": ["en:1"]}, DataFormatError, "1 document ids for 1,200 vectors"),
        ({"ids": ["en:1"] * ROWS}, DataFormatError, "'en:1' comes twice"),
        ({"factory": "Flt"}, ConfigurationError, "'Flt'"),
        ({"factory": "PQ5"}, ConfigurationError, "'PQ5'"),
        ({"factory": "IVF2000,Flat"}, ConfigurationError, "'IVF2000,Flat' for 1,200 vectors of 16 dimensions"),
        ({"factory": "IDMap,Flat"}, ConfigurationError, "'IDMap,Flat'"),
        ({"vectors": np.empty((0, 4), np.float32), "ids": []}, ConfigurationError, "no passage"),
        ({"vectors": np.full((ROWS, 4), np.nan, np.float32)}, DataFormatError, "vector 0 is not finite"),
    ],
    ids=["few ids", "double ids", "factory", "size", "training", "id map", "none", "nan"],
)
def test_wrong_input_is_one_line_and_the_index_that_is_there_stays(tmp_path, vectors, ids, change, error, message):
    write_index(tmp_path / "index", [vectors], ids)
    before = snapshot(tmp_path / "index")
    found = change.get("vectors", vectors)
    with pytest.raises(error) as caught:
        write_index(tmp_path / "index", [found], change.get("ids", ids), change.get("factory", "Flat"), overwrite=True)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert snapshot(tmp_path / "index") == before


def test_index_that_is_there_stays_unless_overwritten(tmp_path, vectors, ids):
    write_index(tmp_path / "index", [vectors], ids)
    before = snapshot(tmp_path / "index")
    with pytest.raises(OutputError, match="holds an index already"):
        write_index(tmp_path / "index", [vectors[:5]], ids[:5])
    assert snapshot(tmp_path / "index") == before
    write_index(tmp_path / "index", [vectors[:5]], ids[:5], overwrite=True)
    assert read_about(tmp_path / "index")["passages"] == 5


def test_collection_is_indexed_as_it_is_encoded(tmp_path, model, sample):
    chosen = sample.select(["de", "th"])
    assert index_collection(model, chosen, tmp_path / "index", model_name="m")
    index = faiss.read_index(str(tmp_path / "index" / INDEX))
    wanted = np.concatenate(list(encode(model, chosen).passages.values()))
    np.testing.assert_array_equal(index.reconstruct_n(0, len(wanted)), wanted)
    ids = [document for corpus in chosen.corpora.values() for document in corpus]
    assert (tmp_path / "index" / DOCID).read_text(encoding="utf-8").splitlines() == ids
    about = read_about(tmp_path / "index")
    assert (about["model"], about["languages"], about["document_prompt"]) == ("m", list(chosen.corpora), "tell ")


def test_same_index_is_left_and_another_one_refused(tmp_path, model, sample):
    chosen, options = sample.select(["de"]), EncodingOptions(cache=EmbeddingCache(tmp_path / "cache"))
    assert index_collection(model, chosen, tmp_path / "index", options=options)
    before = snapshot(tmp_path / "index")
    assert not index_collection(model, chosen, tmp_path / "index", options=options)
    others = (
        {"factory": "HNSW8"},
        {"collection": sample.select(["th"])},
        {"options": EncodingOptions(dtype="bfloat16")},
    )
    for change in others:
        with pytest.raises(OutputError, match="holds an index already"):
            index_collection(
                model,
                change.get("collection", chosen),
                tmp_path / "index",
                change.get("factory", "Flat"),
                options=change.get("options"),
            )
    assert snapshot(tmp_path / "index") == before
    model.prompts["document"] = "ask "
    with pytest.raises(OutputError, match="holds an index already"):
        index_collection(model, chosen, tmp_path / "index")
    assert index_collection(model, chosen, tmp_path / "index", overwrite=True)
    assert json.loads(snapshot(tmp_path / "index")[ABOUT])["document_prompt"] == "ask "
    model.prompts["document-de"] = "sag "
    with pytest.raises(OutputError, match="holds an index already"):
        index_collection(model, chosen, tmp_path / "index")


def cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink], ids=["short", "flipped", "gone"])
@pytest.mark.parametrize(("name", "overwrite"), [(INDEX, False), (DOCID, True)])
def test_damaged_index_is_built_again_and_said(tmp_path, model, sample, caplog, name, overwrite, harm):
    chosen, options = sample.select(["de"]), EncodingOptions(cache=EmbeddingCache(tmp_path / "cache"))
    assert index_collection(model, chosen, tmp_path / "index", options=options)
    before = snapshot(tmp_path / "index")
    harm(tmp_path / "index" / name)
    assert index_collection(model, chosen, tmp_path / "index", options=options, overwrite=overwrite)
    assert f"index is damaged ({name}" in caplog.text
    assert snapshot(tmp_path / "index") == before


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked on Windows")
def test_second_writer_is_refused_and_disturbs_nothing(tmp_path, vectors, ids):
    work = work_folder(tmp_path / "index")
    code = """
import sys
from pathlib import Path
from beir_hybrid.storage.locks import locked
with locked(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""
    words = [sys.executable, "-c", code, str(work)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(OutputError, match=r"Another process is writing .*index\. Wait") as caught:
            write_index(tmp_path / "index", [vectors], ids)
        assert "\n" not in str(caught.value)
        assert [path.name for path in work.iterdir()] == [LOCK]
        other.kill()
    write_index(tmp_path / "index", [vectors], ids)  # a killed process holds nothing
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_index_that_came_meanwhile_stays(tmp_path, vectors, ids, monkeypatch):
    def build(*args, **options):
        found = parts.build(*args, **options)
        (tmp_path / "index").mkdir()
        (tmp_path / "index" / INDEX).write_text("theirs")
        return found

    monkeypatch.setattr(index_module, "build", build)
    with pytest.raises(OutputError, match="has changed since the work began"):
        write_index(tmp_path / "index", [vectors], ids)
    assert snapshot(tmp_path / "index") == {INDEX: b"theirs"}


def test_link_to_a_folder_stays_and_the_folder_is_used(tmp_path, vectors, ids):
    (tmp_path / "disk").mkdir()
    (tmp_path / "index").symlink_to(tmp_path / "disk")
    for rows in (ROWS, 7):
        write_index(tmp_path / "index", [vectors[:rows]], ids[:rows], overwrite=True)
        assert (tmp_path / "index").is_symlink()
        assert read_about(tmp_path / "disk")["passages"] == rows
    assert {path.name for path in tmp_path.iterdir()} == {"disk", "index"}


def test_current_folder_stays_the_same_folder(tmp_path, vectors, ids, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    number = here.stat().st_ino
    for rows in (ROWS, 7):
        write_index(Path(), [vectors[:rows]], ids[:rows], overwrite=True)
        assert read_about(Path())["passages"] == rows
        assert Path.cwd().stat().st_ino == number
    assert {path.name for path in here.iterdir()} == {INDEX, DOCID, ABOUT}
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_file_system_that_cannot_lock_is_written_all_the_same(tmp_path, vectors, ids, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def flock(handle, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    write_index(tmp_path / "index", [vectors], ids)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_full_disk_is_a_line_without_what_faiss_says_of_its_code(tmp_path, monkeypatch, vectors, ids):
    def full(index, path):
        raise RuntimeError(f"Error in void faiss::write_index(...): write error in {path}: 28 != 99 (No space left)")

    monkeypatch.setattr(faiss, "write_index", full)
    with pytest.raises(OutputError) as raised:
        write_index(tmp_path / "index", [vectors], ids)
    place = work_folder(tmp_path / "index")
    assert str(raised.value) == f"{place} cannot be written: 28 != 99 (No space left). Free space there."
