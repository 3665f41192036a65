"""Memory and time of evaluating two million passages over memory-mapped vectors, against the bare matrix product.

Random normalised vectors of 128 dimensions: 4 languages of 500,000 passages each, 250 questions in each of them, and
one relevant passage per language for each question. The vectors are written once as ``.npy`` files, and the ids as
stored corpora, to a temporary folder or to the one given, which is kept and used again (1.2 GB). The matrix product
reads the same memory maps in blocks of 16,384 passages and keeps nothing. Evaluating is the whole call of
``evaluate`` with the default measures of all 24 settings; searching finds the first 100 passages of every
query in the pool. All run in the same process, in turns; the ratios are those of the medians, and of the fastest runs,
which other work on the machine disturbs less. Memory is what the process holds at its peak (Linux), sampled every 10
ms: its own (anonymous), and pages of the mapped files, which the system takes back when it needs them. The package's
targets: less than 2 GB in all, and a ratio of at most 2.

    python tests/benchmarks/large.py [FOLDER]

With ``--beir``, a BEIR folder of made-up texts is evaluated in place of vectors, by the command and with a static
model: passages of 100 words in three languages, 1,000 questions in each, everything in a temporary folder or in the
one given, where the texts are kept and used again (600 MB a million passages) and caches are not. The second
evaluation finds the passages stored and the vectors in the cache. Memory is that of the command and all its child
processes (Linux), pages of mapped files included. The target: below 1000 MB for a million passages.

    python tests/benchmarks/large.py --beir 1000000 [FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.storage.corpus_writer import write_corpus

LANGUAGES = ("de", "en", "ru", "zh")
PASSAGES = 500_000  # of each language
QUESTIONS = 250  # in each language
DIMENSIONS = 128
BLOCK = 16_384
DEPTH = 100
REPEATS = 5


def normalised(rng, count):
    vectors = rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_vectors(path, rng):
    """Write one language's vectors in blocks, so that they are never in memory."""
    with path.open("wb") as file:
        form = {"descr": "<f4", "fortran_order": False, "shape": (PASSAGES, DIMENSIONS)}
        np.lib.format.write_array_header_1_0(file, form)
        for start in range(0, PASSAGES, BLOCK):
            file.write(normalised(rng, min(BLOCK, PASSAGES - start)).tobytes())


def prepare(folder):
    """Write what the folder lacks, and open it."""
    rng = np.random.default_rng(0)
    embeddings, corpora = {}, {}
    for language in LANGUAGES:
        vectors, corpus = folder / f"{language}.npy", folder / language
        if not corpus.is_dir():  # written last
            write_vectors(vectors, rng)
            write_corpus(corpus, language, ((str(number), Passage("")) for number in range(PASSAGES)))
        embeddings[language] = np.load(vectors, mmap_mode="r")
        corpora[language] = StoredCorpus(corpus)
    rng = np.random.default_rng(1)
    answers = {language: rng.choice(PASSAGES, QUESTIONS, replace=False) for language in LANGUAGES}
    collection = MultilingualCollection(
        name="synthetic",
        corpora=corpora,
        queries={language: {f"{language}:q{number}": "" for number in range(QUESTIONS)} for language in LANGUAGES},
        qrels={
            f"{language}:q{number}": {f"{other}:{numbers[number]}": 1 for other, numbers in answers.items()}
            for language in LANGUAGES
            for number in range(QUESTIONS)
        },
        group_of={f"{language}:q{number}": str(number) for language in LANGUAGES for number in range(QUESTIONS)},
    )
    # a question's vector is a little like those of its answers, so that these stand at all kinds of ranks
    queries = {}
    for language in LANGUAGES:
        near = sum(np.asarray(embeddings[other][answers[other]]) for other in LANGUAGES)
        vectors = 0.3 * near + normalised(rng, QUESTIONS)
        queries[language] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return collection, Embeddings(queries, embeddings)


def held():
    """Bytes of anonymous and of file-backed memory that the process holds."""
    words = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(words[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))


@contextmanager
def watched():
    """Give the peaks of anonymous, of file-backed and of all memory, in bytes, in a list that fills at the end."""
    peaks, done = [], threading.Event()
    samples = [held()]

    def watch():
        while not done.wait(0.01):
            samples.append(held())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()
        peaks += [max(own for own, _ in samples), max(mapped for _, mapped in samples), max(map(sum, samples))]


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(folder):
    collection, embeddings = prepare(folder)
    before = held()
    queries = np.concatenate(list(embeddings.queries.values()))
    identifiers = Judgements(collection).identifiers

    def multiply():
        scores = np.empty((len(queries), BLOCK), np.float32)
        for vectors in embeddings.passages.values():
            for start in range(0, len(vectors), BLOCK):
                block = np.asarray(vectors[start : start + BLOCK])
                np.matmul(queries, block.T, out=scores[:, : len(block)])

    def score():
        evaluate(embeddings, collection, intervals=False)

    def search():
        exact_search(queries, list(embeddings.passages.values()), DEPTH, identifiers)

    memory = {}
    for name, work in (("evaluating", score), ("searching", search)):
        with watched() as peaks:
            work()
        memory[name] = peaks
    multiply()
    works = {"matrix product": multiply, "evaluating": score, "searching": search}
    times = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            times[name].append(seconds(work))
    report(before, memory, times)


def report(before, memory, times):
    print(f"{'peak memory, MB':24}{'own':>10}{'of files':>10}{'in all':>10}")  # noqa: T201
    print(f"{'before':24}" + "".join(f"{value / 1e6:10.0f}" for value in (*before, sum(before))))  # noqa: T201
    for name, peaks in memory.items():
        print(f"{name:24}" + "".join(f"{value / 1e6:10.0f}" for value in peaks) + "  (target: below 2000)")  # noqa: T201
    print(f"{'seconds':24}{'median':>10}{'fastest':>10}{'slowest':>10}")  # noqa: T201
    for name, column in times.items():
        print(f"{name:24}{statistics.median(column):10.2f}{min(column):10.2f}{max(column):10.2f}")  # noqa: T201
    print(f"{'ratio to the product':24}{'medians':>10}{'fastest':>10}")  # noqa: T201
    product = times["matrix product"]
    for name in memory:
        ratios = [summary(times[name]) / summary(product) for summary in (statistics.median, min)]
        print(f"{name:24}" + "".join(f"{ratio:10.2f}" for ratio in ratios) + f"{'(target: at most 2)':>32}")  # noqa: T201


BEIR_LANGUAGES = ("de", "en", "ru")
BEIR_QUESTIONS = 1000  # in each language
WORDS = 100  # of a passage
VOCABULARY = 30_000  # of each language, drawn by Zipf's law
LETTERS = {"de": "abdefghiklmnorstuwzäöü", "en": "abcdefghilmnoprstuvwy", "ru": "абвгдежзиклмнопрстуыя"}
STATIC_DIMENSIONS = 256


def vocabulary(language, rng):
    letters = np.array(list(LETTERS[language]))
    lengths = np.minimum(2 + rng.poisson(3.2, VOCABULARY), 14)
    return sorted(("".join(rng.choice(letters, length)) for length in lengths), key=len)  # the frequent ones are short


def write_texts(folder, passages):
    """Write a BEIR folder; a question is made of words of its passage."""
    rng = np.random.default_rng(2)
    words = {language: vocabulary(language, rng) for language in BEIR_LANGUAGES}
    chances = 1 / np.arange(2, VOCABULARY + 2)
    chances /= chances.sum()
    (folder / "qrels").mkdir(parents=True)
    asked = set(np.linspace(0, passages - 1, len(BEIR_LANGUAGES) * BEIR_QUESTIONS).astype(int).tolist())
    with (
        (folder / "queries.jsonl").open("w", encoding="utf-8") as queries,
        (folder / "qrels" / "test.tsv").open("w", encoding="utf-8") as qrels,
        (folder / "corpus.jsonl").open("w", encoding="utf-8") as corpus,  # whose name says that the folder is whole
    ):
        qrels.write("query-id\tcorpus-id\tscore\n")
        for start in range(0, passages, 10_000):
            drawn = rng.choice(VOCABULARY, (min(10_000, passages - start), WORDS), p=chances)
            for number, row in enumerate(drawn.tolist(), start):
                language = BEIR_LANGUAGES[number % len(BEIR_LANGUAGES)]
                text = [words[language][word] for word in row]
                metadata = {"language": language}
                content = {"_id": f"doc{number}", "title": " ".join(text[:3]), "text": " ".join(text)}
                corpus.write(json.dumps(content | {"metadata": metadata}, ensure_ascii=False) + "\n")
                if number in asked:
                    question = {"_id": f"q{number}", "text": " ".join(text[5:25:2]), "metadata": metadata}
                    queries.write(json.dumps(question, ensure_ascii=False) + "\n")
                    qrels.write(f"q{number}\tdoc{number}\t1\n")
    return [word for part in words.values() for word in part]


def write_model(folder, words):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {word: number for number, word in enumerate(dict.fromkeys(["[UNK]", *words]))}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(3).standard_normal((len(known), STATIC_DIMENSIONS), dtype=np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)]).save(str(folder))


def tree_memory(root):
    """Return the bytes that a process and its children hold: anonymous, file-backed."""
    own = mapped = 0
    waiting = [root]
    while waiting:
        process = waiting.pop()
        try:
            words = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
            own += int(words["RssAnon"].split()[0]) * 1024
            mapped += (int(words["RssFile"].split()[0]) + int(words["RssShmem"].split()[0])) * 1024
            for task in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, KeyError):  # it has just ended
            continue
    return own, mapped


def measure_beir(folder, passages):
    data, model = folder / f"beir-{passages}", folder / f"model-{passages}"
    if not model.is_dir():  # written last
        shutil.rmtree(data, ignore_errors=True)
        write_model(model, write_texts(data, passages))
    size = (data / "corpus.jsonl").stat().st_size
    print(f"{passages:,} passages, {size / 1e6:.0f} MB")  # noqa: T201
    print(f"{'evaluation':12}{'seconds':>10}{'own, MB':>10}{'of files':>10}{'in all':>10}  (target: below 1000)")  # noqa: T201
    with tempfile.TemporaryDirectory(dir=folder) as caches:
        environment = os.environ | {"BEIR_HYBRID_CACHE": caches, "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-m", "beir_hybrid", "evaluate", "--model", str(model), "--dataset", str(data)]
        for name in ("first", "second"):
            began, samples = time.perf_counter(), []
            with (folder / f"{name}.log").open("w") as log:
                process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
                while process.poll() is None:
                    samples.append(tree_memory(process.pid))
                    time.sleep(0.02)
            if process.returncode:
                sys.exit((folder / f"{name}.log").read_text())
            peaks = (max(own for own, _ in samples), max(mapped for _, mapped in samples), max(map(sum, samples)))
            took = time.perf_counter() - began
            print(f"{name:12}{took:10.1f}" + "".join(f"{peak / 1e6:10.0f}" for peak in peaks), flush=True)  # noqa: T201


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--beir", type=int, metavar="PASSAGES")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if chosen.beir:
            measure_beir(folder, chosen.beir)
        else:
            measure(folder)


if __name__ == "__main__":
    main()
