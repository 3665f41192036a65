"""Time and memory of writing an index of a million vectors from a memory-mapped file, against Faiss alone.

Random normalised vectors of 384 dimensions, written once as a ``.npy`` file to a temporary folder or to the one given,
which is kept and used again (1.5 GB, and as much for each index). Faiss alone trains on the same number of vectors,
adds all of them in blocks and writes its file; ours is the whole call of ``write_index``, with parts that outlive a
kill, checksums and ids. Each runs in a process of its own, one after the other. Memory is what the process holds of its
own (Linux, anonymous pages) at its peak, sampled every 50 ms, beyond what it held before and beyond the index: a
target of the package is less than 1 GB.

    python plugins/pyserini/tests/benchmarks/index.py [FOLDER] [FACTORY ...]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

PASSAGES, DIMENSIONS, BLOCK = 1_000_000, 384, 16_384
FACTORIES = ("Flat", "IVF256,Flat", "HNSW16")
TRAINED = 256 * 39  # Faiss asks for 39 vectors of each list


def write_vectors(path):
    """Write the vectors in blocks, so that they are never in memory."""
    rng = np.random.default_rng(0)
    with path.with_suffix(".tmp").open("wb") as file:
        form = {"descr": "<f4", "fortran_order": False, "shape": (PASSAGES, DIMENSIONS)}
        np.lib.format.write_array_header_1_0(file, form)
        for start in range(0, PASSAGES, BLOCK):
            vectors = rng.standard_normal((min(BLOCK, PASSAGES - start), DIMENSIONS), dtype=np.float32)
            file.write((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).tobytes())
    path.with_suffix(".tmp").rename(path)


def held():
    """Bytes of anonymous memory that the process holds."""
    words = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(words["RssAnon"].split()[0]) * 1024


def faiss_alone(vectors, factory, folder):
    import faiss

    folder.mkdir()
    index = faiss.index_factory(DIMENSIONS, factory, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        rows = np.sort(np.random.default_rng(1).choice(PASSAGES, TRAINED, replace=False))
        index.train(np.ascontiguousarray(vectors[rows]))
    for start in range(0, PASSAGES, BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))
    faiss.write_index(index, str(folder / "index"))


def ours(vectors, factory, folder):
    from beir_hybrid_pyserini.index import write_index

    write_index(folder, [vectors], (f"en:{number}" for number in range(PASSAGES)), factory)


WORKS = {"faiss": faiss_alone, "ours": ours}


def measure(work, factory, path):
    """Run one of the two in this process, and print its seconds and bytes of memory."""
    vectors = np.load(path, mmap_mode="r")
    folder = path.parent / f"{work}-{factory}"
    shutil.rmtree(folder, ignore_errors=True)
    before, peak, done = held(), [0], threading.Event()

    def watch():
        while not done.wait(0.05):
            peak[0] = max(peak[0], held())

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.perf_counter()
    WORKS[work](vectors, factory, folder)
    seconds = time.perf_counter() - start
    done.set()
    thread.join()
    beyond = peak[0] - before - (folder / "index").stat().st_size
    shutil.rmtree(folder)
    print(f"{seconds} {beyond}")  # noqa: T201


def compare(folder, factories):
    path = folder / "vectors.npy"
    if not path.exists():
        write_vectors(path)
    print(f"{'index':16}{'faiss, s':>10}{'ours, s':>10}{'ratio':>8}{'memory beyond the index, MB':>30}")  # noqa: T201
    for factory in factories:
        found = {}
        for work in WORKS:
            command = [sys.executable, __file__, "--measure", work, factory, str(path)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            found[work] = [float(word) for word in run.stdout.split()]
        (alone, _), (seconds, beyond) = found["faiss"], found["ours"]
        numbers = f"{alone:10.1f}{seconds:10.1f}{seconds / alone:8.2f}{beyond / 1e6:30.0f}"
        print(f"{factory:16}{numbers}", flush=True)  # noqa: T201


def main():
    words = sys.argv[1:]
    if words[:1] == ["--measure"]:
        measure(words[1], words[2], Path(words[3]))
    elif words:
        folder = Path(words[0])
        folder.mkdir(parents=True, exist_ok=True)
        compare(folder, words[1:] or FACTORIES)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), FACTORIES)


if __name__ == "__main__":
    main()
