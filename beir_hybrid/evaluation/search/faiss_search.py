"""FaissSearch: the choice to search with a Faiss index, with the share of exact search's findings that it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.faiss_factory import empty_index
from beir_hybrid.evaluation.search.faiss_index import FaissIndex
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.searcher import Pool, RelevantRanks, Search, SearchTask, VectorSearcher
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import Setting
from beir_hybrid.verbosity import progress

_CHECKED = 2**33  # scores that exact search may compute to check an index
_FEWEST = 100  # queries it is checked on, however many passages there are


@dataclass(frozen=True)
class FaissSearch(Search):
    """Rank what a Faiss index finds; an index is built for each set of corpora that a setting searches.

    Scores stay exact, the index only selects the passages. The results' notes quote the share of the first 10 and 100
    passages of exact search that it finds.

    Args:
        factory: Such as ``HNSW64`` or ``IVF256,Flat:nprobe=16``; see :class:`~.faiss_index.FaissIndex`.
        depth: How many passages to find; more if a measure looks deeper.
        seed: Selects the vectors that the index is trained on.

    Raises:
        ConfigurationError: If the depth is below 1.
    """

    factory: str
    depth: int = 1000
    seed: int = 0

    sparse: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ConfigurationError(f"The depth is {self.depth}.", "Choose at least 1.")

    def check(self, dimensions: int) -> None:
        """Refuse an index that Faiss cannot build; see :meth:`Search.check`."""
        empty_index(self.factory, dimensions)

    def open(self, task: SearchTask) -> FaissSearcher:
        """Prepare a search; see :meth:`Search.open`.

        Raises:
            ConfigurationError: If the vectors are sparse.
        """
        return FaissSearcher(replace(self, depth=max(self.depth, task.measured_depth)), task)


@dataclass(frozen=True)
class _Check:
    """How much of exact search's first passages an index finds."""

    corpora: str
    queries: int
    of: int
    recall: dict[int, float]


class FaissSearcher(VectorSearcher):
    """Rankings that a Faiss index finds, cut off at some depth; one index is held at a time.

    Args:
        search: What index to build, and how deep to search.
        task: What to search.
    """

    def __init__(self, search: FaissSearch, task: SearchTask) -> None:
        super().__init__(task)
        if any(isinstance(vectors, SparseRows) for vectors in self._asked):
            raise ConfigurationError(
                f"The index {search.factory!r} holds dense vectors, and these are sparse.",
                "Search exactly: leave it out.",
            )
        self.search = search
        self.depth = search.depth
        self._checks: list[_Check] = []
        self._options: dict[str, float] = {}
        self._indexed: Pool | None = None
        self._checked: Pool | None = None

    def ranks(self, setting: Setting, rows: Ints, queries: Ints) -> RelevantRanks:
        """Look up the relevant passages; see :meth:`Searcher.ranks`."""
        hits = self.hits(setting, self.search.depth)
        places = self.places(setting, self.judgements.query[rows])
        rank, higher, level = hits.places(places, self.judgements.passage[rows])
        retrieved = (hits.passage[self.places(setting, queries)] >= 0).sum(axis=1)
        return RelevantRanks(rank, higher + (level + 1) / 2, level > 1, retrieved)

    def notes(self) -> list[str]:
        """Return what was searched with, and how much of exact search's first passages it found."""
        options = ", ".join(f"{name} {value:g}" for name, value in self._options.items())
        weights = [check.queries for check in self._checks]
        shares = [
            f"{np.average([check.recall[k] for check in self._checks], weights=weights):.2%} of the exact first {k}"
            for k in self._checks[0].recall
        ]
        worst = min(self._checks, key=lambda check: min(check.recall.values()))
        sampled = any(check.queries < check.of for check in self._checks)
        basis = f"measured on {'a sample of ' if sampled else ''}{sum(weights):,} searches"
        several = ""
        if len(self._checks) > 1:
            least = " and ".join(f"{value:.2%}" for value in worst.recall.values())
            several = f"; of {len(self._checks)} sets of corpora the lowest is {worst.corpora} with {least}"
        return [
            f"found by Faiss {self.search.factory.partition(':')[0]}{f' ({options})' if options else ''} to depth "
            f"{self.depth}; it finds {' and '.join(shares)}, {basis}{several}"
        ]

    def _find(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        hits = self._search_index(pool, queries, depth, advance)
        if pool is not self._checked:
            with timed(self.seconds, "check"):
                self._checks.append(self._check(pool, queries, hits))
            self._checked = pool
        return hits

    def _search_index(self, pool: Pool, queries: Ints, depth: int, advance: Callable[[float], object]) -> Hits:
        if pool is not self._indexed:
            with (
                timed(self.seconds, "index"),
                progress(f"Indexing {'+'.join(pool.corpora)}", self.show_progress) as indexed,
            ):
                self._index = FaissIndex(
                    self.vectors(pool), self.search.factory, seed=self.search.seed, advance=indexed
                )
            self._indexed = pool
        with timed(self.seconds, "search"):
            hits = self._index.search(self.queries[queries], depth, pool.identifiers, advance)
        self._options |= self._index.options
        return pool.global_hits(hits)

    def _search_exactly(self, pool: Pool, queries: Ints, depth: int) -> Hits:
        hits = exact_search(self.queries[queries], self.vectors(pool), depth, pool.identifiers)
        return pool.global_hits(hits)

    def _check(self, pool: Pool, queries: Ints, hits: Hits) -> _Check:
        """Compare what was found with what exact search finds, on as many queries as that may take."""
        chosen = np.arange(len(queries))
        most = max(_FEWEST, _CHECKED // len(pool))
        if len(chosen) > most:
            chosen = np.sort(np.random.default_rng(0).choice(chosen, most, replace=False))
        kept = hits.passage.shape[1]
        depths = {k: min(k, kept) for k in (10, 100) if k <= self.search.depth} or {self.search.depth: kept}
        exact = self._search_exactly(pool, queries[chosen], max(depths.values()))
        recall = {k: hits[chosen].recall(exact, depth) for k, depth in depths.items()}
        name = pool.corpora[0] if len(pool.corpora) == 1 else f"the pool of {len(pool.corpora)}"
        return _Check(name, len(chosen), len(queries), recall)
