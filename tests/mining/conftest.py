import zlib

import numpy as np
import pytest

from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.texts import fold

LANGUAGES = ("de", "en", "es")


def vector(text):
    """A direction for each text, the same for texts that count as equal."""
    numbers = np.random.default_rng(zlib.crc32(fold(text).encode())).normal(size=8)
    return (numbers / np.linalg.norm(numbers)).astype(np.float32)


@pytest.fixture(scope="session")
def answering() -> ParallelPairs:
    """Forty groups in three languages; some share a passage, in other case, or a question."""
    rows = []
    for group in range(40):
        for language in LANGUAGES:
            if (group + len(language + str(group))) % 11 == 0 and language == "es":
                continue
            passage = f"{language} passage {group}"
            if group % 5 == 1 and language == "de":  # the last group's passage, written otherwise
                passage = f"DE  Passage {group - 1}"
            question = f"{language} question {group - 1 if group % 9 == 4 and language == 'en' else group}"
            rows.append(Pair(f"g{group}", language, question, passage))
    return ParallelPairs.from_pairs("answering", rows)


@pytest.fixture(scope="session")
def embed():
    """Encode the texts of a pool."""

    def embed(pool):
        parts = pool.collection
        return Embeddings(
            {code: np.stack([vector(text) for text in texts.values()]) for code, texts in parts.queries.items()},
            {
                code: np.stack([vector(each.searchable) for each in texts.values()])
                for code, texts in parts.corpora.items()
            },
        )

    return embed
