"""Time that the report on every setting adds to a BEIR script, and whether its numbers are those of evaluate.

The script is BEIR's ``evaluate_sbert.py`` but for its dataset, model and prompts: it loads XQuAD-R, retrieves with
``DenseRetrievalExactSearch`` over ``SentenceBERT``, evaluates, and stops before it saves anything. It runs in a process
of its own with python, and with ``beir-hybrid run``, in turns. Then ``beir-hybrid evaluate`` scores the same model with
the same prompts, and the largest difference of a measure in any setting is shown.

``added`` is what ``beir-hybrid run`` takes more, and ``scoring`` the part of it that the results name: ranks, measures
and intervals, on the clock. Processor time is shown besides, since a busy machine makes the other one vary. Targets:
``beir-hybrid run`` without the scoring takes at most 1.1 times the script's own time, there are 132 settings, and they
differ by 1e-6 at most.

    BEIR_HYBRID_DATA=... python tests/benchmarks/beir_script.py [--model FOLDER] [--repeats 3]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from beir_hybrid.datasets import load_pairs
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.evaluation.results import Results
from beir_hybrid.training import static_model

SCRIPT = """
import logging, os, pathlib
from time import time
from beir import LoggingHandler, util
from beir.datasets.data_loader import GenericDataLoader
from beir.retrieval import models
from beir.retrieval.evaluation import EvaluateRetrieval
from beir.retrieval.search.dense import DenseRetrievalExactSearch as DRES

logging.basicConfig(format="%(asctime)s - %(message)s", level=logging.INFO, handlers=[LoggingHandler()])
dataset = "xquad-r"
url = f"https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/{dataset}.zip"
out_dir = os.path.join(pathlib.Path(__file__).parent.absolute(), "datasets")
data_path = util.download_and_unzip(url, out_dir)
corpus, queries, qrels = GenericDataLoader(data_folder=data_path).load(split="test")
dense_model = models.SentenceBERT(os.environ["MODEL"], prompt_names={"query": "query", "passage": "document"})
model = DRES(dense_model, batch_size=128, corpus_chunk_size=50000)
retriever = EvaluateRetrieval(model, score_function="cos_sim")
start_time = time()
results = retriever.retrieve(corpus, queries)
print(f"Time taken to retrieve: {time() - start_time:.2f} seconds")
ndcg, _map, recall, precision = retriever.evaluate(qrels, results, retriever.k_values)
mrr = retriever.evaluate_custom(qrels, results, retriever.k_values, metric="mrr")
"""


def seconds(command, environment):
    """Run a command, and give its seconds on the clock and of the processor."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


def difference(mine, other):
    """Give the largest difference of a measure in any setting; infinite if one has another value or none."""
    if mine.settings.keys() != other.settings.keys():
        return float("inf")
    return max(
        abs(value - mine.settings[setting].get(measure, float("inf")))
        for setting, values in other.settings.items()
        for measure, value in values.items()
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="model folder, with prompts [default: untrained static embeddings]")
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    launcher = shutil.which("beir-hybrid", path=Path(sys.executable).parent)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Path(chosen.model) if chosen.model else folder / "model"
        if not chosen.model:
            made = static_model(load_pairs("xquad-r", os.environ["BEIR_HYBRID_DATA"]))
            made.prompts = {"query": "query: ", "document": "passage: "}
            made.save(str(model))
        script = folder / "evaluate_sbert.py"
        script.write_text(SCRIPT)
        export_dataset("xquad-r", folder / "datasets", source=os.environ["BEIR_HYBRID_DATA"])  # so that python finds it
        results = folder / "results"
        environment = {**os.environ, "MODEL": str(model.absolute()), "BEIR_HYBRID_RESULTS": str(results)}
        ways = {"python": [sys.executable, script], "beir-hybrid run": [launcher, "run", script]}
        times = {way: [] for way in ways}
        for _ in range(chosen.repeats):
            for way, command in ways.items():
                times[way].append(seconds(command, environment))
        mine = Results.load(results / "xquad-r")
        command = [launcher, "evaluate", "--model", model, "--dataset", "xquad-r", "--measures", "default,bias"]
        command += ["--source", os.environ["BEIR_HYBRID_DATA"], "--no-cache", "--output", folder / "evaluated"]
        subprocess.run(command, check=True, capture_output=True)
        other = Results.load(folder / "evaluated")
    print(f"{'seconds':24}{'clock':>10}{'processor':>12}")  # noqa: T201
    medians = {way: [statistics.median(column) for column in zip(*runs, strict=True)] for way, runs in times.items()}
    for way, (clock, processor) in medians.items():
        print(f"{way:24}{clock:10.1f}{processor:12.1f}")  # noqa: T201
    scoring = sum(mine.environment["seconds"].values())
    without, with_ = (medians[way] for way in ways)
    print(f"{'added':24}" + f"{with_[0] - without[0]:10.1f}{with_[1] - without[1]:12.1f}")  # noqa: T201
    print(f"{'scoring':24}{scoring:10.1f}")  # noqa: T201
    print(f"{'without it, times':24}{(with_[0] - scoring) / without[0]:10.2f}  (target: at most 1.1)")  # noqa: T201
    print(f"settings: {len(mine.settings)} (target: 132)")  # noqa: T201
    print(f"largest difference to beir-hybrid evaluate: {difference(mine, other):.1e} (target: 1e-6)")  # noqa: T201


if __name__ == "__main__":
    main()
