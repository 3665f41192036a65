"""ShardedSearch: the choice to have workers search the shards of a folder of vectors, exactly or with Faiss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import ClassVar, TypeVar

import numpy as np

from beir_hybrid.arrays import Bools, Floats32, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.vector_description import VectorRange
from beir_hybrid.evaluation.encoding.vector_folder import VectorFolder
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search.exact import ExactSearch, ExactSearcher, merge_hits
from beir_hybrid.evaluation.search.faiss_factory import parse_factory
from beir_hybrid.evaluation.search.faiss_search import FaissSearch, FaissSearcher
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.ranks import Ranks
from beir_hybrid.evaluation.search.searcher import Pool, Search, SearchTask, VectorSearcher
from beir_hybrid.evaluation.search.shard_work import (
    Place,
    Relevant,
    RelevantIds,
    RelevantScores,
    ShardCounts,
    ShardHits,
    ShardIndexHits,
)
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.workers import LocalWorkers, Workers

Answer = TypeVar("Answer")

_KEPT = 2**23  # hits kept by language, for pools that share it
_PENDING = 4  # shards whose hits are merged at a time


@dataclass(frozen=True, eq=False)
class ShardedSearch(Search):
    """Have workers search the shards of a folder of vectors: results are those of one search of all vectors.

    Workers read the vectors from the folder and return counts and the first passages, which add up and are merged here.
    The embeddings that :func:`~beir_hybrid.evaluate` takes beside it must be the folder's own,
    ``folder.embeddings(collection)``, which are mapped and stay on disk.

    Args:
        folder: The vectors, of which no shard may be missing.
        workers: Who searches; this process by default.
        index: Search with a Faiss index of each shard; None to search exactly.
        exact: The device and precision of exact search, for each worker.
    """

    folder: VectorFolder
    workers: Workers = field(default_factory=LocalWorkers)
    index: FaissSearch | None = None
    exact: ExactSearch = field(default_factory=ExactSearch)

    sparse: ClassVar[bool] = False

    def check(self, dimensions: int) -> None:
        """Refuse an index that Faiss cannot build; see :meth:`Search.check`."""
        if self.index is not None:
            self.index.check(dimensions)

    def open(self, task: SearchTask) -> VectorSearcher:
        """Prepare a search; see :meth:`Search.open`.

        Raises:
            ConfigurationError: If the folder's vectors are not those of the collection.
        """
        shards = _Shards(self.folder, self.workers, task, self.exact)
        if self.index is None:
            return ShardedSearcher(shards, task)
        return ShardedIndexSearcher(replace(self.index, depth=max(self.index.depth, task.measured_depth)), shards, task)


class ShardedSearcher(ExactSearcher):
    """Whole rankings of what stands in shards; see :class:`~.exact.ExactSearcher`.

    Args:
        shards: The shards.
        task: What to search.
    """

    def __init__(self, shards: _Shards, task: SearchTask) -> None:
        self._shards = shards
        self._first = _FirstHits(shards, ShardHits)
        super().__init__(task)
        self.device = shards.place.device or ""

    def _count(self, advance: Callable[[float], object]) -> Ranks:
        return self._shards.count(advance)

    def _find(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        return self._first.find(pool.corpora, queries, depth, advance)


class ShardedIndexSearcher(FaissSearcher):
    """Rankings that Faiss indexes of shards find, merged and cut off at some depth.

    Args:
        search: What indexes to build, and how deep to search.
        shards: The shards.
        task: What to search.
    """

    def __init__(self, search: FaissSearch, shards: _Shards, task: SearchTask) -> None:
        super().__init__(search, task)
        self._shards = shards
        self._options = parse_factory(search.factory)[1]  # others are set for each shard

        def make_work(place: Place, queries: Mapping[str, Ints], depth: int) -> ShardHits:
            return ShardIndexHits(place, queries, depth, search.factory, search.seed)

        self._first = _FirstHits(shards, make_work)

    def _search_index(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        with timed(self.seconds, "search"):
            return self._first.find(pool.corpora, queries, depth, advance)

    def _search_exactly(self, pool: Pool, queries: Ints, depth: int) -> Hits:
        return _FirstHits(self._shards, ShardHits).merged(pool.corpora, queries, depth)

    def notes(self) -> list[str]:
        """Return what was searched with; see :meth:`FaissSearcher.notes`."""
        return [f"{note}; an index for each of {len(self._shards.parts)} shards" for note in super().notes()]


class _Shards:
    """The shards of passages, and the workers that search them.

    Args:
        folder: The vectors.
        workers: Who searches.
        task: What is searched.
        exact: The device and precision of exact search.

    Attributes:
        parts: The shards of the collection's passages.
        place: Where workers read.
        judgements: The collection.
        settings: What will be asked for.

    Raises:
        ConfigurationError: If the folder's vectors are not those of the collection.
    """

    def __init__(self, folder: VectorFolder, workers: Workers, task: SearchTask, exact: ExactSearch) -> None:
        self.judgements = judged = task.judgements
        self.settings = judged.settings if task.settings is None else task.settings
        corpora = dict(zip(judged.languages, judged.sizes.tolist(), strict=True))
        known = folder.description.counts["document"]
        for language, size in corpora.items():
            if known.get(language, 0) != size:
                raise ConfigurationError(
                    f"{folder.path} holds vectors of {known.get(language, 0)} passages in {language}, and "
                    f"{judged.collection.name} has {size}.",
                    "Name the dataset that was encoded.",
                )
        self.parts = [part for part in folder.shards if part.role == "document" and part.language in corpora]
        starts = np.cumsum(judged.sizes) - judged.sizes
        firsts = dict(zip(judged.languages, starts.tolist(), strict=True))
        self.place = Place(folder.path.absolute(), _query_rows(folder, judged), firsts, exact.device, exact.precision)
        self._workers = workers

    def ask(
        self,
        work: Callable[[VectorRange], Answer],
        parts: Sequence[VectorRange],
        advance: Callable[[float], object] | None = None,
    ) -> Iterator[tuple[VectorRange, Answer]]:
        """Yield shards with what the work says of them, in any order."""
        total = sum(map(len, parts))
        weights = [len(part) / total for part in parts]
        for number, answer in self._workers.run(work, parts, weights=weights, advance=advance):
            yield parts[number], answer

    def query_languages(self, corpus: str) -> frozenset[str]:
        """Return the languages of the queries whose rankings a corpus is part of."""
        return frozenset(each.query_language for each in self.settings if corpus in each.corpus_languages)

    def count(self, advance: Callable[[float], object]) -> Ranks:
        """Add up what stands above the relevant passages, as far as any setting asks for it."""
        judged = self.judgements
        relevant = Relevant(judged.query, judged.passage)
        known = np.unique(judged.passage)
        ids = RelevantIds(known, judged.identifiers(known))
        counts = np.zeros((3, len(judged.query), len(judged.languages)), np.int32)
        rows_of: dict[frozenset[str], Ints] = {}  # one array for all corpora alike, which is then sent once
        rows = {}
        for corpus in judged.languages:
            asked = self.query_languages(corpus)
            rows[corpus] = rows_of.setdefault(asked, np.flatnonzero(_in_languages(judged, judged.query, asked)))
        parts = [part for part in self.parts if len(rows[part.language])]
        work = ShardCounts(self.place, relevant, self._thresholds(relevant), ids, rows)
        for part, answer in self.ask(work, parts, advance):
            counts[:, rows[part.language], judged.languages.index(part.language)] += answer
        return Ranks(judged.query, judged.passage, *counts)

    def _thresholds(self, relevant: Relevant) -> Floats32:
        """Gather the scores of the relevant passages from where these are."""
        work, scores = RelevantScores(self.place, relevant), np.empty(len(relevant.query), np.float32)
        rows = {part: relevant.within(work.first(part), len(part)) for part in self.parts}
        for part, answer in self.ask(work, [part for part in self.parts if len(rows[part])]):
            scores[rows[part]] = answer
        return scores


class _FirstHits:
    """The first passages of rankings, merged from those of shards.

    What is found in a language's passages is kept, if it is not too much, so that a corpus is searched once for all
    pools that it is part of.

    Args:
        shards: The shards.
        make_work: Makes the work of a search from a place, the numbers of the queries to search for in each language
            and a depth.
    """

    def __init__(self, shards: _Shards, make_work: Callable[[Place, Mapping[str, Ints], int], ShardHits]) -> None:
        self._shards = shards
        self._make_work = make_work
        self._kept: dict[str, tuple[Ints, Hits]] = {}  # by language, with the numbers of the queries

    def find(
        self, corpora: Sequence[str], queries: Ints, depth: int, advance: Callable[[float], object] | None = None
    ) -> Hits:
        """Find the first passages of a pool, numbered as in the collection.

        Args:
            corpora: Its languages.
            queries: Shape (n,), numbers of queries, sorted.
            depth: How many passages, at most as many as there are.
            advance: Called with the share of the work done since the last call.
        """
        judged = self._shards.judgements
        if len(judged.queries) * depth * len(judged.languages) > _KEPT:
            return self.merged(corpora, queries, depth, advance)
        sizes = dict(zip(judged.languages, judged.sizes.tolist(), strict=True))
        wanted = {
            language: np.union1d(queries, self._asked_of(language))
            for language in corpora
            if not self._is_kept(language, queries, min(depth, sizes[language]))
        }
        hits = self._search(wanted, depth, {language: language for language in wanted}, advance)
        self._kept |= {language: (wanted[language], hits[language]) for language in wanted}
        kept = (self._kept[language] for language in corpora)
        return merge_hits([hits[np.searchsorted(of, queries)] for of, hits in kept], depth, judged.identifiers)

    def merged(
        self, corpora: Sequence[str], queries: Ints, depth: int, advance: Callable[[float], object] | None = None
    ) -> Hits:
        """Find what :meth:`find` finds, and keep nothing."""
        return self._search(dict.fromkeys(corpora, queries), depth, dict.fromkeys(corpora, ""), advance)[""]

    def _asked_of(self, language: str) -> Ints:
        judged = self._shards.judgements
        numbers = np.arange(len(judged.queries))
        return np.flatnonzero(_in_languages(judged, numbers, self._shards.query_languages(language)))

    def _is_kept(self, language: str, queries: Ints, depth: int) -> bool:
        if language not in self._kept:
            return False
        numbers, hits = self._kept[language]
        return hits.passage.shape[1] >= depth and bool(np.isin(queries, numbers).all())

    def _search(
        self,
        queries: Mapping[str, Ints],
        depth: int,
        groups: Mapping[str, str],
        advance: Callable[[float], object] | None,
    ) -> dict[str, Hits]:
        """Search languages' shards, and merge what is found by group, a few shards at a time."""
        shards = self._shards
        pending_of: dict[str, list[Hits]] = {
            groups[language]: [Hits.empty(len(numbers), 0)] for language, numbers in queries.items()
        }
        parts = [part for part in shards.parts if part.language in queries]
        if not parts and advance is not None:
            advance(1)  # all is kept
        for part, hits in shards.ask(self._make_work(shards.place, queries, depth), parts, advance):
            pending = pending_of[groups[part.language]]
            pending.append(hits)
            if len(pending) > _PENDING:
                pending[:] = [merge_hits(pending, depth, shards.judgements.identifiers)]
        return {
            group: merge_hits(pending, depth, shards.judgements.identifiers) for group, pending in pending_of.items()
        }


def _in_languages(judged: Judgements, queries: Ints, languages: Iterable[str]) -> Bools:
    return np.isin(judged.query_language[queries], list(languages))


def _query_rows(folder: VectorFolder, judged: Judgements) -> Ints:
    """Return, shape (queries,), the row of each query among all queries of a folder."""
    parts = [part for part in folder.shards if part.role == "query"]
    rows = {name: row for row, name in enumerate(chain.from_iterable(map(folder.identifiers, parts)))}
    if unknown := [query for query in judged.queries if query not in rows]:
        raise ConfigurationError(
            f"{folder.path} holds no vectors of {len(unknown)} queries of {judged.collection.name}, such as "
            f"{unknown[0]!r}.",
            "Name the dataset that was encoded.",
        )
    return np.array([rows[query] for query in judged.queries], np.int64)
