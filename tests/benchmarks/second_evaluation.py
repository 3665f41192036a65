"""Time of a second evaluation of the same model on XQuAD-R, all vectors in the cache.

The command is run as a user would, ``beir-hybrid evaluate --measures default,bias --output``, in a process of its
own: it loads the model and the data, finds every vector in the cache, and writes results with intervals. The first run
fills a new cache, in a temporary folder or the one given. ``whole`` is the time of the whole process, ``host`` that of
another one which imports sentence-transformers only, and ``own`` the difference; the stages are those that the results
tell. The package's target: under 10 s on two cores.

    BEIR_HYBRID_DATA=... python tests/benchmarks/second_evaluation.py [--model FOLDER] [--cache FOLDER]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beir_hybrid.datasets import load_pairs
from beir_hybrid.evaluation.results import Results
from beir_hybrid.training import static_model

REPEATS = 5


def process_seconds(*arguments):
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def evaluation_seconds(model, cache, output):
    command = ["-m", "beir_hybrid.cli.main", "evaluate", "--model", str(model), "--dataset", "xquad-r"]
    command += ["--source", os.environ["BEIR_HYBRID_DATA"], "--cache", str(cache), "--measures", "default,bias"]
    return process_seconds(*command, "--output", str(output))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="model folder [default: untrained static embeddings]")
    parser.add_argument("--cache", help="folder of cached vectors [default: a new one]")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = chosen.model or folder / "model"
        if not chosen.model:
            static_model(load_pairs("xquad-r", os.environ["BEIR_HYBRID_DATA"])).save(str(model))
        runs = []
        for number in range(REPEATS + 1):
            output = folder / str(number)
            seconds = evaluation_seconds(model, chosen.cache or folder / "cache", output)
            host = process_seconds("-c", "import sentence_transformers")
            runs.append(
                {"whole": seconds, "host": host, "own": seconds - host, **Results.load(output).environment["seconds"]}
            )
        first, *later = runs
        print(f"{'seconds':14}{'first':>10}{'median':>10}{'fastest':>10}{'slowest':>10}")  # noqa: T201
        for stage in first:
            column = [run[stage] for run in later]
            values = first[stage], statistics.median(column), min(column), max(column)
            target = "  (target: below 10)" if stage == "whole" else ""
            print(f"{stage:14}" + "".join(f"{value:10.2f}" for value in values) + target)  # noqa: T201


if __name__ == "__main__":
    main()
