import subprocess
import sys

import pytest

import beir_hybrid

PUBLIC = [
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


def test_public_surface_is_pinned_and_sorted():
    assert beir_hybrid.__all__ == PUBLIC == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_is_the_thing_of_that_name(name):
    assert getattr(beir_hybrid, name).__name__ == name


def test_every_public_name_is_listed_by_dir():
    assert set(PUBLIC) <= set(dir(beir_hybrid))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'evalute'"):
        beir_hybrid.evalute  # noqa: B018  the access itself is under test


@pytest.mark.parametrize(
    "statement",
    ["import beir_hybrid", "from beir_hybrid.cli.main import main", "from beir_hybrid.datasets import load_dataset"],
)
def test_import_is_lazy(statement):
    # a process of its own: this one has imported everything already
    code = f"{statement}; import sys; print(sorted({{'torch', 'sentence_transformers', 'beir'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
