"""Shared fixtures: tiny data and models, built in memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network

from beir_hybrid.collection import MultilingualCollection, Passage
from beir_hybrid.pairs import Pair, ParallelPairs

LANGUAGES = ("de", "en", "es")


@pytest.fixture
def pairs() -> ParallelPairs:
    """Twelve groups in three languages; the last two lack one of them."""
    return ParallelPairs.from_pairs(
        "tiny",
        [
            Pair(f"g{group}", language, f"{language} question {group}", f"{language} passage {group}")
            for group in range(12)
            for language in LANGUAGES
            if not (group == 10 and language == "de") and not (group == 11 and language == "es")
        ],
    )


@pytest.fixture
def collection() -> MultilingualCollection:
    """Four questions in three languages, each answered by one passage per language, and a distractor in each corpus."""
    return MultilingualCollection(
        name="tiny",
        corpora={
            language: {f"{language}:{number}": Passage(f"{language} passage {number}") for number in range(5)}
            for language in LANGUAGES
        },
        queries={
            language: {f"{language}:q{number}": f"{language} question {number}" for number in range(4)}
            for language in LANGUAGES
        },
        qrels={
            f"{language}:q{number}": {f"{other}:{number}": 1 for other in LANGUAGES}
            for language in LANGUAGES
            for number in range(4)
        },
        passage_text="sentence",
        group_of={f"{language}:q{number}": str(number) for language in LANGUAGES for number in range(4)},
    )


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with the real data, from BEIR_HYBRID_DATA."""
    folder = os.environ.get("BEIR_HYBRID_DATA")
    if not folder:
        pytest.skip("BEIR_HYBRID_DATA does not name a folder with the real data")
    return Path(folder)
