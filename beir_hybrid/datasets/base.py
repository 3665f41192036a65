"""What a dataset is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.pairs import ParallelPairs


@runtime_checkable
class Dataset(Protocol):
    """What is registered in the group ``beir_hybrid.datasets``: an object, not its class.

    ``load`` and ``pairs`` are called with the keywords ``source`` and ``languages``; their further keyword arguments
    are options of the dataset, which users may leave out. A dataset for evaluation alone leaves ``pairs`` out.
    Attributes are read for listings and names of settings, without anything being loaded. One that is there must be of
    its type.

    Attributes:
        name: The registered name.
        description: One line for listings.
        languages: Language codes, in the dataset's order. Names of settings such as ``en-de`` are checked against them
            before anything is loaded; without them, once it is.
        licence: The licence of its texts.
        splits: Names of its splits, the usual one first; may be left out by a dataset whose only split is ``test``. If
            it has several, ``load`` has an option ``split`` with the first as its default.
        queries: How many queries the usual split has in all languages; may be left out.
        passages: How many passages; likewise.
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
