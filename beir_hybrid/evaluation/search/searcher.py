"""Searchers: what is found in the settings of a collection, whichever way it was found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vectors import Vectors
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.scores import Rows, pair_scores, stack
from beir_hybrid.settings import Setting
from beir_hybrid.verbosity import progress

_SCORED = 2**15  # pairs of a query and a passage scored at a time


class RelevantRanks(NamedTuple):
    """Where the relevant passages of a setting's queries stand.

    Attributes:
        rank: Shape (rows,), ranks from 1, ties ordered as in trec_eval; infinite where a passage was not found.
        mid_rank: Shape (rows,), ranks from 1 where tied passages share the mean rank of their group.
        tied: Shape (rows,), whether another passage has the same score.
        retrieved: Shape (queries,), how many passages each query's ranking holds.
    """

    rank: Floats
    mid_rank: Floats
    tied: Bools
    retrieved: Ints


class Searcher(ABC):
    """What is found in the settings of a collection: by searching vectors, or by a system that wrote runs.

    Args:
        judgements: The collection.
        settings: The settings that will be asked for.

    Attributes:
        depth: How deep the rankings are; None if they are whole.
        device: What the vectors were multiplied on, and how finely; empty for this processor.
        seconds: Seconds spent so far, by stage.
    """

    depth: int | None = None
    device: str = ""

    def __init__(self, judgements: Judgements, settings: Iterable[Setting]) -> None:
        self.judgements = judgements
        self.settings = list(settings)
        self.seconds: dict[str, float] = {}

    @abstractmethod
    def ranks(self, setting: Setting, rows: Ints, queries: Ints) -> RelevantRanks:
        """Rank the relevant passages of a setting.

        Args:
            setting: The setting.
            rows: Shape (rows,), the setting's rows of the judgements.
            queries: Shape (queries,), numbers of the setting's queries, sorted.
        """

    @abstractmethod
    def hits(self, setting: Setting, depth: int) -> Hits | None:
        """Return the first passages of all queries of the setting's language, in the order of their numbers.

        Args:
            setting: The setting.
            depth: How many passages are wanted; there may be fewer.

        Returns:
            None if the setting was not searched.
        """

    @abstractmethod
    def scores(self, setting: Setting, queries: Ints, passages: Ints) -> Floats:
        """Score passages, wherever they stand in the rankings.

        Args:
            setting: The setting.
            queries: Shape (n,), numbers of queries of the setting's language.
            passages: Shape (n, m), numbers of passages; -1 for none.

        Returns:
            Shape (n, m); -inf where there is no passage, or nothing is known of it.
        """

    def places(self, setting: Setting, queries: Ints) -> Ints:
        """Return the place of queries, by their numbers, among all of the setting's language."""
        return np.searchsorted(np.flatnonzero(self.judgements.query_language == setting.query_language), queries)

    def notes(self) -> list[str]:
        """Return what a reader of the results must know of the search, once all settings were asked for."""
        return []


@dataclass(frozen=True, eq=False)
class SearchTask:
    """The vectors to search, and how much of what is found will be asked for.

    Attributes:
        judgements: The collection.
        embeddings: Its vectors.
        settings: The settings that will be asked for, which are then searched together; None for all.
        measured_depth: How deep the measures look into rankings.
        show_progress: Whether to show progress bars.
    """

    judgements: Judgements
    embeddings: Embeddings
    settings: Sequence[Setting] | None = None
    measured_depth: int = 0
    show_progress: bool = False


class Search(ABC):
    """How passages are found among vectors: the choice that :func:`~beir_hybrid.evaluate` takes as ``search``.

    Attributes:
        sparse: Whether sparse vectors can be searched.
    """

    sparse: ClassVar[bool] = True

    def check(self, dimensions: int) -> None:  # noqa: B027  # many searches take any vectors
        """Refuse vectors that cannot be searched, before they are computed.

        Args:
            dimensions: Number of dimensions; 0 if unknown.
        """

    @abstractmethod
    def open(self, task: SearchTask) -> Searcher:
        """Prepare a search.

        Raises:
            ConfigurationError: If there is not one vector for each query and passage.
        """


class Pool:
    """The corpora that a setting searches, whose passages a search counts through them alone.

    Args:
        judgements: The collection.
        setting: The setting.

    Attributes:
        corpora: Their languages.
    """

    def __init__(self, judgements: Judgements, setting: Setting) -> None:
        self.corpora = setting.corpus_languages
        self._judgements = judgements
        columns = judgements.columns(setting)
        self._ends = np.cumsum(judgements.sizes[columns])
        self._shifts = np.cumsum(judgements.sizes)[columns] - self._ends

    def __len__(self) -> int:
        return int(self._ends[-1])

    def global_hits(self, hits: Hits) -> Hits:
        """Number what was found as the whole collection does."""
        return Hits(self._global_numbers(hits.passage), hits.score)

    def identifiers(self, passages: Ints) -> list[str]:
        """Return the document ids of passages, shape (n,)."""
        return self._judgements.identifiers(self._global_numbers(passages))

    def _global_numbers(self, passages: Ints) -> Ints:
        place = np.minimum(np.searchsorted(self._ends, passages, side="right"), len(self._ends) - 1)
        return np.where(passages < 0, -1, passages + self._shifts[place])


class VectorSearcher(Searcher):
    """What a search of vectors finds.

    The queries of all settings with the same corpora are searched at once, and what was found is kept until other
    corpora are asked for: settings should come sorted by their corpora. Queries in other languages, such as
    translations, are searched when the first of them is asked for.

    Args:
        task: What to search.
    """

    def __init__(self, task: SearchTask) -> None:
        judgements, embeddings = task.judgements, task.embeddings
        super().__init__(judgements, judgements.settings if task.settings is None else task.settings)
        self.show_progress = task.show_progress
        corpora = judgements.collection.corpora
        self._asked = aligned(embeddings.queries, judgements.collection.queries, "queries")
        self.passages = dict(zip(corpora, aligned(embeddings.passages, corpora, "passages"), strict=True))
        self._pool: Pool | None = None
        self._kept = 0
        self._hits: dict[str, Hits] = {}  # by query language, of this pool to this depth

    @cached_property
    def queries(self) -> Rows:
        """Vectors of all queries, shape (queries, dimensions)."""
        return stack([part[:] for part in self._asked])

    def vectors(self, pool: Pool) -> list[Vectors]:
        """Return the vectors of each of a pool's corpora, shape (passages of the language, dimensions)."""
        return [self.passages[language] for language in pool.corpora]

    def hits(self, setting: Setting, depth: int) -> Hits:
        """Search the setting's corpora; see :meth:`Searcher.hits`."""
        pool, language = self._pool, setting.query_language
        if pool is None or pool.corpora != setting.corpus_languages:
            pool, self._kept = Pool(self.judgements, setting), 0
            self._pool = pool
        if (wanted := min(self.depth or depth, len(pool))) > self._kept:
            self._kept, self._hits = wanted, {}
        if language not in self._hits:
            together = {each.query_language for each in self.settings if each.corpus_languages == pool.corpora}
            wanted_languages = together if language in together else set(self.judgements.collection.queries)
            self._search(pool, wanted_languages - self._hits.keys())
        return self._hits[language][:, :depth]

    def scores(self, setting: Setting, queries: Ints, passages: Ints) -> Floats:
        """Multiply vectors, the passages' a few thousand at a time; see :meth:`Searcher.scores`."""
        scores, vectors = np.full(passages.shape, -np.inf), list(self.passages.values())
        row, column = np.nonzero(passages >= 0)
        for start in range(0, len(row), _SCORED):
            pairs = row[start : start + _SCORED], column[start : start + _SCORED]
            scores[pairs] = pair_scores(self.queries, queries[pairs[0]], vectors, passages[pairs])
        return scores

    @abstractmethod
    def _find(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        """Find passages of a pool, numbered as the collection does, for queries by their numbers."""

    def _search(self, pool: Pool, languages: set[str]) -> None:
        of_query = self.judgements.query_language
        numbers = np.flatnonzero(np.isin(of_query, list(languages)))
        with progress(f"Searching {'+'.join(pool.corpora)}", self.show_progress) as advance:
            hits = self._find(pool, numbers, self._kept, advance)
        self._hits |= {language: hits[of_query[numbers] == language] for language in languages}


def aligned(vectors: Mapping[str, Vectors], texts: Mapping[str, Sized], kind: str) -> Sequence[Any]:
    """List vectors in the order of the collection's languages.

    Raises:
        ConfigurationError: If there is not one vector for each text.
    """
    for language, of_language in texts.items():
        count = len(vectors[language]) if language in vectors else 0
        if language not in vectors or count != len(of_language):
            raise ConfigurationError(
                f"There are {count} vectors for the {len(of_language)} {kind} in {language}.", "Pass one for each."
            )
    return [vectors[language] for language in texts]
