"""Time to draw a batch against the time to train on it.

Batches of 128 from the built-in sample's training pairs. Drawing: what ``HybridBatchSampler`` with the hybrid strategy
takes for each batch. Training: each step of sentence-transformers' Trainer with the ``static`` model, the fastest there
is to train, on such batches. The share is that of the medians. The package's target: below 1 %.

    python tests/benchmarks/drawing.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from itertools import pairwise

from beir_hybrid.batching.sampler import HybridBatchSampler
from beir_hybrid.datasets import load_pairs
from beir_hybrid.training import static_model

BATCH_SIZE = 128
STEPS = 200
EPOCHS = 25


def drawing_seconds(pairs):
    """Seconds of every batch, and of building the sampler."""
    start = time.perf_counter()
    sampler = HybridBatchSampler(pairs.dataset(), BATCH_SIZE, seed=0, strategy="hybrid")
    built = time.perf_counter() - start
    times = []
    for epoch in range(EPOCHS):
        sampler.set_epoch(epoch)
        start = time.perf_counter()
        for _ in sampler:
            times.append(time.perf_counter() - start)
            start = time.perf_counter()
    return times, built


def training_seconds(pairs):
    """Seconds of every step of the Trainer after the first ten, from the end of one step to the end of the next."""
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from transformers import TrainerCallback, set_seed

    class Clock(TrainerCallback):
        def __init__(self):
            self.ends = []

        def on_step_end(self, args, state, control, **kwargs):
            self.ends.append(time.perf_counter())

    set_seed(0)
    model, clock = static_model(pairs), Clock()
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=BATCH_SIZE,
            max_steps=STEPS,
            learning_rate=0.1,
            batch_sampler=HybridBatchSampler.configure(strategy="hybrid"),
            dataloader_pin_memory=False,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        loss = MultipleNegativesRankingLoss(model)
        trainer = SentenceTransformerTrainer(
            model=model, args=arguments, train_dataset=pairs.dataset(), loss=loss, callbacks=[clock]
        )
        trainer.train()
    return [end - start for start, end in pairwise(clock.ends[10:])]


def main():
    pairs = load_pairs("sample")
    drawing, built = drawing_seconds(pairs)
    training = training_seconds(pairs)
    print(f"{'':34}{'median':>10}{'fastest':>10}{'slowest':>10}")  # noqa: T201
    for name, times in (("drawing a batch, ms", drawing), ("training step, ms", training)):
        values = [1000 * value for value in (statistics.median(times), min(times), max(times))]
        print(f"{name:34}" + "".join(f"{value:10.3f}" for value in values))  # noqa: T201
    share = statistics.median(drawing) / statistics.median(training)
    print(f"{'share of a step':34}{share:10.2%}{'(target: below 1 %)':>28}")  # noqa: T201
    print(f"{'building the sampler, ms (once)':34}{1000 * built:10.1f}")  # noqa: T201


if __name__ == "__main__":
    main()
