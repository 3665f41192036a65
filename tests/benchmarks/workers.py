"""What a second worker brings: time of encoding and of scoring by one worker of one CPU, and by two.

The BEIR folder of made-up texts and the static model of ``large.py --beir``, 256 dimensions: they are written once, to
a temporary folder or to the one given. Ray is started in a process of its own with as many CPUs as there are workers,
so that each worker is given one. Encoding is ``encode --cluster`` into shards of a 40th of the passages; scoring is
that of ``evaluate --vectors --cluster`` with the measures ``map`` and ``mrc@10`` in all settings. Both begin when the
workers have started, and hold the loading of the model and the texts, some 10 s. One and two workers take turns, so
that what else the machine does disturbs both; the speed-up is that of the medians, and of the fastest runs. CPU time,
of the worker that takes most, does not depend on that: where workers share the work well, and take no more CPUs than
they were given, its speed-up is that of a machine that does nothing else. The vectors must be the same to the byte.
The package's target: 1.7.

    python tests/benchmarks/workers.py [--passages 300000] [--repeats 5] [FOLDER]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from large import write_model, write_texts

from beir_hybrid import evaluate
from beir_hybrid.datasets import load_settings
from beir_hybrid.evaluation import EncodingOptions, ShardedSearch, encode_folder, open_encoder
from beir_hybrid.workers import open_workers

PARTS = 40
TAKEN = ("encode", "score", "cpu")


def texts(data):
    return load_settings(str(data))[0]


def spent(_):
    """Return the CPU seconds of a worker so far, and which it is."""
    time.sleep(0.2)  # so that no worker answers twice
    return os.getpid(), time.process_time()


def drive(folder, data, model, passages, workers):
    """Encode and score with some workers of one CPU each, and print what that took."""
    import ray

    ray.init("local", num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    taken = {}
    with open_workers("local", workers) as team:
        list(team.run(spent, range(workers)))  # they have started
        began = time.perf_counter()
        options, opener = EncodingOptions(), partial(open_encoder, str(model))
        vectors = encode_folder(
            opener, partial(texts, data), folder, options, shard_rows=passages // PARTS, workers=team
        ).folder
        taken["encode"] = time.perf_counter() - began
        collection = texts(data)
        embeddings = vectors.embeddings(collection)
        began = time.perf_counter()
        evaluate(
            embeddings, collection, search=ShardedSearch(vectors, team), measures=["map", "mrc@10"], intervals=False
        )
        taken["score"] = time.perf_counter() - began
        cpu = dict(answer for _, answer in team.run(spent, range(4 * workers)))
        taken["cpu"] = max(cpu.values())
    ray.shutdown()
    taken["sums"] = [vectors.checksum(part) for part in vectors.shards]
    print(json.dumps(taken))  # noqa: T201


def run(scratch, data, model, passages, workers):
    """Drive in a process of its own; return what it took."""
    words = [sys.executable, __file__, str(data.parent), "--passages", str(passages), "--drive", str(workers)]
    given = os.environ | {"BEIR_HYBRID_CACHE": str(data.parent / "cache"), "HF_HUB_OFFLINE": "1"}
    shutil.rmtree(scratch, ignore_errors=True)
    ended = subprocess.run([*words, "--vectors", str(scratch)], capture_output=True, text=True, env=given)
    if ended.returncode:
        sys.exit(ended.stderr)
    return json.loads(ended.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--passages", type=int, default=300_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--drive", type=int)
    parser.add_argument("--vectors", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (chosen.folder or Path(temporary)).absolute()
        data, model = folder / f"beir-{chosen.passages}", folder / f"model-{chosen.passages}"
        if chosen.drive:
            return drive(chosen.vectors, data, model, chosen.passages, chosen.drive)
        if not model.is_dir():  # written last
            shutil.rmtree(data, ignore_errors=True)
            write_model(model, write_texts(data, chosen.passages))
        taken = {1: [], 2: []}
        for number in range(chosen.repeats + 1):
            for workers, column in taken.items():
                found = run(Path(temporary) / "vectors", data, model, chosen.passages, workers)
                column += [found] if number else []  # the first time, texts are stored
                shown = ", ".join(f"{name} {found[name]:.1f} s" for name in TAKEN)
                print(f"{workers} worker(s): {shown}", flush=True)  # noqa: T201
    if len({str(found["sums"]) for column in taken.values() for found in column}) > 1:
        sys.exit("The vectors differ.")
    for name in TAKEN:
        one, two = ([found[name] for found in taken[workers]] for workers in taken)
        middle, fastest = (summary(one) / summary(two) for summary in (statistics.median, min))
        print(f"{name}: two workers are {middle:.2f} times one (fastest {fastest:.2f}; target 1.7)")  # noqa: T201
    return None


if __name__ == "__main__":
    main()
