"""Conversion: a large corpus, read once from its sources and kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.subset import Subset
from beir_hybrid.errors import DataFormatError
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus, cache_folder
from beir_hybrid.storage.corpus_writer import write_corpus

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conversion:
    """One language's corpus as a memory-mapped file, whole or a subset.

    Attributes:
        dataset: Name of the dataset.
        language: Language code.
        sources: What tells that the sources have changed, as JSON holds it: the corpus is read again then.
        judged: Ids of the judged documents, which every subset has.
        subset: Which documents it holds; None for all.
    """

    dataset: str
    language: str
    sources: Any
    judged: Collection[str]
    subset: Subset | None

    def stored(self) -> StoredCorpus | None:
        """Return the corpus from the cache, or a subset of one that is there as a whole; None without either."""
        if (stored := _open(self._folder)) is not None or self.subset is None:
            return stored
        if (whole := _open(self._place(""))) is None:
            return None
        prefix = len(self.language) + 1
        return self.write((identifier[prefix:], passage) for identifier, passage in whole.rows())

    def write(
        self, documents: Iterable[tuple[str, Passage]], where: Callable[[int], str] | None = None
    ) -> StoredCorpus:
        """Write the corpus into the cache.

        Args:
            documents: Ids without the language, and passages, of the whole corpus; read once.
            where: Returns where a document, numbered from 0, comes from, for messages.
        """
        if self.subset is None:
            return write_corpus(self._folder, self.language, documents, where)
        return write_corpus(self._folder, self.language, self.subset.choose(documents, self.judged, self.language))

    @property
    def _folder(self) -> Path:
        return self._place("" if self.subset is None else f"{self.subset.others} {' '.join(sorted(self.judged))}")

    def _place(self, choice: str) -> Path:
        content = json.dumps([self.language, self.sources, choice]).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        return cache_folder() / "corpora" / f"{self.dataset}-{self.language}-{digest}"


def _open(folder: Path) -> StoredCorpus | None:
    if not folder.exists():
        return None
    try:
        return StoredCorpus(folder)
    except DataFormatError as error:
        logger.warning("%s The corpus is read again.", error.problem)
        return None
