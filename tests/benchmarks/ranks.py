"""Time and memory of ranking XQuAD-R's relevant passages exactly, against the bare matrix product.

Random normalised vectors in XQuAD-R's sizes: 13,090 queries against 13,014 passages in 11 languages, 384 dimensions, 11
relevant passages each. The matrix product takes blocks of 600 queries against all passages and keeps nothing. Both run
in the same process, in turns; the ratio is that of their medians. The memory is what ranking adds at its peak to the
vectors themselves (Linux). The package's targets: a ratio of at most 1.6, and less than 1000 MB.

    python tests/benchmarks/ranks.py
"""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path

import numpy as np

from beir_hybrid.evaluation.ranks import exact_ranks

SIZES = (1222, 1276, 1234, 1180, 1215, 1244, 1219, 852, 1167, 1209, 1196)  # passages by language, 13,014 in all
QUERIES = 13_090
DIMENSIONS = 384
BLOCK = 600
REPEATS = 5


def normalised(rng, count):
    vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    rng = np.random.default_rng(0)
    total = sum(SIZES)
    passages = [normalised(rng, size) for size in SIZES]
    pool = np.concatenate(passages)
    queries = normalised(rng, QUERIES)
    offsets = np.cumsum(SIZES) - SIZES
    query = np.repeat(np.arange(QUERIES), len(SIZES))
    passage = (offsets + rng.integers(0, SIZES, (QUERIES, len(SIZES)))).reshape(-1)
    grade, id_order = np.ones_like(query), rng.permutation(total)

    def rank():
        exact_ranks(queries, passages, query, passage, grade, id_order)

    def multiply():
        scores = np.empty((BLOCK, total), np.float32)
        for start in range(0, QUERIES, BLOCK):
            block = queries[start : start + BLOCK]
            np.matmul(block, pool.T, out=scores[: len(block)])

    # the peak of the process so far may be above what it holds now: take the latter
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    rank()
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - held) / 1e6
    multiply()
    times = [(seconds(multiply), seconds(rank)) for _ in range(REPEATS)]
    product, ranking = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{'':24}{'median':>10}{'fastest':>10}{'slowest':>10}")  # noqa: T201
    for name, column in zip(("matrix product, s", "exact ranks, s"), zip(*times, strict=True), strict=True):
        print(f"{name:24}{statistics.median(column):10.2f}{min(column):10.2f}{max(column):10.2f}")  # noqa: T201
    print(f"{'ratio':24}{ranking / product:10.2f}{'(target: at most 1.6)':>30}")  # noqa: T201
    print(f"{'peak memory added, MB':24}{megabytes:10.0f}{'(target: below 1000)':>30}")  # noqa: T201


if __name__ == "__main__":
    main()
