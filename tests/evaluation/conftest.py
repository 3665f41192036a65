"""Fixtures of the evaluation tests: encoders with known vectors, and the rankings by the book to compare with."""

from __future__ import annotations

import numpy as np
import pytest
import pytrec_eval


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


@pytest.fixture
def exact_vectors():
    """Draw vectors whose inner products are exact in float32 in any order of adding up, with many ties."""

    def draw(rng, count, dimensions=3):
        return (rng.integers(-3, 4, (count, dimensions)) / 4).astype(np.float32)

    return draw


@pytest.fixture
def trec_eval():
    """Measure a run with pytrec_eval: values by query and measure, under this package's names."""
    names = {"map": "map"}
    names |= {
        f"{ours}@{k}": f"{theirs}_{k}"
        for ours, theirs in (("ndcg", "ndcg_cut"), ("recall", "recall"))
        for k in (1, 3, 10, 100)
    }

    def measure(run, qrels):
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"map", "ndcg_cut.1,3,10,100", "recall.1,3,10,100"})
        found = evaluator.evaluate(run)
        return {query: {ours: values[theirs] for ours, theirs in names.items()} for query, values in found.items()}

    return measure
