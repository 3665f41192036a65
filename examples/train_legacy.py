"""Planned batches in the training calls of older scripts: old_fit, fit and a loop of one's own.

    python examples/train_legacy.py

It needs no download: the texts are the built-in sample, the model averages one untrained vector per token.
"""

import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid import HybridBatchDataLoader, ParallelPairs, evaluate, fit, load_dataset, load_pairs
from beir_hybrid.training import static_model

LANGUAGES = ("de", "en")
EPOCHS = 10
OPTIMIZER = {"lr": 0.1}


def with_old_fit(model: SentenceTransformer, loader: HybridBatchDataLoader) -> None:
    loss = MultipleNegativesRankingLoss(model)
    model.old_fit([(loader, loss)], epochs=EPOCHS, warmup_steps=0, optimizer_params=OPTIMIZER, show_progress_bar=False)


def with_fit(model: SentenceTransformer, loader: HybridBatchDataLoader) -> None:
    loss = MultipleNegativesRankingLoss(model)
    with tempfile.TemporaryDirectory() as output:
        fit(
            model,
            [(loader, loss)],
            epochs=EPOCHS,
            warmup_steps=0,
            optimizer_params=OPTIMIZER,
            output_path=output,
            show_progress_bar=False,
        )


def with_a_loop(model: SentenceTransformer, loader: HybridBatchDataLoader) -> None:
    loss = MultipleNegativesRankingLoss(model)
    optimizer = torch.optim.AdamW(model.parameters(), **OPTIMIZER)
    loader.collate_fn = model.smart_batching_collate
    for epoch in range(EPOCHS):
        loader.set_epoch(epoch)
        for features, labels in loader:
            optimizer.zero_grad()
            loss(features, labels).backward()
            optimizer.step()


def score(model: SentenceTransformer) -> float:
    """Mean average precision of German and English questions in a pool of both languages."""
    return evaluate(model, load_dataset("sample", languages=LANGUAGES)).scores["multi"]["map"]


def untrained(pairs: ParallelPairs) -> SentenceTransformer:
    torch.manual_seed(0)
    return static_model(pairs, dimensions=16)


def main() -> None:
    pairs = load_pairs("sample", languages=LANGUAGES)
    print(f"untrained    {score(untrained(pairs)):.4f}")
    for train in (with_old_fit, with_fit, with_a_loop):
        model = untrained(pairs)
        train(model, HybridBatchDataLoader(pairs, batch_size=32, strategy="hybrid", alpha=0.5))
        print(f"{train.__name__:<12} {score(model):.4f}")


if __name__ == "__main__":
    main()
