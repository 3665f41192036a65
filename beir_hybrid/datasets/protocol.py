"""Dataset: what is registered as a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.pairs.parallel import ParallelPairs


@runtime_checkable
class Dataset(Protocol):
    """What is registered in the group ``beir_hybrid.datasets``: an object, not its class.

    ``load`` and ``pairs`` are called with the keywords ``source`` and ``languages``; their further keyword arguments
    are options of the dataset, which users may leave out. A dataset for evaluation alone has no ``pairs``; one to train
    on is a :class:`TrainingDataset`.

    Its attributes are read for listings and names of settings, without loading anything. All of them are optional here
    (:class:`beir_hybrid.testing.DatasetContract` wants the first four), and must be of their type if present:

    * ``name``: the registered name;
    * ``description``: one line for listings;
    * ``languages``: tuple of language codes, in the dataset's order. Names of settings such as ``en-de`` are checked
      against them before anything is loaded, and without them afterwards;
    * ``licence``: the licence of its texts;
    * ``splits``: names of its splits, the default first; without it, the only split is ``test``. A dataset with several
      has an option ``split`` of ``load``, with the first as its default;
    * ``queries`` and ``passages``: how many the default split has, in all languages.

    :class:`~beir_hybrid.datasets.registered.DatasetAdapter` fills in what is missing; the rest of the package sees only
    that.
    """

    def load(self, source: str | Path | None, languages: Iterable[str] | None) -> MultilingualCollection:
        """Load corpora, queries and relevance; see :func:`beir_hybrid.datasets.load_dataset`."""
        ...


@runtime_checkable
class TrainingDataset(Dataset, Protocol):
    """A dataset to train on, too."""

    def pairs(self, source: str | Path | None, languages: Iterable[str] | None) -> ParallelPairs:
        """Load questions and passages for training; see :func:`beir_hybrid.datasets.load_pairs`."""
        ...
