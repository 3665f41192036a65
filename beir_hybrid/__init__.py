"""Hybrid batch training and multilingual evaluation for dense retrievers.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beir_hybrid.batching.examples import example_dataset
    from beir_hybrid.batching.loader import HybridBatchDataLoader
    from beir_hybrid.batching.plan import BatchPlan
    from beir_hybrid.batching.sampler import HybridBatchSampler
    from beir_hybrid.batching.sampling import Sampling
    from beir_hybrid.collection import MultilingualCollection, Passage
    from beir_hybrid.datasets import load_dataset, load_pairs
    from beir_hybrid.errors import BeirHybridError
    from beir_hybrid.evaluation.evaluate import evaluate
    from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
    from beir_hybrid.evaluation.results import Results
    from beir_hybrid.pairs import Pair, ParallelPairs
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.fit import fit
    from beir_hybrid.training.losses import (
        CachedGroupMaskedMultipleNegativesRankingLoss,
        GroupMaskedMultipleNegativesRankingLoss,
    )
    from beir_hybrid.training.options import TrainingOptions
    from beir_hybrid.training.retriever import TrainRetriever
    from beir_hybrid.training.train import train
    from beir_hybrid.training.trainer import HybridBatchTrainer

__version__ = "0.1.0"

__all__ = [
    "BatchPlan",
    "BeirHybridError",
    "CachedGroupMaskedMultipleNegativesRankingLoss",
    "GroupMaskedMultipleNegativesRankingLoss",
    "HybridBatchDataLoader",
    "HybridBatchSampler",
    "HybridBatchTrainer",
    "HybridBatchTrainingArguments",
    "MultilingualCollection",
    "MultilingualRetrievalEvaluator",
    "Pair",
    "ParallelPairs",
    "Passage",
    "Results",
    "Sampling",
    "TrainRetriever",
    "TrainingOptions",
    "evaluate",
    "example_dataset",
    "fit",
    "load_dataset",
    "load_pairs",
    "train",
]

_HOMES = {
    "BatchPlan": "batching.plan",
    "BeirHybridError": "errors",
    "CachedGroupMaskedMultipleNegativesRankingLoss": "training.losses",
    "GroupMaskedMultipleNegativesRankingLoss": "training.losses",
    "HybridBatchDataLoader": "batching.loader",
    "HybridBatchSampler": "batching.sampler",
    "HybridBatchTrainer": "training.trainer",
    "HybridBatchTrainingArguments": "training.arguments",
    "MultilingualCollection": "collection",
    "MultilingualRetrievalEvaluator": "evaluation.evaluator",
    "Pair": "pairs",
    "ParallelPairs": "pairs",
    "Passage": "collection",
    "Results": "evaluation.results",
    "Sampling": "batching.sampling",
    "TrainRetriever": "training.retriever",
    "TrainingOptions": "training.options",
    "evaluate": "evaluation.evaluate",
    "example_dataset": "batching.examples",
    "fit": "training.fit",
    "load_dataset": "datasets",
    "load_pairs": "datasets",
    "train": "training.train",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
