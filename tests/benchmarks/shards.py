"""Time and memory of searching folders of vectors of growing size, and of counting in a shard against the product.

Random normalised vectors of 64 dimensions in float16, half of the passages in each of two languages, 500 questions in
each, and one relevant passage per language for each question; shards of 100,000. For each number of passages, a
process of its own scores the folder with the measures ``map`` and ``mrc@10`` in all settings, by the workers of
``--cluster`` if that is given: one pass counts ranks, and one finds the first passages. Its memory is what the process
holds at its peak (Linux), pages of mapped files included; processes of a cluster are counted apart, by the cluster. In
this process, counting in one shard of as many dimensions as a small transformer has, 384, is compared with the bare
product of as many vectors in float32 that are in memory, by turns, both with as many threads as ``OMP_NUM_THREADS``
says. The package's targets: seconds and bytes a passage that do not grow, less than 500 MB for the driver of a cluster,
and a ratio of at most 2.

    python tests/benchmarks/shards.py [--passages 500000,1000000] [--cluster local --workers 2] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.evaluation import ShardedSearch, VectorFolder
from beir_hybrid.evaluation.encoding.vector_description import VectorDescription
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.shard_work import Place, Relevant, RelevantIds, RelevantScores, ShardCounts
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid.workers import open_workers, processors

LANGUAGES = ("de", "en")
QUESTIONS = 500  # in each language
DIMENSIONS = 64
WIDE = 384
SHARD = 100_000
BLOCK = 16_384
REPEATS = 5


def vectors_name(passages, dimensions=DIMENSIONS):
    return f"{passages}-vectors-{dimensions}"


def normalised(rng, count, dimensions):
    vectors = rng.standard_normal((count, dimensions), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def open_collection(folder, passages):
    """Write the corpora that the folder lacks, and open them with their questions."""
    each, corpora = passages // len(LANGUAGES), {}
    for language in LANGUAGES:
        path = folder / f"{passages}-{language}"
        if not path.is_dir():
            write_corpus(path, language, ((str(number), Passage("")) for number in range(each)))
        corpora[language] = StoredCorpus(path)
    rng = np.random.default_rng(1)
    answers = {language: rng.choice(each, QUESTIONS, replace=False) for language in LANGUAGES}
    names = [(language, number) for language in LANGUAGES for number in range(QUESTIONS)]
    return MultilingualCollection(
        name="synthetic",
        corpora=corpora,
        queries={language: {f"{language}:q{number}": "" for number in range(QUESTIONS)} for language in LANGUAGES},
        qrels={
            f"{language}:q{number}": {f"{other}:{numbers[number]}": 1 for other, numbers in answers.items()}
            for language, number in names
        },
        group_of={f"{language}:q{number}": str(number) for language, number in names},
    )


def open_folder(folder, passages, collection, dimensions=DIMENSIONS):
    """Write the shards that the folder lacks, and open them."""
    texts = {"query": collection.queries, "document": collection.corpora}
    description = VectorDescription(
        model="made up",
        fingerprint="0" * 32,
        query_prompt="",
        document_prompt="",
        normalised=True,
        dtype="float32",
        stored="float16",
        dimensions=dimensions,
        dataset=collection.name,
        texts={
            "query": dict.fromkeys(LANGUAGES, "0" * 32),
            "document": {language: corpus_checksum(corpus) for language, corpus in collection.corpora.items()},
        },
        counts={role: {code: len(part) for code, part in of_role.items()} for role, of_role in texts.items()},
        shard_rows=SHARD,
    )
    vectors = VectorFolder.create(folder / vectors_name(passages, dimensions), description)
    for part in vectors.missing():
        rng = np.random.default_rng(part.number)
        name = "q" if part.role == "query" else ""
        ids = [f"{part.language}:{name}{number}" for number in range(part.start, part.stop)]
        keys = keys_of([""] * len(part)) if name else rng.integers(2**63, size=(len(part), 2)).astype(np.uint64)
        vectors.write(part, ids, keys, normalised(rng, len(part), dimensions))
    return vectors


def drive(folder, passages, cluster, workers):
    """Score a folder, and print the seconds and the peak of memory."""
    collection = open_collection(folder, passages)
    vectors = VectorFolder.open(folder / vectors_name(passages))
    started = time.perf_counter()
    embeddings = vectors.embeddings(collection)
    opened = time.perf_counter()
    with open_workers(cluster, workers) as team:
        begun = time.perf_counter()
        search = ShardedSearch(vectors, team)
        results = evaluate(embeddings, collection, search=search, measures=["map", "mrc@10"], intervals=False)
        seconds = results.environment["seconds"]
        found = {"check": opened - started, "cluster": begun - opened, "count": seconds["rank"]}
        found |= {"find": seconds["measure"], "map": results.scores["multi"]["map"]}
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps(found))  # noqa: T201


def ratios(vectors, collection):
    """Count in a shard and multiply, in turns; return the ratio of the medians and that of the fastest."""
    judged = Judgements(collection)
    firsts = {"de": 0, "en": len(collection.corpora["de"])}
    place = Place(vectors.path, np.arange(len(judged.queries)), firsts)
    part = next(part for part in vectors.shards if part.role == "document")
    relevant, known = Relevant(judged.query, judged.passage), np.unique(judged.passage)
    thresholds = np.zeros(len(relevant.query), np.float32)
    for each in (each for each in vectors.shards if each.role == "document"):
        work = RelevantScores(place, relevant)
        thresholds[relevant.within(work.first(each), len(each))] = work(each)
    rows = dict.fromkeys(LANGUAGES, np.arange(len(relevant.query)))
    count = ShardCounts(place, relevant, thresholds, RelevantIds(known, judged.identifiers(known)), rows)
    held = np.asarray(vectors.rows(part)[:], np.float32)
    scores = np.empty((len(count.queries), BLOCK), np.float32)

    def multiply():
        for start in range(0, len(held), BLOCK):
            block = held[start : start + BLOCK]
            np.matmul(count.queries, block.T, out=scores[:, : len(block)])

    times = []
    for _ in range(REPEATS + 1):
        turn = []
        for act in (multiply, lambda: count(part)):
            with threadpool_limits(limits=processors(), user_api="blas"):
                started = time.perf_counter()
                act()
                turn.append(time.perf_counter() - started)
        times.append(turn)
    product, counting = zip(*times[1:], strict=True)
    return [summary(counting) / summary(product) for summary in (statistics.median, min)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", default="500000,1000000,2000000,4000000")
    parser.add_argument("--cluster")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--drive", type=int)
    chosen = parser.parse_args()
    if chosen.drive:
        return drive(chosen.folder, chosen.drive, chosen.cluster, chosen.workers)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        team = ["--cluster", chosen.cluster] if chosen.cluster else []
        team += ["--workers", str(chosen.workers)] if chosen.workers else []
        columns = ("check", "cluster", "count", "find", "megabytes")
        print(f"{'passages':>10}" + "".join(f"{name:>10}" for name in columns) + f"{'us each':>10}{'bytes each':>12}")  # noqa: T201
        for passages in map(int, chosen.passages.split(",")):
            collection = open_collection(folder, passages)
            vectors = open_folder(folder, passages, collection)
            size = sum(path.stat().st_size for path in vectors.path.rglob("*") if path.is_file())
            words = [sys.executable, __file__, "--drive", str(passages), "--folder", str(folder), *team]
            shown = subprocess.run(words, capture_output=True, check=True, text=True, env=os.environ).stdout
            found = json.loads(shown.splitlines()[-1])
            each = 1e6 * (found["check"] + found["count"] + found["find"]) / passages
            print(  # noqa: T201
                f"{passages:10,}" + "".join(f"{found[name]:10.1f}" for name in columns),
                f"{each:9.1f}{size / passages:12.1f}",
            )
        collection = open_collection(folder, 2 * SHARD)
        middle, fastest = ratios(open_folder(folder, 2 * SHARD, collection, WIDE), collection)
    print(f"counting to the bare product: medians {middle:.2f}, fastest {fastest:.2f} (target: at most 2)")  # noqa: T201
    return None


if __name__ == "__main__":
    main()
