"""Loaders with the methods of BEIR's ``GenericDataLoader``, for datasets instead of folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from beir_hybrid.collection import BeirCorpus, BeirQrels, BeirQueries, MultilingualCollection
from beir_hybrid.datasets.names import find_data
from beir_hybrid.errors import ConfigurationError


class CollectionLoader:
    """Loads a dataset, or one of its settings, as BEIR's scripts want it.

    Unlike ``GenericDataLoader``, every call of :meth:`load` returns its own split alone: judgements and queries
    of an earlier call are not carried over.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``.
        source: As for :func:`~beir_hybrid.datasets.load_dataset`.
        languages: As there; None for all, or those of the setting.
        **options: Options of the dataset, such as ``passage_text="sentence+context"``.

    Attributes:
        corpus: Title and text by document id; empty until loaded.
        queries: Text by query id; empty until loaded.
        qrels: Grade by query id and document id; empty until loaded.

    Raises:
        UnknownNameError: If there is no such dataset or setting.

    Examples:
        >>> corpus, queries, qrels = CollectionLoader("sample.en-de").load(split="test")
        >>> len(corpus), len(queries), qrels["en:france-capital"]
        (74, 74, {'de:france-capital-fact': 1})
    """

    def __init__(
        self,
        name: str,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        **options: Any,
    ) -> None:
        if "split" in options:
            raise ConfigurationError(f"The split {options['split']!r} is given to the loader.", "Pass it to load().")
        self.name = name
        self.source = source
        self.languages = None if languages is None else tuple(languages)
        self.options = options
        self._data = find_data(name, folders=False)
        self._data.check(self.languages)
        self.corpus: BeirCorpus = {}
        self.queries: BeirQueries = {}
        self.qrels: BeirQrels = {}
        self._loaded: tuple[str, MultilingualCollection] | None = None

    @property
    def splits(self) -> tuple[str, ...]:
        """The dataset's splits, the default first."""
        return self._data.dataset.splits

    def load(self, split: str | None = None) -> tuple[BeirCorpus, BeirQueries, BeirQrels]:
        """Load corpus, queries and judgements of a split.

        Args:
            split: Such as ``test``; None for the default one, which is ``dev`` for MIRACL.

        Returns:
            ``corpus``, ``queries`` and ``qrels``, as ``GenericDataLoader.load`` returns them.

        Raises:
            ConfigurationError: If there is no such split, or nothing relevant in it.
            BeirHybridError: The other errors of :func:`~beir_hybrid.datasets.load_dataset`.
        """
        part = self.collection(split)
        self.corpus, self.queries, self.qrels = part.beir()
        return self.corpus, self.queries, self.qrels

    def load_custom(self) -> tuple[BeirCorpus, BeirQueries, BeirQrels]:
        """Load the default split; there are no files to name."""
        return self.load()

    def load_corpus(self) -> BeirCorpus:
        """Load the corpus of the split that was loaded last, or else of the default one."""
        if not self.corpus:
            self.corpus = self.collection().beir()[0]
        return self.corpus

    def collection(self, split: str | None = None) -> MultilingualCollection:
        """Load a split of the setting as a collection, which is kept for the next call for that split."""
        wanted = split if split is not None else self.splits[0]
        if self._loaded is None or self._loaded[0] != wanted:
            splits = self._data.load_splits((wanted,), self.source, self.languages, **self.options)
            self._loaded = (wanted, splits[wanted].setting(self._data.setting))
        return self._loaded[1]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class _NamedLoader(CollectionLoader):
    """The loader of one dataset.

    Args:
        setting: Such as ``de``, ``en-de`` or ``en-all``; empty for all queries and all corpora.
        source: As for :class:`CollectionLoader`.
        languages: As there.
        **options: As there.
    """

    dataset_name = ""

    def __init__(
        self,
        setting: str = "",
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        **options: Any,
    ) -> None:
        bare = "" if setting == self.dataset_name else setting.removeprefix(f"{self.dataset_name}.")
        super().__init__(f"{self.dataset_name}.{bare}" if bare else self.dataset_name, source, languages, **options)


class XQuADRLoader(_NamedLoader):
    """Loads XQuAD-R: ``XQuADRLoader("en-de").load(split="test")``."""

    dataset_name = "xquad-r"


class MLQARLoader(_NamedLoader):
    """Loads MLQA-R: ``MLQARLoader("en-de").load(split="test")``."""

    dataset_name = "mlqa-r"


class MIRACLLoader(_NamedLoader):
    """Loads MIRACL: ``MIRACLLoader("sw").load(split="dev")``."""

    dataset_name = "miracl"


class SampleLoader(_NamedLoader):
    """Loads the built-in sample: ``SampleLoader("en-de").load(split="test")``."""

    dataset_name = "sample"
