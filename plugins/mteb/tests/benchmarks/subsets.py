"""What all subsets of a task cost in MTEB, against one encoding and this package's own evaluation of it.

    python plugins/mteb/tests/benchmarks/subsets.py MODEL [--dataset xquad-r] [--languages de,en,th]

Seconds of processor time, in one process, with empty caches: first ``beir_hybrid.evaluate``, then ``mteb.evaluate``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable


def main() -> None:
    """Measure both, and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--dataset", default="xquad-r")
    parser.add_argument("--languages", type=lambda names: names.split(","))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BEIR_HYBRID_CACHE"] = folder
        measure(arguments.model, arguments.dataset, arguments.languages)


def measure(model_name: str, dataset: str, languages: list[str] | None) -> None:
    """Measure a model on a dataset."""
    import mteb
    from sentence_transformers import SentenceTransformer

    from beir_hybrid import evaluate, load_dataset
    from beir_hybrid_mteb import pooled_task

    model = SentenceTransformer(model_name)
    collection = load_dataset(dataset, languages=languages)
    task = pooled_task(dataset, languages=languages)
    ours = seconds(lambda: evaluate(model, collection, measures=["default", "bias"], intervals=False))
    theirs = seconds(lambda: mteb.evaluate(model, [task()], cache=None, co2_tracker=False, show_progress_bar=False))
    subsets = len(task.metadata.hf_subsets)
    print(f"{subsets} subsets: {theirs:.1f} s in MTEB, {ours:.1f} s here, ratio {theirs / ours:.2f}")  # noqa: T201


def seconds(action: Callable[[], object]) -> float:
    """Return the processor time that an action takes."""
    began = time.process_time()
    action()
    return time.process_time() - began


if __name__ == "__main__":
    main()
