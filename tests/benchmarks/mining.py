"""Hard negatives that answer their question after all: this package's mining against the host's, on the same model.

XQuAD-R and MLQA-R are parallel, so that the truth is known: a "negative" is false if its text is that of a sentence
which answers a question with the same text, in any language of the set. sentence_transformers.util.mine_hard_negatives
knows positives by the texts of its rows, one row for each question in each language with the sentence in the same one.
Both mine eight negatives a pair among all sentences that answer some question, without a margin and with one of 0.95,
and encode everything anew. Shares are of negatives, and of the pairs with at least one false one; CPU seconds are the
process's, on as many threads as ``OMP_NUM_THREADS`` says, the host with Faiss. With ``--scale N``, what mining among N
passages of 128 dimensions holds in memory, for 512 questions, whose vectors are mapped from a file, and its CPU seconds
beside those of the search that the host makes, in turns: Faiss, flat, with all vectors in memory.

    BEIR_HYBRID_DATA=... python tests/benchmarks/mining.py --model DIR [--scale 2000000] [DATASET ...]
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

NEGATIVES = 8
QUESTIONS = 512  # of a made-up pool
ROW = "{:<9} {:<44} {:>9} {:>9} {:>9} {:>7} {:>6}"


def truths(name):
    """Texts that answer a question, in any language, by the question's text."""
    from beir_hybrid import load_dataset

    collection = load_dataset(name, os.environ["BEIR_HYBRID_DATA"])
    passages = {doc: passage.text for corpus in collection.corpora.values() for doc, passage in corpus.items()}
    answers = {}
    for texts in collection.queries.values():
        for query, text in texts.items():
            answers.setdefault(text, set()).update(passages[doc] for doc in collection.qrels[query])
    return answers


def show(name, how, rows, answers, pairs, seconds):
    """Print a line: ``rows`` are questions with their negatives."""
    false = [sum(text in answers[question] for text in negatives) for question, negatives in rows]
    total = sum(len(negatives) for _, negatives in rows)
    shares = f"{100 * sum(false) / max(1, total):.1f} %", f"{100 * np.mean([each > 0 for each in false]):.1f} %"
    print(ROW.format(name, how, f"{len(rows):,}", *shares, f"{len(rows) / pairs:.0%}", f"{seconds:.1f}"), flush=True)  # noqa: T201


def host(model, pairs, margin):
    """Mine with the host; questions with their negatives, and CPU seconds."""
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    table = pairs.table
    data = Dataset.from_dict({"query": table["question"].to_pylist(), "answer": table["passage"].to_pylist()})
    began = time.process_time()
    mined = mine_hard_negatives(
        data,
        model,
        num_negatives=NEGATIVES,
        relative_margin=margin,
        output_format="n-tuple",
        use_faiss=True,
        verbose=False,
    )
    seconds = time.process_time() - began
    columns = [name for name in mined.column_names if name.startswith("negative")]
    return [(row["query"], [row[name] for name in columns]) for row in mined], seconds


def ours(model, pairs, folder, **options):
    """Mine with this package; questions with their negatives, and CPU seconds."""
    from beir_hybrid.evaluation.encoding.encoder import Encoder
    from beir_hybrid.mining import MiningOptions, Source, mine_negatives

    began = time.process_time()
    mined = mine_negatives(pairs, Source(Encoder(model)), folder, MiningOptions(NEGATIVES, **options))
    seconds = time.process_time() - began
    rows = [row for batch in mined.store.batches(["question", "negatives"]) for row in batch.to_pylist()]
    return [(row["question"], row["negatives"]) for row in rows], seconds


def compare(name, model):
    """Print the table of a dataset."""
    from beir_hybrid import load_pairs

    pairs, answers = load_pairs(name, os.environ["BEIR_HYBRID_DATA"]), truths(name)
    with tempfile.TemporaryDirectory() as folder:
        for number, (how, options) in enumerate(
            [
                ("this package, any language, no margin", {"languages": "any", "margin": None}),
                ("this package, any language, own passage", {"languages": "any", "positive": "own"}),
                ("this package, any language, weakest passage", {"languages": "any"}),
                ("this package, passage's language, own", {"positive": "own"}),
            ]
        ):
            rows, seconds = ours(model, pairs, Path(folder) / str(number), **options)
            show(name, how, rows, answers, len(pairs), seconds)
    for how, margin in (("host, no margin", None), ("host, relative margin 0.05", 0.05)):
        rows, seconds = host(model, pairs, margin)
        show(name, how, rows, answers, len(pairs), seconds)


def scale(passages):
    """Print what a large pool takes."""
    import pyarrow as pa

    from beir_hybrid.evaluation.encoding.embeddings import Embeddings
    from beir_hybrid.mining import MiningOptions, MiningPool
    from beir_hybrid.mining.candidates import VectorFinder
    from beir_hybrid.mining.work import Chunk, MiningWork
    from beir_hybrid.pairs import ParallelPairs

    numbers = np.arange(passages)
    names = {name: pa.array([f"{name} {number}" for number in numbers.tolist()]) for name in ("question", "passage")}
    table = pa.table(
        {
            "group": pa.array((numbers // 2).astype(str)),
            "language": pa.array(np.where(numbers % 2, "en", "de")),
            **names,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.f4"
        generator = np.random.default_rng(0)
        with path.open("wb") as file:
            for _ in range(0, passages, 2**16):
                part = generator.standard_normal((2**16, 128), np.float32)
                part /= np.linalg.norm(part, axis=1, keepdims=True)
                part.tofile(file)
        began = time.process_time()
        pool = MiningPool(ParallelPairs("scale", table))
        built = time.process_time() - began
        bounds = [0, passages // 2, passages]
        vectors = {
            code: np.memmap(path, np.float32, "r", start * 512, (stop - start, 128))
            for code, start, stop in (("de", *bounds[:2]), ("en", *bounds[1:]))
        }
        finder = VectorFinder(pool, Embeddings(vectors, vectors))
        work = MiningWork(pool, lambda _: finder, MiningOptions(NEGATIVES, "any", None), Path(folder))
        began = time.process_time()
        mined = work.mine(Chunk("de", 0, QUESTIONS))
        first = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        print(f"{passages:,} passages: peak {peak:.2f} GB with mapped pages; {built:.0f} s to number the passages, ")  # noqa: T201
        print(f"{first:.1f} s for {QUESTIONS} questions; {mined.counts.sum():,} negatives")  # noqa: T201
        beside_faiss(lambda: work.mine(Chunk("de", 0, QUESTIONS)), vectors)


def beside_faiss(mine, vectors):
    """Print CPU seconds of mining and of the host's search, by turns."""
    import faiss

    index = faiss.IndexFlatIP(128)
    for part in vectors.values():
        index.add(np.ascontiguousarray(part))
    questions = np.array(vectors["de"][:QUESTIONS])
    for _ in range(3):
        began = time.process_time()
        mine()
        ours = time.process_time() - began
        index.search(questions, NEGATIVES + 2)  # the host finds so many more as a question has positives, and one
        theirs = time.process_time() - began - ours
        print(f"{ours:.1f} s beside {theirs:.1f} s of Faiss: {ours / theirs:.2f} times")  # noqa: T201


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("datasets", nargs="*", default=["xquad-r", "mlqa-r"])
    parser.add_argument("--model", help="folder of a SentenceTransformer")
    parser.add_argument("--scale", type=int, default=0, help="passages of a made-up pool")
    chosen = parser.parse_args()
    if chosen.scale:
        scale(chosen.scale)
    if chosen.model:
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(chosen.model)
        print(ROW.format("data", "mined by", "pairs", "false", "of pairs", "kept", "CPU s"))  # noqa: T201
        for name in chosen.datasets:
            compare(name, model)


if __name__ == "__main__":
    main()
