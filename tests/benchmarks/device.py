"""Throughput of exact search with the product on a device, against this processor's own.

Random normalised vectors in one language, a few relevant passages to each query among the nearest of a sample, so that
thresholds lie where a model's do. For every precision: seconds and comparisons a second of counting ranks and of
finding the first passages, the ratio to the search without a device, whether the results are the same bit for bit,
and how many pairs were undecided and scored exactly. The device is tried out and warmed before. The target where a GPU
is at hand: 20 times this processor's throughput.

    python tests/benchmarks/device.py --device cuda
    python tests/benchmarks/device.py --device cpu --queries 500 --passages 50000
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time

import numpy as np

from beir_hybrid.evaluation.search.device import choose_device
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.ranks import exact_ranks


def normalised(rng, count, dimensions, centre):
    vectors = rng.standard_normal((count, dimensions), dtype=np.float32) + centre
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def judge(rng, queries, passages, each):
    """Draw relevant passages among the nearest tenth of a sample."""
    sample = np.sort(rng.choice(len(passages), min(len(passages), 2000), replace=False))
    order = np.argsort(-(queries @ passages[sample].T), axis=1)[:, : max(each, len(sample) // 10)]
    chosen = rng.permuted(order, axis=1)[:, :each]
    return np.repeat(np.arange(len(queries)), each), sample[chosen].reshape(-1)


def timed(work, repeats):
    """Return the median of the seconds that some calls take, and what the last returned."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precisions", nargs="+", default=["float32", "tf32", "bfloat16"])
    sizes = {"queries": 2000, "passages": 10**6, "dimensions": 384, "relevant": 2, "depth": 100, "repeats": 3}
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--centre", type=float, default=0.0, help="how alike all vectors are: 0 for not at all")
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("beir_hybrid").setLevel(logging.DEBUG)
    rng = np.random.default_rng(0)
    centre = options.centre * rng.standard_normal(options.dimensions, dtype=np.float32)
    queries, passages = (
        normalised(rng, count, options.dimensions, centre) for count in (options.queries, options.passages)
    )
    query, passage = judge(rng, queries, passages, options.relevant)

    def identifiers(numbers):
        return [f"{number:09}" for number in numbers.tolist()]

    def rank(device=None):
        return exact_ranks(queries, [passages], query, passage, identifiers, device=device)

    def search(device=None):
        return exact_search(queries, [passages], options.depth, identifiers, device=device)

    compared = options.queries * options.passages
    expected = {work.__name__: timed(work, options.repeats) for work in (rank, search)}
    print(f"{'':24}{'seconds':>10}{'10^9 pairs/s':>14}{'ratio':>8}  same")  # noqa: T201
    for name, (seconds, _) in expected.items():
        print(f"{name + ', numpy':24}{seconds:10.3f}{compared / seconds / 1e9:14.3f}{1:8.2f}")  # noqa: T201
    for precision in options.precisions:
        device = choose_device(options.device, precision, compared)
        for work in (rank, search):
            work(device)
            seconds, result = timed(lambda work=work, device=device: work(device), options.repeats)
            before, right = expected[work.__name__]
            row = f"{f'{work.__name__}, {precision}':24}{seconds:10.3f}{compared / seconds / 1e9:14.3f}"
            print(f"{row}{before / seconds:8.2f}  {same(result, right)}")  # noqa: T201


if __name__ == "__main__":
    main()
