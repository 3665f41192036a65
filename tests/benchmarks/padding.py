"""Padding in planned batches, grouped by length and not, and in the host's own, and what it costs in training.

MLQA-R's questions and passages, the hybrid strategy. Slots: what a transformer computes for every real token, over two
epochs, if each column of a batch is filled up to its longest sequence, and, with ``parts of 32``, as the cached losses
do it, each part of 32 rows up to its own. Speed: steps of training (texts to tokens, both directions through the model,
AdamW) with batches of the three ways in turns, in one process, so that other work on the machine disturbs all alike, on
a CPU in CPU time; ratios are those of examples per second over rounds of eight steps each, after one round to warm up.

    BEIR_HYBRID_DATA=... python tests/benchmarks/padding.py MODEL [BATCH_SIZE [SECONDS]]

MODEL is a folder of a sentence-transformer that pads, or its name; without seconds only slots are counted.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import time

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from torch.utils.data import BatchSampler, RandomSampler

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.datasets import load_pairs

PREFIXES = {"anchor": "Query: ", "positive": "Passage: "}
PART = 32
ROUND = 8
EPOCHS = 2


def texts_of(dataset, rows):
    read = dataset[list(rows)]
    return [[prefix + text for text in read[column]] for column, prefix in PREFIXES.items()]


def planned(plan):
    for epoch in itertools.count():
        for batch in plan.batches(epoch):
            yield batch.rows.tolist()


def drawn_by_host(rows, size):
    while True:
        yield from BatchSampler(RandomSampler(range(rows)), size, drop_last=True)


def padded(lengths, part):
    """Slots of a column whose parts are filled up to their longest sequences."""
    return sum(
        len(rows) * max(rows) for rows in (lengths[start : start + part] for start in range(0, len(lengths), part))
    )


def slots(model, dataset, batches):
    """Slots for every real token, in whole batches and in parts."""
    known: dict[str, int] = {}
    counts = np.zeros(3)
    for rows in batches:
        for texts in texts_of(dataset, rows):
            new = [text for text in set(texts) if text not in known]
            known |= {text: len(ids) for text, ids in zip(new, token_ids(model, new), strict=True)}
            lengths = [known[text] for text in texts]
            counts += [sum(lengths), padded(lengths, len(lengths)), padded(lengths, PART)]
    return counts[1] / counts[0], counts[2] / counts[0]


def token_ids(model, texts):
    return model.tokenizer(texts, truncation=True, max_length=model.max_seq_length)["input_ids"] if texts else []


def step_seconds(model, loss, optimizer, dataset, rows):
    clock = time.process_time if model.device.type == "cpu" else time.perf_counter  # others' work takes no CPU time
    start = clock()
    features = [model.preprocess(texts) for texts in texts_of(dataset, rows)]
    features = [
        {name: value.to(model.device) if isinstance(value, torch.Tensor) else value for name, value in column.items()}
        for column in features
    ]
    loss(features, None).backward()
    optimizer.step()
    optimizer.zero_grad()
    if model.device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def measure_speed(model, dataset, ways, size, limit):
    """Examples per second of each way, by rounds of steps in turns."""
    loss, optimizer = MultipleNegativesRankingLoss(model), torch.optim.AdamW(model.parameters(), lr=2e-5)
    model.train()
    rounds = []
    end = time.perf_counter() + limit
    while len(rounds) < 3 or time.perf_counter() < end:
        times = dict.fromkeys(ways, 0.0)
        for _ in range(ROUND):
            for name, batches in ways.items():
                times[name] += step_seconds(model, loss, optimizer, dataset, next(batches))
        rounds.append({name: ROUND * size / seconds for name, seconds in times.items()})
    return rounds[1:]


def main():
    torch.manual_seed(0)
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 32
    model = SentenceTransformer(sys.argv[1])
    pairs = load_pairs("mlqa-r", os.environ["BEIR_HYBRID_DATA"])
    dataset = pairs.dataset()
    plans = {
        name: BatchPlan(pairs.index, "hybrid", size, sampling=Sampling(group_by_length=grouped))
        for name, grouped in (("grouped", True), ("planned", False))
    }
    steps = EPOCHS * len(plans["planned"])
    ways = {**{name: planned(plan) for name, plan in plans.items()}, "host": drawn_by_host(len(dataset), size)}
    print(f"{f'batch size {size}':20}{'slots per token':>18}{f'in parts of {PART}':>18}")  # noqa: T201
    for name, batches in ways.items():
        whole, parts = slots(model, dataset, itertools.islice(batches, steps))
        print(f"{name:20}{whole:18.2f}{parts:18.2f}")  # noqa: T201
    if len(sys.argv) < 4:
        return
    rounds = measure_speed(model, dataset, ways, size, float(sys.argv[3]))
    print(f"{len(rounds)} rounds of {ROUND} steps each, examples/s: median, lowest, highest")  # noqa: T201
    for name in ways:
        speeds = [one[name] for one in rounds]
        print(f"{name:20}{statistics.median(speeds):18.2f}{min(speeds):18.2f}{max(speeds):18.2f}")  # noqa: T201
    for other, target in (("planned", 1.4), ("host", 1.3)):
        ratios = [one["grouped"] / one[other] for one in rounds]
        whole = sum(1 / one[other] for one in rounds) / sum(1 / one["grouped"] for one in rounds)
        print(  # noqa: T201
            f"grouped / {other:10}{statistics.median(ratios):18.2f}{min(ratios):18.2f}{max(ratios):18.2f}"
            f"   over all {whole:.2f} (target: at least {target})"
        )


if __name__ == "__main__":
    main()
