"""Training and evaluation in one script: two strategies, each judged in every setting and by BEIR's own evaluation.

    python examples/train_and_evaluate.py [TRAINING_DATA DATASET]

As it stands it needs no download: it trains static embeddings on the built-in sample. With XQuAD-R and MLQA-R at hand,
give ``mlqa-r xquad-r``; with a GPU, any SentenceTransformer in place of ``static_model``.
"""

import sys
import tempfile

import torch
from beir.retrieval.evaluation import EvaluateRetrieval
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from beir_hybrid import HybridBatchSampler, ParallelPairs, evaluate, load_dataset, load_pairs
from beir_hybrid.hosts.beir import BeirExactSearch
from beir_hybrid.training import static_model

STRATEGIES = ("x-x-mono", "hybrid")


def train(pairs: ParallelPairs, strategy: str) -> SentenceTransformer:
    torch.manual_seed(0)
    model = static_model(pairs, dimensions=128)
    with tempfile.TemporaryDirectory() as folder:
        args = SentenceTransformerTrainingArguments(
            folder,
            max_steps=100,
            per_device_train_batch_size=64,
            learning_rate=0.2,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
            batch_sampler=HybridBatchSampler.configure(strategy=strategy),
        )
        SentenceTransformerTrainer(
            model=model, args=args, train_dataset=pairs.dataset(), loss=MultipleNegativesRankingLoss(model)
        ).train()
    return model


def main() -> None:
    training_data, dataset = sys.argv[1:] or ("sample", "sample")
    pairs, collection = load_pairs(training_data), load_dataset(dataset)
    # questions in English, passages in all languages: one of the settings, judged by BEIR
    corpus, queries, qrels = collection.beir(queries="en")
    for strategy in STRATEGIES:
        model = train(pairs, strategy)
        scores = evaluate(model, collection, intervals=False).scores
        print(strategy)
        for kind, measures in scores.items():
            print(f"  {kind:<6}", "  ".join(f"{name} {value:.4f}" for name, value in measures.items()))
        retriever = EvaluateRetrieval(BeirExactSearch(model), k_values=[10, 100], score_function="cos_sim")
        ndcg, *_ = retriever.evaluate(qrels, retriever.retrieve(corpus, queries), retriever.k_values)
        print("  en-all, by BEIR:", "  ".join(f"{name} {value:.4f}" for name, value in ndcg.items()))


if __name__ == "__main__":
    main()
