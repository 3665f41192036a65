"""Shared fixtures: tiny data and models, built in memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network
# tiny models gain nothing from threads, and the threads of parallel tests would wait for one another
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"

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


@pytest.fixture
def collated(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, str]]]:
    """The rows of every batch that a Trainer of this test builds, as its collator gets them."""
    from sentence_transformers.base.data_collator import BaseDataCollator

    batches: list[list[dict[str, str]]] = []
    collate = BaseDataCollator.__call__

    def recorded(collator: BaseDataCollator, features: list[dict[str, str]]) -> dict[str, object]:
        batches.append(features)
        return collate(collator, features)

    monkeypatch.setattr(BaseDataCollator, "__call__", recorded)
    return batches


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with the real data, from BEIR_HYBRID_DATA."""
    folder = os.environ.get("BEIR_HYBRID_DATA")
    if not folder:
        pytest.skip("BEIR_HYBRID_DATA does not name a folder with the real data")
    return Path(folder)


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Lay out a distribution as pip would: its entry points of one group, and its modules by name."""
    brought: set[str] = set()

    def install(distribution: str, group: str, points: Mapping[str, str], **modules: str) -> None:
        site = tmp_path / "site" / distribution
        info = site / f"{distribution}-1.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text)
        brought.update(modules)
        monkeypatch.syspath_prepend(str(site))

    yield install
    for module in brought:
        sys.modules.pop(module, None)
