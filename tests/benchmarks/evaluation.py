"""Evaluating all 132 settings of XQuAD-R: this package against BEIR, from vectors and end to end.

BEIR: its own ``DenseRetrievalExactSearch`` and ``EvaluateRetrieval`` with their usual options, for each setting
``retrieve``, ``evaluate`` and ``evaluate_custom`` with MRR, as its example scripts call them. It runs on 33 of the
settings with one corpus (all query languages against German, English and Thai) and on 3 of the 11 with the pool; the
others are estimated by queries times passages and queries times passages kept, fitted to these, and the fit is shown.

From vectors: both sides get the same; BEIR gets a model that looks them up by text. End to end: BEIR encodes the
queries and the corpus of each setting again, with its ``SentenceBERT``. Each language's queries and corpus are encoded
once the way it does and counted as often as a setting needs them (queries 12 times, passages 22 times), and three whole
settings are run to check that sum; ours is the whole of ``evaluate`` without a cache. With --quick, both sides encode a
twentieth of each language's texts, drawn at random, and the rest is estimated from that.

Ours is the default result with its intervals, from the loaded collection; reading the data files and loading the model
is left out on both sides, and for BEIR also making its dicts. The package's targets: at least 60 times faster from
vectors, and end to end, with MiniLM, at least 12 times.

    BEIR_HYBRID_DATA=... python tests/benchmarks/evaluation.py [--model FOLDER] [--quick]
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from dataclasses import replace

import numpy as np
import torch
from beir.retrieval import models
from beir.retrieval.evaluation import EvaluateRetrieval
from beir.retrieval.search.dense import DenseRetrievalExactSearch

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.models import load_model
from beir_hybrid.settings import all_settings
from beir_hybrid.training import static_model

CORPORA = ("de", "en", "th")  # a large, a middle and the smallest one
POOLS = ("en", "th", "zh")  # query languages
WHOLE = ("en-de", "th", "zh-all")  # settings run end to end
DIMENSIONS = 384  # of random vectors
SHARE = 20  # of the texts, one of so many is encoded with --quick
REPEATS = 3


class LookedUp:
    """Vectors by text, as BEIR wants a model."""

    def __init__(self, collection, embeddings):
        self.queries = lookup(collection.queries, embeddings.queries, lambda text: text)
        self.passages = lookup(collection.corpora, embeddings.passages, lambda passage: passage.searchable)

    def encode_queries(self, texts, **options):
        rows, vectors = self.queries
        return vectors[[rows[text] for text in texts]]

    def encode_corpus(self, passages, **options):
        rows, vectors = self.passages
        return vectors[[rows[f"{passage['title']} {passage['text']}".strip()] for passage in passages]]


def lookup(texts, vectors, text_of):
    rows = {}
    for number, text in enumerate(itertools.chain.from_iterable(by_id.values() for by_id in texts.values())):
        rows[text_of(text)] = number
    return rows, torch.from_numpy(np.concatenate(list(vectors.values())))


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def sizes(collection, setting):
    corpora = setting.corpus_languages
    return len(collection.queries[setting.query_language]), sum(len(collection.corpora[name]) for name in corpora)


def beir_seconds(model, collection, setting):
    """Seconds of one setting in BEIR."""
    corpus, queries, qrels = collection.beir(queries=setting.query_language, corpus=setting.corpus_languages)
    retriever = EvaluateRetrieval(
        DenseRetrievalExactSearch(model, batch_size=128, show_progress_bar=False), score_function="cos_sim"
    )

    def run():
        results = retriever.retrieve(corpus, queries)
        retriever.evaluate(qrels, results, retriever.k_values)
        retriever.evaluate_custom(qrels, results, retriever.k_values, metric="mrr")

    return seconds(run)


def estimate(collection, settings, measured):
    """Seconds of every setting: measured, or by queries times passages and queries times passages kept (1,000)."""

    def work(setting):
        queries, passages = sizes(collection, setting)
        return queries * passages, queries * min(passages, 1000)

    known = np.array([work(setting) for setting in measured], float)
    taken = np.array(list(measured.values()))
    rates = np.linalg.lstsq(known / taken[:, None], np.ones(len(taken)))[0]  # the least relative error
    errors = np.abs(known @ rates / taken - 1)
    print(f"BEIR, search and measures: {len(measured)} of {len(settings)} settings measured, {taken.sum():.1f} s")  # noqa: T201
    print(  # noqa: T201
        f"  fit: {1e9 * rates[0]:.1f} ns by query and passage, {1e9 * rates[1]:.1f} ns by query and passage kept; "
        f"differs from what was measured by {np.median(errors):.1%} in the median, {errors.max():.1%} at most, "
        f"{(known @ rates).sum() / taken.sum() - 1:+.1%} in all"
    )
    return {setting: measured.get(setting, float(np.dot(work(setting), rates))) for setting in settings}


def sampled(collection):
    """Keep one of ``SHARE`` texts of each language."""
    rng = np.random.default_rng(0)

    def keep(texts):
        chosen = rng.permutation(len(texts))[: round(len(texts) / SHARE)]
        ids = list(texts)
        return {ids[number]: texts[ids[number]] for number in sorted(chosen)}

    return replace(
        collection,
        queries={language: keep(texts) for language, texts in collection.queries.items()},
        corpora={language: keep(texts) for language, texts in collection.corpora.items()},
        qrels={},
    )


def beir_encoding(model, collection):
    """Seconds that BEIR's way takes to encode each language's queries, and each language's corpus."""
    options = {"batch_size": 128, "show_progress_bar": False, "convert_to_tensor": True}
    queries, passages = {}, {}
    for language in collection.languages:
        texts = list(collection.queries[language].values())
        queries[language] = seconds(lambda texts=texts: model.encode_queries(texts, **options))
        corpus = [{"title": each.title, "text": each.text} for each in collection.corpora[language].values()]
        corpus.sort(key=lambda each: len(each["title"] + each["text"]), reverse=True)
        passages[language] = seconds(lambda corpus=corpus: model.encode_corpus(corpus, **options))
    return queries, passages


def random_embeddings(collection):
    rng = np.random.default_rng(0)

    def draw(texts):
        by_text = {}
        for text in texts.values():
            if text not in by_text:
                vector = rng.standard_normal(DIMENSIONS, dtype=np.float32)
                by_text[text] = vector / np.linalg.norm(vector)
        return np.array([by_text[text] for text in texts.values()])

    return Embeddings(
        *({name: draw(texts) for name, texts in side.items()} for side in (collection.queries, collection.corpora))
    )


def table(title, rows, target):
    print(f"{title:36}{'BEIR':>10}{'ours':>10}{'times':>10}")  # noqa: T201
    for name, theirs, ours in rows:
        mine, times = (f"{ours:10.2f}", f"{theirs / ours:10.1f}") if ours else ("", "")
        print(f"{name:36}{theirs:10.1f}{mine}{times}")  # noqa: T201
    print(f"{'':56}{target}")  # noqa: T201


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="model folder [default: untrained static embeddings]")
    parser.add_argument("--quick", action="store_true", help="encode a sample of the texts only")
    chosen = parser.parse_args()
    data = os.environ["BEIR_HYBRID_DATA"]
    collection = load_dataset("xquad-r", data)
    settings = all_settings(tuple(collection.queries), tuple(collection.corpora))
    model = load_model(chosen.model) if chosen.model else static_model(load_pairs("xquad-r", data))
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder)
        host = models.SentenceBERT(chosen.model or folder)
    embeddings = random_embeddings(collection) if chosen.quick else encode(model, collection)
    host_model, ours, measured = LookedUp(collection, embeddings), [], {}

    def run_ours():
        ours.append(seconds(lambda: evaluate(embeddings, collection)))

    run_ours()  # what is imported on the way takes its time once
    ours.clear()
    picked = [each for each in settings if each.query_language in POOLS and each.pool]
    picked += [each for each in settings if each.corpus_languages in {(name,) for name in CORPORA}]
    for number, setting in enumerate(picked):
        measured[setting] = beir_seconds(host_model, collection, setting)
        if number % (len(picked) // REPEATS) == 0:  # among the others, as the machine's speed changes
            run_ours()
    taken = estimate(collection, settings, measured)
    by_kind = {kind: sum(taken[each] for each in settings if each.kind == kind) for kind in ("mono", "cross", "multi")}
    search, mine = sum(taken.values()), statistics.median(ours)
    rows = [(f"  {kind} settings", by_kind[kind], 0) for kind in by_kind]
    kind = "random vectors" if chosen.quick else "the model's vectors"
    table(f"from {kind}, seconds", [*rows, ("all settings", search, mine)], "target: at least 60 times")

    texts = sampled(collection) if chosen.quick else collection
    factor = SHARE if chosen.quick else 1
    host.q_model.encode(["what is prepared on the first call"])
    queries, passages = beir_encoding(host, texts)
    encoding = factor * (12 * sum(queries.values()) + 22 * sum(passages.values()))
    if chosen.quick:
        model.encode(["what is prepared on the first call"])
        own_encoding = factor * seconds(lambda: encode(model, texts))
        whole = own_encoding + mine
        count = sum(map(len, [*texts.queries.values(), *texts.corpora.values()]))
        print(f"encoding: measured on {count:,} texts, one of {SHARE} of each language, on both sides")  # noqa: T201
    else:
        whole = seconds(lambda: evaluate(model, collection))
        own_encoding = whole - mine
        for setting in (each for each in settings if each.name in WHOLE):
            predicted = queries[setting.query_language] + sum(passages[name] for name in setting.corpus_languages)
            found = beir_seconds(host, collection, setting)
            print(f"BEIR, {setting.name} end to end: {found:.1f} s, by the sum {predicted + taken[setting]:.1f} s")  # noqa: T201
    rows = [("  encoding", encoding, own_encoding), ("  search and measures", search, mine)]
    table(
        "end to end, seconds",
        [*rows, ("all settings", encoding + search, whole)],
        "target with MiniLM: at least 12 times",
    )


if __name__ == "__main__":
    main()
