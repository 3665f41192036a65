"""Readiness, memory and speed of the plan on ten million parallel groups, beside the host's own samplers.

Synthetic ids without texts: ten million groups, all in nine languages, 810 million examples. Ready: from the table of
which group has which language to the plan that can draw. Drawing: hybrid batches of 128, with the dataset row of each
example and the references that a row stands for (its group and languages). Middle of an epoch: the first batch that is
asked of an epoch not drawn from before, in its middle; most of it goes into the kind and language of each of the
epoch's 703,125 steps. The memory is what the process holds more after all that, and at its peak (Linux). The package's
targets: ready in 3 s, below 500 MB, above 200,000 rows/s, the middle of an epoch within 50 ms.

The host's samplers run in the same process at sizes they can hold, over one epoch or ten seconds of it. They replay an
epoch up to its middle, and what they prepare (permutations, hashes) counts into their first batch.

    python tests/benchmarks/batching.py
"""

from __future__ import annotations

import itertools
import resource
import statistics
import time
from pathlib import Path

import numpy as np

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.pairs.index import ExampleIndex

GROUPS = 10_000_000
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "ru", "th", "zh")
BATCH_SIZE = 128
REPEATS = 5
STEPS = 1000  # of each repeat
LIMIT = 10  # seconds of drawing from one of the host's samplers


def held_megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def draw(plan, epoch, start):
    index = plan.sources[0]
    for batch in itertools.islice(plan.batches(epoch, start), STEPS):
        index.examples(batch.rows)


def measure_plan():
    """Rows of the table for the plan: name, value and target."""
    presence = np.ones((GROUPS, len(LANGUAGES)), bool)
    before = held_megabytes()
    index_seconds, index = seconds(lambda: ExampleIndex.parallel(LANGUAGES, presence))
    plan_seconds, plan = seconds(lambda: BatchPlan(index, build_strategy("hybrid"), BATCH_SIZE, seed=0))
    # the first, in a process that has drawn nothing at all, and later ones
    middles = [seconds(lambda epoch=epoch: plan.batch(epoch, len(plan) // 2))[0] for epoch in range(1, 2 + REPEATS)]
    speeds = [
        STEPS * BATCH_SIZE / seconds(lambda part=part: draw(plan, 1 + REPEATS, part * STEPS))[0]
        for part in range(REPEATS)
    ]
    held = held_megabytes() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before
    return [
        ("ready, s", f"{index_seconds + plan_seconds:.2f}", "below 3"),
        ("memory added, MB", f"{held:.0f}", "below 500"),
        ("memory added at its peak, MB", f"{peak:.0f}", "below 500"),
        ("rows/s, median", f"{statistics.median(speeds):,.0f}", "above 200,000"),
        ("rows/s, slowest", f"{min(speeds):,.0f}", ""),
        ("middle of an epoch, ms, median", f"{1000 * statistics.median(middles[1:]):.1f}", "below 50"),
        ("middle of an epoch, ms, the very first", f"{1000 * middles[0]:.1f}", ""),
    ]


def host_samplers():
    """The host's samplers: name, number of rows, and how to make one."""
    import torch
    from datasets import Dataset
    from sentence_transformers.base.sampler import (
        DefaultBatchSampler,
        NoDuplicatesBatchSampler,
        ProportionalBatchSampler,
    )
    from torch.utils.data import ConcatDataset, RandomSampler

    generator = torch.Generator().manual_seed(0)

    def default(rows):
        return DefaultBatchSampler(RandomSampler(range(rows), generator=generator), BATCH_SIZE, True, None, generator)

    def proportional(rows):
        pairs = len(LANGUAGES) ** 2
        parts = [default(rows // pairs) for _ in range(pairs)]
        return ProportionalBatchSampler(ConcatDataset([range(rows // pairs)] * pairs), parts, generator, 0)

    def no_duplicates(rows, hashes):
        return NoDuplicatesBatchSampler(texts[rows], BATCH_SIZE, True, None, generator, 0, precompute_hashes=hashes)

    texts = {
        rows: Dataset.from_dict({name: [f"{name} {row}" for row in range(rows)] for name in ("anchor", "positive")})
        for rows in (100_000,)
    }
    return [
        ("default over RandomSampler", GROUPS, lambda: default(GROUPS)),
        ("proportional over 81 pairs", 8_100_000, lambda: proportional(8_100_000)),
        ("no duplicates", 100_000, lambda: no_duplicates(100_000, False)),
        ("no duplicates, hashed", 100_000, lambda: no_duplicates(100_000, True)),
    ]


def measure_host(make):
    """Seconds to construct, to the first batch and to the middle of the second epoch, and rows/s between."""
    built, sampler = seconds(make)
    batches = iter(sampler)
    first, _ = seconds(lambda: next(batches))
    drawn, start = 0, time.perf_counter()
    for _ in batches:
        drawn += 1
        if time.perf_counter() - start > LIMIT:
            break
    speed = drawn * BATCH_SIZE / (time.perf_counter() - start)
    sampler.set_epoch(1)
    middle, _ = seconds(lambda: next(itertools.islice(sampler, len(sampler) // 2, None)))
    return built, first, speed, middle


def main():
    rows = measure_plan()  # before the host is imported, whose memory is not ours
    print(f"{'plan over 810,000,000 rows':40}{'':>12}{'target':>18}")  # noqa: T201
    for name, value, target in rows:
        print(f"{name:40}{value:>12}{target:>18}")  # noqa: T201
    import datasets

    datasets.disable_progress_bars()
    print()  # noqa: T201
    print(f"{'host':30}{'rows':>12}{'built, s':>10}{'first, s':>10}{'rows/s':>12}{'middle, ms':>12}")  # noqa: T201
    for name, size, make in host_samplers():
        built, first, speed, middle = measure_host(make)
        print(f"{name:30}{size:12,}{built:10.3f}{first:10.2f}{speed:12,.0f}{1000 * middle:12.0f}")  # noqa: T201


if __name__ == "__main__":
    main()
