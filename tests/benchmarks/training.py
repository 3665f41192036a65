"""Training speed with planned batches over virtual rows against the host's plain training.

XQuAD-R's 143,990 examples, batches of 128, the ``static`` model (the fastest there is to train, so that every other
model hides more of what drawing and reading cost). Plain: sentence-transformers' Trainer over an ordinary Dataset, all
texts written out, with its default sampler. Ours: the same Trainer over ``pairs.dataset()`` with ``HybridBatchSampler``
and the hybrid strategy. Both in one process, in turns, which one first in turns too. A run's speed is that of its steps
after the first ten: over all of them, and by the median step, which other work on the machine disturbs less. The
package's target: a median ratio of at least 0.98.

    BEIR_HYBRID_DATA=... python tests/benchmarks/training.py
"""

from __future__ import annotations

import copy
import os
import statistics
import tempfile
import time
from itertools import pairwise

import datasets

from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.datasets import load_pairs
from beir_hybrid.training import static_model

BATCH_SIZE = 128
STEPS = 60
WARM_UP = 10
REPEATS = 7


def step_seconds(model, dataset, **options):
    """Seconds of the steps of one run, from the end of one to the end of the next, from a copy of the model."""
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import PrinterCallback, TrainerCallback, set_seed

    class Clock(TrainerCallback):
        def __init__(self):
            self.ends = []

        def on_step_end(self, args, state, control, **kwargs):
            self.ends.append(time.perf_counter())

    set_seed(0)
    model, clock = copy.deepcopy(model), Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=BATCH_SIZE,
            max_steps=STEPS,
            learning_rate=0.1,
            dataloader_pin_memory=False,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **options,
        )
        loss = MultipleNegativesRankingLoss(model)
        trainer = SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=dataset, loss=loss, callbacks=[clock]
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return [end - start for start, end in pairwise(clock.ends[WARM_UP - 1 :])]


def main():
    datasets.disable_progress_bars()
    pairs = load_pairs("xquad-r", os.environ["BEIR_HYBRID_DATA"])
    model = static_model(pairs)
    virtual = pairs.dataset()
    plain = datasets.Dataset.from_dict(virtual[:])

    def host():
        return step_seconds(model, plain)

    def ours():
        return step_seconds(model, virtual, batch_sampler=HybridBatchSampler.configure(strategy="hybrid"))

    runs = {host: [], ours: []}
    for repeat in range(REPEATS):
        for run in (host, ours) if repeat % 2 == 0 else (ours, host):
            runs[run].append(run())
    print(f"{'':34}{'median':>10}{'lowest':>10}{'highest':>10}")  # noqa: T201
    for name, seconds in (("whole runs", sum), ("median steps", statistics.median)):
        theirs, own = ([1 / seconds(steps) for steps in runs[run]] for run in (host, ours))
        count = STEPS - WARM_UP if seconds is sum else 1
        ratios = [speed / plain for plain, speed in zip(theirs, own, strict=True)]
        rows = (("host, steps/s", theirs, count), ("ours, steps/s", own, count), ("ratio", ratios, 1))
        for label, values, factor in rows:
            low, middle, high = (factor * value for value in (min(values), statistics.median(values), max(values)))
            print(f"{name + ': ' + label:34}{middle:10.3f}{low:10.3f}{high:10.3f}")  # noqa: T201
    print("target: a median ratio of whole runs of at least 0.98")  # noqa: T201


if __name__ == "__main__":
    main()
