"""Fixtures of the evaluation tests: encoders with known vectors, and the rankings by the book to compare with."""

from __future__ import annotations

import os
from contextlib import contextmanager

import numpy as np
import pytest
import pytrec_eval

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vectors import StoredVectors, VectorStore, keys_of
from beir_hybrid.evaluation.search import exact as search
from beir_hybrid.evaluation.search import ranks, scores
from beir_hybrid.passage import Passage


@pytest.fixture
def make_model():
    """Build an encoder that gives each text (with its prompt) a vector of one's choice, and fails on any other text."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models

    def make(vectors, similarity="dot", prompts=None):
        # without a pre-tokenizer, a text is one token
        tokenizer = Tokenizer(models.WordLevel({text: number for number, text in enumerate(vectors)}, unk_token="?"))
        module = StaticEmbedding(tokenizer, embedding_weights=np.array(list(vectors.values()), np.float32))
        return SentenceTransformer(
            modules=[module],
            device="cpu",
            similarity_fn_name=similarity,
            prompts=prompts or {"query": "", "document": ""},
        )

    return make


@pytest.fixture(scope="session")
def exact_vectors():
    """Draw vectors whose inner products are exact in float32 in any order of adding up, with many ties."""

    def draw(rng, count, dimensions=3):
        return (rng.integers(-3, 4, (count, dimensions)) / 4).astype(np.float32)

    return draw


@pytest.fixture(scope="session")
def trec_eval():
    """Measure a run with pytrec_eval: values by query and measure, under this package's names."""
    depths = (1, 3, 10, 100)
    by_depth = {"map": "map_cut", "ndcg": "ndcg_cut", "recall": "recall", "precision": "P", "success": "success"}
    names = {"map": "map", "mrr": "recip_rank"}
    names |= {f"{ours}@{k}": f"{theirs}_{k}" for ours, theirs in by_depth.items() for k in depths}
    wanted = {"map", "recip_rank", *(f"{theirs}.{','.join(map(str, depths))}" for theirs in by_depth.values())}

    def measure(run, qrels):
        found = pytrec_eval.RelevanceEvaluator(qrels, wanted).evaluate(run)
        return {query: {ours: values[theirs] for ours, theirs in names.items()} for query, values in found.items()}

    return measure


@pytest.fixture
def uneven():
    """Corpora of 13, 1 and 70 passages in an order that is not that of their ids, with grades from -1 to 3."""
    rng = np.random.default_rng(11)
    sizes = {"zh": 13, "ar": 1, "en": 70}
    documents = {
        language: [f"{language}:{number}" for number in rng.permutation(size)] for language, size in sizes.items()
    }
    everything = [document for ids in documents.values() for document in ids]
    queries = {
        language: {f"{language}:q{n}": f"{language} question {n}" for n in range(6)} for language in ("en", "zh")
    }
    return MultilingualCollection(
        name="uneven",
        corpora={language: {document: Passage(document) for document in ids} for language, ids in documents.items()},
        queries=queries,
        qrels={
            query: {str(document): int(rng.integers(-1, 4)) for document in rng.choice(everything, 12, replace=False)}
            for texts in queries.values()
            for query in list(texts)[:5]  # the last query has no judgement at all
        },
        group_of={f"{language}:q{n}": str(n) for language in ("en", "zh") for n in range(6) if n != 2},
    )


@pytest.fixture
def by_number():
    """Two English queries and a German one whose scores are the passages' numbers, or their negatives for German."""
    numbers = {"de": [1, 4, 6], "en": [2, 3, 5, 7]}
    collection = MultilingualCollection(
        name="numbers",
        corpora={code: {f"{code}:{n}": Passage(str(n)) for n in found} for code, found in numbers.items()},
        queries={"en": {"en:a": "up", "en:b": "up too"}, "de": {"de:a": "down"}},
        qrels={
            "en:a": {"en:5": 1, "de:4": 1},
            "en:b": {"en:3": 2, "de:6": 0, "de:1": -1},
            "de:a": {"de:1": 1, "en:7": 1, "de:6": 3},
        },
        notes=("a note of the data",),
        group_of={"en:a": "a", "de:a": "a"},
    )
    vectors = {"up": [1], "up too": [1], "down": [-1], **{str(n): [n] for found in numbers.values() for n in found}}
    return collection, vectors


@pytest.fixture(scope="session")
def texts_of():
    """List the texts of a collection, queries first."""

    def give(collection):
        return [text for queries in collection.queries.values() for text in queries.values()] + [
            passage.text for passages in collection.corpora.values() for passage in passages.values()
        ]

    return give


@pytest.fixture(scope="session")
def vectors_of(exact_vectors, texts_of):
    """Give every text of a collection a vector: many tie, unless there are dimensions enough."""

    def give(collection, seed=0, dimensions=3):
        texts = texts_of(collection)
        return dict(zip(texts, exact_vectors(np.random.default_rng(seed), len(texts), dimensions), strict=True))

    return give


@pytest.fixture(scope="session")
def embeddings_of():
    """Arrange vectors by text in the order of a collection."""

    def give(collection, vectors):
        return Embeddings(
            {
                language: np.array([vectors[text] for text in texts.values()], np.float32)
                for language, texts in collection.queries.items()
            },
            {
                language: np.array([vectors[passage.text] for passage in texts.values()], np.float32)
                for language, texts in collection.corpora.items()
            },
        )

    return give


LIMITS = {  # passages and bytes of a block, bytes of a job, threads
    "whole": (2**14, 2**24, 2**22, 1),
    "one passage a block": (1, 2**24, 2**22, 2),
    "one query a block and a job": (2**14, 1, 1, 1),
    "small blocks": (5, 4 * 64 * 5 * 2, 64 * 4 * 6, 3),
    "a word a block": (64, 2**24, 2**22, 2),
}


@pytest.fixture(scope="session", params=LIMITS)
def limits(request):
    """Names of the sizes that work is cut into."""
    return request.param


@pytest.fixture(scope="session")
def cut_work():
    """Cut work into small blocks and several threads for a while."""

    @contextmanager
    def cut(name):
        passages, block, job, threads = LIMITS[name]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scores, "_BLOCK_PASSAGES", passages)
            patch.setattr(scores, "_BLOCK_BYTES", block)
            patch.setattr(ranks, "_JOB_BYTES", job)
            patch.setattr(search, "_GATHERED", 7 if threads > 1 else 2**16)
            patch.setattr(os, "sched_getaffinity", lambda process: set(range(threads)), raising=False)
            patch.delenv("OMP_NUM_THREADS", raising=False)
            yield

    return cut


@pytest.fixture(scope="session")
def draw_pool():
    """Draw queries and the passages of languages, with many equal scores and equal vectors, and shuffled ids."""

    def draw(rng, sizes, queries, dimensions=2):
        passages = [(rng.integers(-1, 2, (size, dimensions)) / 2).astype(np.float32) for size in sizes]
        ids = [f"x:{number}" for number in rng.permutation(sum(sizes))]
        return rng.integers(-1, 2, (queries, dimensions)).astype(np.float32), passages, ids

    return draw


@pytest.fixture(scope="session")
def brute_force():
    """Score and rank by the book: float32 scores, shape (queries, passages), and passages by score and then by id."""

    def rank(queries, passages, ids):
        pool = np.concatenate(passages).astype(np.longdouble)
        scores = (queries.astype(np.longdouble)[:, None, :] * pool[None]).sum(axis=2).astype(np.float32)
        order = [sorted(range(len(ids)), key=lambda p: (row[p], ids[p]), reverse=True) for row in scores]
        return scores, np.array(order, np.int64).reshape(scores.shape)

    return rank


@pytest.fixture(scope="session")
def named():
    """Give the ids of a list by their numbers."""

    def name(ids):
        return lambda numbers: [ids[number] for number in numbers]

    return name


@pytest.fixture
def as_stored():
    """Keep vectors in a store, in an order of its own, and give them back in theirs."""

    def store(vectors):
        order = np.random.default_rng(0).permutation(len(vectors))
        kept = VectorStore(vectors.shape[1])
        half = len(order) // 2
        for part in (order[:half], order[half:]):
            kept.commit(keys_of(str(number) for number in part), vectors[part])
        return StoredVectors(kept, np.argsort(order))

    return store


@pytest.fixture
def as_mapped(tmp_path):
    """Keep vectors in a file that is mapped into memory."""

    def store(vectors):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, vectors)
        # an empty array cannot be mapped
        return np.load(path, mmap_mode="r") if len(vectors) else vectors

    return store
