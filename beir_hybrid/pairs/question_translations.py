"""Translations of questions: the same group's question in another language, for losses that compare the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.hashing import mix

if TYPE_CHECKING:
    from beir_hybrid.storage.pair_numbers import PairNumbers


def translation_languages(numbers: PairNumbers, groups: Ints, questions: Ints, places: Ints, seed: int) -> Ints:
    """Draw another language for the questions of some examples, uniformly among those that their group has.

    The draw follows from the seed and the example alone: whatever else is in the batch and whenever it comes, an
    example has the same translation, so that plans stay what they are and a resumed run goes on as it would have.

    Args:
        numbers: Which rows hold the questions.
        groups: Shape (n,), the examples' groups.
        questions: Shape (n,), the languages of their questions.
        places: Shape (n,), the examples' places in the dataset.
        seed: Of the draw, from 0 on.

    Returns:
        Shape (n,), languages; the question's own one where its group has no other.
    """
    asked = np.asarray(numbers.questions[groups])
    others = asked >= 0
    others[np.arange(len(groups)), questions] = False
    counts = others.sum(axis=1)
    key = np.random.default_rng([seed, 1]).integers(2**63, dtype=np.uint64)
    drawn = (mix(places.astype(np.uint64), key) % np.maximum(counts, 1).astype(np.uint64)).astype(np.int64)
    # the n-th other language is where the running count of them first exceeds n
    language = (np.cumsum(others, axis=1) > drawn[:, None]).argmax(axis=1)
    return np.where(counts > 0, language, questions).astype(np.int64)


def untranslated(numbers: PairNumbers) -> int:
    """Count the groups whose question is in one language only, or in none.

    Args:
        numbers: Which rows hold the questions.
    """
    step = 2**16  # groups at a time, of any number of them
    parts = range(0, len(numbers.questions), step)
    return sum(int(((numbers.questions[start : start + step] >= 0).sum(axis=1) < 2).sum()) for start in parts)
