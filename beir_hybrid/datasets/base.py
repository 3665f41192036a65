"""What a dataset is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.pairs import ParallelPairs

__all__ = ["Dataset"]


@runtime_checkable
class Dataset(Protocol):
    """What is registered in the group ``beir_hybrid.datasets``.

    Further keyword arguments of ``load`` and ``pairs`` are options of the dataset. A dataset for evaluation alone
    leaves ``pairs`` out. It may tell, for listings and BEIR folders, its ``splits`` (names, the usual one first), and
    how many ``queries`` and ``passages`` the usual split has in all languages.

    Attributes:
        name: The registered name.
        description: One line for listings.
        languages: Language codes, in the dataset's order.
        licence: The licence of its texts.
    """

    name: str
    description: str
    languages: tuple[str, ...]
    licence: str

    def load(
        self, source: str | Path | None, languages: Iterable[str] | None, **options: Any
    ) -> MultilingualCollection:
        """Load corpora, queries and relevance; see :func:`beir_hybrid.datasets.load_dataset`."""
        ...

    def pairs(self, source: str | Path | None, languages: Iterable[str] | None, **options: Any) -> ParallelPairs:
        """Load questions and passages for training; see :func:`beir_hybrid.datasets.load_pairs`."""
        ...
