"""What all subsets of a task cost in MTEB, and whether its scores are this package's.

    python plugins/mteb/tests/benchmarks/subsets.py MODEL [--dataset xquad-r] [--languages de,en,th]

Seconds of processor time, in one process, with empty caches: first ``beir_hybrid.evaluate``, which is one encoding and
this package's own evaluation of it, then ``mteb.evaluate``, which encodes anew. Scores that MTEB rounds to five digits
are compared before it does so.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

ROUNDED = {
    **{f"ndcg@{k}": f"ndcg_cut_{k}" for k in (10, 100)},
    **{f"map@{k}": f"map_cut_{k}" for k in (10, 100)},
    **{f"recall@{k}": f"recall_{k}" for k in (1, 10, 100)},
}
"""Measures that MTEB rounds, by the name of this package, and their names in pytrec_eval."""


def main() -> None:
    """Measure both, and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--dataset", default="xquad-r")
    parser.add_argument("--languages", type=lambda names: names.split(","))
    arguments = parser.parse_args()
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

    class Unrounded(task):  # type: ignore[misc, valid-type]
        """The task, with the means of MTEB's scores by query under names as this package writes them."""

        def task_specific_scores(self, scores: Mapping[str, Any], *others: Any, **which: Any) -> dict[str, float]:
            own: dict[str, float] = super().task_specific_scores(scores, *others, **which)
            own = {name.replace("_at_", "@"): value for name, value in own.items()}
            return own | {
                name: sum(each[cut] for each in scores.values()) / len(scores) for name, cut in ROUNDED.items()
            }

    quiet = {"cache": None, "co2_tracker": False, "show_progress_bar": False}
    ours, results = timed(lambda: evaluate(model, collection, measures=["default", "bias", *ROUNDED], intervals=False))
    theirs, result = timed(lambda: mteb.evaluate(model, [Unrounded()], **quiet).task_results[0])
    of_subsets = {each["hf_subset"]: each for split in result.scores.values() for each in split}
    print(f"{len(of_subsets)} subsets: {theirs:.1f} s in MTEB, {ours:.1f} s here, ratio {theirs / ours:.2f}")
    for name in (*ROUNDED, "map", "rank_distance", "ndkl@10", "same_language_share@10"):
        settings = {setting: means[name] for setting, means in results.settings.items() if name in means}
        apart = [abs(value - of_subsets[setting][name]) for setting, value in settings.items()]
        print(f"{name}: {max(apart):.1e} apart at most, in {len(apart)} subsets")


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time that an action takes with an empty cache, and what it returns."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BEIR_HYBRID_CACHE"] = folder
        began = time.process_time()
        result = action()
        return time.process_time() - began, result


if __name__ == "__main__":
    main()
