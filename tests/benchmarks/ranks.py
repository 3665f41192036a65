"""Time and memory of the default result on XQuAD-R's sizes, against the bare matrix product.

Random normalised vectors in XQuAD-R's sizes: 13,090 queries against 13,014 passages in 11 languages, 384 dimensions, 11
relevant passages each. The matrix product takes blocks of 600 queries against all passages and keeps nothing. Ranking
finds the exact ranks of all relevant passages; the default result is that and the default measures of all 132 settings,
as ``evaluate`` reports the seconds of these two stages. The whole call reads the collection's judgements and
computes the checksums of its content besides. All run in the same process, in turns; the ratios are those of the
medians, and of the fastest runs, which other work on the machine disturbs less. The memory is what ranking adds at its
peak to the vectors themselves (Linux). The package's targets: a ratio of at most 2 for the default result, and less
than 1000 MB.

    python tests/benchmarks/ranks.py
"""

from __future__ import annotations

import resource
import statistics
import time
from pathlib import Path

import numpy as np

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.ranks import exact_ranks
from beir_hybrid.passage import Passage

SIZES = {"ar": 1222, "de": 1276, "el": 1234, "en": 1180, "es": 1215, "hi": 1244, "ru": 1219, "th": 852, "tr": 1167}
SIZES |= {"vi": 1209, "zh": 1196}  # passages by language, 13,014 in all
QUESTIONS = 1190  # in each language
DIMENSIONS = 384
BLOCK = 600
REPEATS = 7


def normalised(rng, count):
    vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def parallel_collection(rng):
    """Every question is answered by one passage of each language."""
    answers = {language: rng.integers(0, size, QUESTIONS) for language, size in SIZES.items()}
    return MultilingualCollection(
        name="random",
        corpora={
            language: {f"{language}:{number}": Passage("") for number in range(size)}
            for language, size in SIZES.items()
        },
        queries={language: {f"{language}:q{number}": "" for number in range(QUESTIONS)} for language in SIZES},
        qrels={
            f"{language}:q{number}": {f"{other}:{numbers[number]}": 1 for other, numbers in answers.items()}
            for language in SIZES
            for number in range(QUESTIONS)
        },
        group_of={f"{language}:q{number}": str(number) for language in SIZES for number in range(QUESTIONS)},
    )


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main():
    rng = np.random.default_rng(0)
    collection = parallel_collection(rng)
    embeddings = Embeddings(
        {language: normalised(rng, QUESTIONS) for language in SIZES},
        {language: normalised(rng, size) for language, size in SIZES.items()},
    )
    queries, pool = (np.concatenate(list(side.values())) for side in (embeddings.queries, embeddings.passages))
    judged = Judgements(collection)

    def rank():
        passages = list(embeddings.passages.values())
        exact_ranks(queries, passages, judged.query, judged.passage, judged.identifiers)

    stages = []

    def score():
        stages.append(evaluate(embeddings, collection, intervals=False).environment["seconds"])

    def multiply():
        scores = np.empty((BLOCK, len(pool)), np.float32)
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            np.matmul(block, pool.T, out=scores[: len(block)])

    # the peak of the process so far may be above what it holds now: take the latter
    held = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    rank()
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - held) / 1e6
    for work in (score, multiply):  # what is imported on the way takes its time once
        work()
    stages.clear()
    times = [[seconds(work) for work in (multiply, rank, score)] for _ in range(REPEATS)]
    product, ranks, whole = zip(*times, strict=True)
    columns = {
        "matrix product": product,
        "exact ranks": ranks,
        "default result": [stage["rank"] + stage["measure"] for stage in stages],
        "whole call": whole,
    }
    print(f"{'seconds':24}{'median':>10}{'fastest':>10}{'slowest':>10}")  # noqa: T201
    for name, column in columns.items():
        print(f"{name:24}{statistics.median(column):10.2f}{min(column):10.2f}{max(column):10.2f}")  # noqa: T201
    print(f"{'ratio to the product':24}{'medians':>10}{'fastest':>10}")  # noqa: T201
    for name, target in (("exact ranks", ""), ("default result", "(target: at most 2)"), ("whole call", "")):
        middle, fastest = (summary(columns[name]) / summary(product) for summary in (statistics.median, min))
        print(f"{name:24}{middle:10.2f}{fastest:10.2f}{target:>30}")  # noqa: T201
    print(f"{'peak memory added, MB':24}{megabytes:10.0f}{'(target: below 1000)':>40}")  # noqa: T201


if __name__ == "__main__":
    main()
