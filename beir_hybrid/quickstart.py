"""The quickstart: three strategies on the built-in sample."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import OutputError
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.storage.files import check_output
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

STRATEGIES = ("x-x-mono", "x-y", "hybrid")
COLUMNS = (("mono", "map"), ("cross", "map"), ("multi", "map"), ("multi", "rank_distance"))
INTRODUCTION = (
    "Training three static encoders on the built-in sample: questions and passages in 11 languages, the same texts and "
    "the same number of steps, only the batches differ."
)

_ARGUMENTS = {
    "num_train_epochs": 20,  # enough for the losses to level off
    "per_device_train_batch_size": 128,
    "learning_rate": 0.1,
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
}


def run(seed: int = 0, output: Path | None = None) -> dict[str, Results]:
    """Train a ``static`` encoder on the sample's train groups with each strategy and evaluate it on its test groups.

    Args:
        seed: Seed of the models' first vectors and of the batches.
        output: Folder to keep the trained models and their results in; None for a temporary one.

    Returns:
        Results by strategy.

    Raises:
        OutputError: If the folder holds such models already, or cannot be written.
    """
    check_folder(output)
    with tempfile.TemporaryDirectory(prefix="beir-hybrid-") as temporary:
        folder = output or Path(temporary)
        return {strategy: _train_and_evaluate(strategy, folder / strategy, seed) for strategy in STRATEGIES}


def conclusion(runs: Mapping[str, Results]) -> str:
    """Return what the results of :func:`run` show, in words."""
    mono, cross, hybrid = (runs[name].scores for name in STRATEGIES)
    share, ranks = printed("map").brief, printed("rank_distance").brief
    return (
        f"Monolingual batches alone (x-x-mono) leave the languages apart: cross-lingual mAP is "
        f"{share(mono['cross']['map'])}, and relevant passages in different languages lie "
        f"{ranks(mono['multi']['rank_distance'])} ranks apart in the pool. Hybrid batches reach "
        f"{share(hybrid['cross']['map'])} and {ranks(hybrid['multi']['rank_distance'])} ranks, with a monolingual mAP "
        f"of {share(hybrid['mono']['map'])} against {share(mono['mono']['map'])} (x-x-mono) and "
        f"{share(cross['mono']['map'])} (x-y)."
    )


def check_folder(output: Path | None) -> None:
    """Raise an error for a folder that the models cannot be kept in, before any work.

    Raises:
        OutputError: If it holds such models already, or cannot be written.
    """
    if output is None:
        return
    check_output(output, "folder")
    for strategy in STRATEGIES:
        if (output / strategy).exists():
            raise OutputError(f"The folder {output / strategy} exists.", "Choose a new folder: --output DIR")


def _train_and_evaluate(strategy: str, folder: Path, seed: int) -> Results:
    arguments = {**_ARGUMENTS, "seed": seed}
    trained = train(TrainingRequest("static", "sample", folder, strategy=strategy, arguments=arguments))
    results = evaluate(trained.model, load_dataset("sample", split="test"), model_name=f"static, {strategy}")
    results.save(folder)
    return results
