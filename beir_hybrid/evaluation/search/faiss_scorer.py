"""Rankings that a Faiss index finds, as a scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Floats32, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.rankings import Rankings
from beir_hybrid.evaluation.scorer import Scorer, aligned
from beir_hybrid.evaluation.search.exact import Hits, exact_search
from beir_hybrid.evaluation.search.faiss_search import FaissIndex, recall_against_exact
from beir_hybrid.evaluation.timing import timed
from beir_hybrid.settings import Setting
from beir_hybrid.verbosity import progress

_CHECKED = 2**33  # scores that exact search may compute to check an index
_FEWEST = 100  # queries it is checked on, however many passages there are
_ROWS = 2**12  # rows looked up at a time


@dataclass(frozen=True)
class _Check:
    """How much of exact search's first passages an index finds."""

    corpora: str
    queries: int
    of: int
    recall: dict[int, float]


class IndexScorer(Scorer):
    """Rankings that a Faiss index finds, cut off at some depth.

    One index is held at a time: settings are to come sorted by their corpora.

    Args:
        judgements: The collection.
        embeddings: Its vectors.
        factory: What index to build.
        settings: The settings that will be asked for; others of the same corpora may be.
        depth: How many passages to find.
        show_progress: Whether to show progress bars.

    Attributes:
        seconds: Seconds spent on building indexes, searching, and checking them with exact search.

    Raises:
        ConfigurationError: If there is not one vector for each query and passage, or the vectors are sparse.
    """

    def __init__(
        self,
        judgements: Judgements,
        embeddings: Embeddings,
        factory: str,
        settings: Sequence[Setting],
        depth: int,
        *,
        show_progress: bool = False,
    ) -> None:
        super().__init__(judgements)
        collection = judgements.collection
        self._query_vectors = aligned(embeddings.queries, collection.queries, "queries")
        passages = aligned(embeddings.passages, collection.corpora, "passages")
        self._passage_vectors = dict(zip(collection.corpora, passages, strict=True))
        if any(isinstance(vectors, SparseRows) for vectors in passages):
            raise ConfigurationError(
                f"The index {factory!r} holds dense vectors, and these are sparse.", "Search exactly: leave it out."
            )
        self.factory = factory
        self.depth = depth
        self.show_progress = show_progress
        self.seconds: dict[str, float] = {}
        self._chosen = list(settings)
        self._checks: list[_Check] = []
        self._options: dict[str, float] = {}
        self._corpora: tuple[str, ...] = ()

    @property
    def settings(self) -> list[Setting]:
        """The settings as given."""
        return self._chosen

    def rankings(self, setting: Setting, depth: int = 0) -> Rankings:
        """Give the rankings of one setting; see :meth:`Scorer.rankings`."""
        rows = self.judgements.rows(setting)
        rank, first, level = self._places(setting, rows)
        queries = np.unique(self.judgements.query[rows])
        retrieved = (self._hits.passage[self._row[queries]] >= 0).sum(axis=1)
        return self._assemble(setting, rows, rank, first + (level + 1) / 2, retrieved, depth)

    def ties(self, setting: Setting) -> Bools:
        """Tell which queries have a tie; see :meth:`Scorer.ties`."""
        rows = self.judgements.rows(setting)
        _, _, level = self._places(setting, rows)
        query = np.unique(self.judgements.query[rows], return_inverse=True)[1].reshape(-1)
        return np.bincount(query, weights=level > 1) > 0

    def hits(self, setting: Setting, depth: int) -> tuple[Ints, Ints]:
        """Give what was found first; see :meth:`Scorer.hits`."""
        self._find(setting)
        asked = self.judgements.query_language == setting.query_language
        return np.where(asked, self._row, -1), self._hits.passage[:, :depth]

    def note(self) -> str:
        """Tell what was searched with, and how much of exact search's first passages it found."""
        options = ", ".join(f"{name} {value:g}" for name, value in self._options.items())
        weights = [check.queries for check in self._checks]
        found = [
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
        return (
            f"found by Faiss {self.factory.partition(':')[0]}{f' ({options})' if options else ''} to depth "
            f"{self.depth}; it finds {' and '.join(found)}, {basis}{several}"
        )

    def _places(self, setting: Setting, rows: Ints) -> tuple[Floats, Floats, Floats]:
        """Look up where relevant passages stand.

        Returns:
            Shape (rows,) each: the rank, the number of passages with a higher score and of those with the same one;
            infinite, infinite and 0 for a passage that was not found.
        """
        self._find(setting)
        rank, first, level = np.full(len(rows), np.inf), np.full(len(rows), np.inf), np.zeros(len(rows))
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            mine = self._row[self.judgements.query[rows[part]]]
            passage, score = self._hits.passage[mine], self._hits.score[mine]
            row, column = np.nonzero(passage == self.judgements.passage[rows[part], None])
            own = score[row, column][:, None]
            rank[start + row] = column + 1
            first[start + row] = (score[row] > own).sum(axis=1)
            level[start + row] = (score[row] == own).sum(axis=1)
        return rank, first, level

    def _find(self, setting: Setting) -> None:
        """Have the setting's queries searched, with all of the chosen settings that search the same corpora."""
        if setting.corpus_languages != self._corpora:
            self._open(setting)
            others = [each for each in self._chosen if each.corpus_languages == self._corpora]
            self._search({setting.query_language, *(each.query_language for each in others)})
            self._check()
        elif setting.query_language not in self._searched:
            self._search({setting.query_language})

    def _open(self, setting: Setting) -> None:
        judged, corpora = self.judgements, setting.corpus_languages
        self._corpora, self._searched = corpora, set[str]()
        self._row = np.full(len(judged.queries), -1)
        self._hits = Hits(np.empty((0, 0), np.int64), np.empty((0, 0), np.float32))
        self._vectors = [self._passage_vectors[language] for language in corpora]
        columns = judged.columns(setting)
        sizes = judged.sizes[columns]
        # passages are counted through the setting's languages in an index, and through all of them elsewhere
        self._ends = np.cumsum(sizes)
        self._shifts = (np.cumsum(judged.sizes) - judged.sizes)[columns] - (self._ends - sizes)
        with (
            timed(self.seconds, "index"),
            progress(f"Indexing {'+'.join(corpora)}", self.show_progress) as advance,
        ):
            self._index = FaissIndex(self._vectors, self.factory, advance=advance)

    def _search(self, languages: set[str]) -> None:
        judged = self.judgements
        numbers = np.flatnonzero(np.isin(judged.query_language, list(languages)))
        with (
            timed(self.seconds, "search"),
            progress(f"Searching {'+'.join(self._corpora)}", self.show_progress) as advance,
        ):
            found = self._index.search(self._queries(numbers), self.depth, self._identifiers, advance)
        self._options |= self._index.options
        found = Hits(np.where(found.passage >= 0, self._globally(found.passage), -1), found.score)
        self._row[numbers] = len(self._hits.passage) + np.arange(len(numbers))
        kept = self._hits if self._searched else Hits(found.passage[:0], found.score[:0])
        self._hits = Hits(np.concatenate([kept.passage, found.passage]), np.concatenate([kept.score, found.score]))
        self._searched |= languages

    def _check(self) -> None:
        """Compare what was found with what exact search finds, on as many queries as that may take."""
        numbers = np.flatnonzero(self._row >= 0)
        most = max(_FEWEST, _CHECKED // int(self._ends[-1]))
        if len(numbers) > most:
            numbers = np.sort(np.random.default_rng(0).choice(numbers, most, replace=False))
        depths = {k: min(k, self._hits.passage.shape[1]) for k in (10, 100) if k <= self.depth} or {
            self.depth: self._hits.passage.shape[1]
        }
        with timed(self.seconds, "check"):
            exact = exact_search(self._queries(numbers), self._vectors, max(depths.values()), self._identifiers)
        rows = self._row[numbers]
        found = Hits(self._hits.passage[rows], self._hits.score[rows])
        recall = {k: recall_against_exact(found, exact, depth) for k, depth in depths.items()}
        total = int(np.count_nonzero(self._row >= 0))
        name = self._corpora[0] if len(self._corpora) == 1 else f"the pool of {len(self._corpora)}"
        self._checks.append(_Check(name, len(numbers), total, recall))

    def _queries(self, numbers: Ints) -> Floats32:
        """Gather query vectors by the queries' numbers, shape (n, dimensions)."""
        parts, start = [], 0
        for vectors in self._query_vectors:
            mine = numbers[(numbers >= start) & (numbers < start + len(vectors))] - start
            parts.append(np.asarray(vectors[mine], np.float32))
            start += len(vectors)
        return np.concatenate(parts)

    def _globally(self, passages: Ints) -> Ints:
        place = np.minimum(np.searchsorted(self._ends, passages, side="right"), len(self._ends) - 1)
        return passages + self._shifts[place]

    def _identifiers(self, passages: Ints) -> list[str]:
        return self.judgements.identifiers(self._globally(passages))
