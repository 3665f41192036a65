"""How many anchors meet a false negative in their batch: the planned batches against the host's samplers.

1,000 batches of 128 over all examples (every question language with every passage language) of MLQA-R and XQuAD-R. An
anchor has a false negative by group if another row of its batch holds the same question's group, so that its positive
is a translation of the anchor's own; by answer if a row of another group is answered by the same passage in some
language. The share is that of anchors with at least one, over all batches. The host's samplers draw from the same
examples, materialised as a plain Dataset with the columns anchor and positive. The package's target: 0 for its own.

    BEIR_HYBRID_DATA=... python tests/benchmarks/false_negatives.py
"""

from __future__ import annotations

import itertools
import os

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers.base.sampler import DefaultBatchSampler, NoDuplicatesBatchSampler
from torch.utils.data import RandomSampler

from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.datasets import load_pairs

BATCH_SIZE = 128
BATCHES = 1000


def samplers(pairs):
    """One batch sampler per way to draw; row numbers are those of ``pairs.dataset()`` for all of them."""
    virtual = pairs.dataset()
    plain = Dataset.from_dict(virtual[:])
    generator = torch.Generator()
    return {
        "hybrid": HybridBatchSampler(virtual, BATCH_SIZE, seed=0, strategy="hybrid"),
        "host: default": DefaultBatchSampler(
            RandomSampler(plain, generator=generator.manual_seed(0)), BATCH_SIZE, True, None, generator
        ),
        "host: NO_DUPLICATES": NoDuplicatesBatchSampler(plain, BATCH_SIZE, True, None, torch.Generator(), 0),
    }


def batches(sampler):
    """Draw from as many epochs as it takes."""
    for epoch in itertools.count():
        sampler.set_epoch(epoch)
        yield from sampler


def shared(values):
    """Whether each value occurs once more at least."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return counts[inverse] > 1


def shares(pairs, sampler):
    """Shares of anchors with a false negative by group, by answer, and by either."""
    index = pairs.index
    counts, anchors = np.zeros(3), 0
    for rows in itertools.islice(batches(sampler), BATCHES):
        groups, _, _ = index.examples(np.array(rows))
        answers = groups if index.answer is None else index.answer[groups]
        by_group, either = shared(groups), shared(answers)  # a group has one answer
        own = np.unique(groups)
        own_answers = own if index.answer is None else index.answer[own]
        by_answer = shared(own_answers)[np.searchsorted(own, groups)]  # another group with that answer
        counts += by_group.sum(), by_answer.sum(), either.sum()
        anchors += len(rows)
    return counts / anchors


def main():
    folder = os.environ["BEIR_HYBRID_DATA"]
    print(f"{'anchors with a false negative':34}{'by group':>10}{'by answer':>11}{'either':>10}")  # noqa: T201
    for name in ("mlqa-r", "xquad-r"):
        pairs = load_pairs(name, folder)
        for sampler, drawn in samplers(pairs).items():
            group, answer, either = shares(pairs, drawn)
            print(f"{name:10}{sampler:24}{group:10.2%}{answer:11.2%}{either:10.2%}")  # noqa: T201


if __name__ == "__main__":
    main()
