"""Scorers: the rankings of any setting, from embeddings or from what a system retrieved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import partial

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vectors import Vectors
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation
from beir_hybrid.evaluation.ranks import Ranks, exact_ranks
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.evaluation.search.exact import Hits, exact_search
from beir_hybrid.evaluation.search.scores import stack
from beir_hybrid.settings import Setting
from beir_hybrid.verbosity import progress


class Scorer(ABC):
    """Gives the rankings of the settings of a collection.

    Args:
        judgements: The collection.
    """

    def __init__(self, judgements: Judgements) -> None:
        self.judgements = judgements

    @property
    @abstractmethod
    def settings(self) -> list[Setting]:
        """The settings there are rankings for."""

    @abstractmethod
    def rankings(self, setting: Setting, depth: int = 0) -> Rankings:
        """Give the rankings of one setting.

        Args:
            setting: The setting.
            depth: How many passages on top of each ranking to tell.
        """

    @abstractmethod
    def ties(self, setting: Setting) -> Bools:
        """Tell, shape (queries,), which queries have another passage level with a relevant one."""

    @abstractmethod
    def hits(self, setting: Setting, depth: int) -> tuple[Ints, Ints]:
        """Give the first passages of the setting's queries.

        Returns:
            Shape (all queries,), the place of each query in the second, -1 for those without; and shape
            (queries, depth), passage numbers, -1 where there are fewer.
        """

    def queries(self, setting: Setting) -> Ints:
        """Give the numbers of a setting's queries, sorted."""
        return _distinct(self.judgements.query[self.judgements.rows(setting)])[0]

    def _assemble(
        self, setting: Setting, rows: Ints, rank: Floats, mid_rank: Floats, retrieved: Ints, depth: int
    ) -> Rankings:
        """Make the rankings from the ranks of a setting's rows."""
        judged = self.judgements
        order = np.lexsort((rank, judged.query[rows]))
        numbers, query = _distinct(judged.query[rows])
        columns = judged.columns(setting)
        local = np.full(len(judged.languages) + 1, -1)  # the last one is for what is no passage
        local[columns] = np.arange(len(columns))
        return Rankings(
            query=query,
            rank=rank[order],
            mid_rank=mid_rank[order],
            grade=judged.grade[rows][order],
            language=local[judged.language(judged.passage[rows][order])],
            languages=setting.corpus_languages,
            sizes=judged.sizes[columns],
            query_language=setting.query_language,
            queries=len(numbers),
            retrieved=retrieved,
            top=self._top(setting, numbers, local, depth) if depth else None,
            translations=partial(self._translations, setting, numbers, depth),
        )

    def _top(self, setting: Setting, numbers: Ints, local: Ints, depth: int) -> Top:
        place, found = self.hits(setting, depth)
        passages = found[place[numbers]]
        grades = self.judgements.grades(np.broadcast_to(numbers[:, None], passages.shape), passages)
        return Top(passages, local[self.judgements.language(passages)], grades)

    def _translations(self, setting: Setting, numbers: Ints, depth: int) -> Iterator[Translation]:
        """Give what the setting's queries in other languages retrieve from the same corpora."""
        judged = self.judgements
        for language in judged.collection.queries:
            if language == setting.query_language:
                continue
            other = Setting(language, setting.corpus_languages, setting.pool)
            place, found = self.hits(other, depth)
            theirs = np.flatnonzero((judged.query_language == language) & (place >= 0))
            # of a group's several queries, each has a translation: the other language's first
            groups, first = np.unique(judged.group[theirs], return_index=True)
            mine = np.flatnonzero(np.isin(judged.group[numbers], groups))
            if len(mine):
                other_rows = first[np.searchsorted(groups, judged.group[numbers[mine]])]
                yield Translation(mine, found[place[theirs[other_rows]]])


class EmbeddingScorer(Scorer):
    """Full rankings by inner products of vectors.

    Args:
        judgements: The collection.
        embeddings: Its vectors.
        chosen: The settings that will be asked for, which are then searched together; None for all.
        show_progress: Whether to show progress bars.

    Raises:
        ConfigurationError: If there is not one vector for each query and passage.
    """

    def __init__(
        self,
        judgements: Judgements,
        embeddings: Embeddings,
        *,
        chosen: Iterable[Setting] | None = None,
        show_progress: bool = False,
    ) -> None:
        super().__init__(judgements)
        self.embeddings = embeddings
        self.show_progress = show_progress
        self.chosen = judgements.settings if chosen is None else list(chosen)
        self._searched = _Searched.nothing((), 0, 0)
        collection = judgements.collection
        self._queries = stack([vectors[:] for vectors in aligned(embeddings.queries, collection.queries, "queries")])
        passages = aligned(embeddings.passages, collection.corpora, "passages")
        with progress("Ranking", show_progress) as advance:
            self.ranks: Ranks = exact_ranks(
                self._queries,
                passages,
                judgements.query,
                judgements.passage,
                judgements.grade,
                judgements.identifiers,
                advance,
            )

    @property
    def settings(self) -> list[Setting]:
        """All settings of the collection."""
        return self.judgements.settings

    def rankings(self, setting: Setting, depth: int = 0) -> Rankings:
        """Give the rankings of one setting; see :meth:`Scorer.rankings`."""
        rows, columns, ranks = self.judgements.rows(setting), self.judgements.columns(setting), self.ranks
        chosen = np.ix_(rows, columns)
        rank = 1.0 + ranks.above[chosen].sum(axis=1, dtype=np.int64)
        tied = ranks.tied[chosen].sum(axis=1) / 2 - ranks.tied_above[chosen].sum(axis=1)
        passages = int(self.judgements.sizes[columns].sum())
        retrieved = np.full(len(_distinct(ranks.query[rows])[0]), passages)
        return self._assemble(setting, rows, rank, rank + tied, retrieved, depth)

    def ties(self, setting: Setting) -> Bools:
        """Tell which queries have a tie; see :meth:`Scorer.ties`."""
        rows, columns = self.judgements.rows(setting), self.judgements.columns(setting)
        tied = self.ranks.tied[np.ix_(rows, columns)].any(axis=1)
        return np.bincount(_distinct(self.ranks.query[rows])[1], weights=tied) > 0

    def hits(self, setting: Setting, depth: int) -> tuple[Ints, Ints]:
        """Search the setting's corpora; see :meth:`Scorer.hits`."""
        found = self.search(setting, depth).passage
        place = np.arange(len(found))
        place[~np.isin(self.judgements.query_language, list(self._searched.languages))] = -1
        return place, found[:, :depth]

    def search(self, setting: Setting, depth: int) -> Hits:
        """Find the passages with the highest scores of a setting's corpora, at least for its queries.

        The queries of all chosen settings with these corpora are searched at once and kept until other corpora are
        asked for; those of further languages, such as translations, when the first of them is asked for.

        Args:
            setting: The setting.
            depth: How many passages to find.

        Returns:
            Shape (all queries, at least depth); nothing was found for queries that were not searched.
        """
        columns = self.judgements.columns(setting)
        width = min(depth, int(self.judgements.sizes[columns].sum()))
        if self._searched.corpora != setting.corpus_languages or self._searched.hits.passage.shape[1] < width:
            self._searched = _Searched.nothing(setting.corpus_languages, len(self.judgements.queries), width)
        if setting.query_language not in (known := self._searched.languages):
            alike = (each for each in self.chosen if each.corpus_languages == setting.corpus_languages)
            together = {each.query_language for each in alike}
            wanted = together if setting.query_language in together else set(self.judgements.collection.queries)
            self._search(setting, columns, np.isin(self.judgements.query_language, list(wanted - known)))
            known |= wanted
        return self._searched.hits

    def _search(self, setting: Setting, columns: Ints, mask: Bools) -> None:
        judged, hits = self.judgements, self._searched.hits
        sizes = judged.sizes[columns]
        # passages are counted through the setting's languages in a search, and through all of them elsewhere
        shifts = (np.cumsum(judged.sizes) - judged.sizes)[columns] - (np.cumsum(sizes) - sizes)

        def globally(passages: Ints) -> Ints:
            return passages + shifts[np.searchsorted(np.cumsum(sizes), passages, side="right")]

        vectors = [self.embeddings.passages[language] for language in setting.corpus_languages]
        numbers = np.flatnonzero(mask)
        with progress(f"Searching {'+'.join(setting.corpus_languages)}", self.show_progress) as advance:
            found = exact_search(
                self._queries[numbers],
                vectors,
                hits.passage.shape[1],
                lambda passages: judged.identifiers(globally(passages)),
                advance,
            )
        hits.passage[numbers], hits.score[numbers] = globally(found.passage), found.score


@dataclass(eq=False)
class _Searched:
    """What was found in some corpora for the queries in some languages."""

    corpora: tuple[str, ...]
    hits: Hits
    languages: set[str]

    @classmethod
    def nothing(cls, corpora: tuple[str, ...], queries: int, depth: int) -> _Searched:
        """Begin with no query searched."""
        none = np.full((queries, depth), -1, np.int64), np.full((queries, depth), -np.inf, np.float32)
        return cls(corpora, Hits(*none), set())


class RunScorer(Scorer):
    """Rankings that some system retrieved, cut off wherever it stopped.

    Args:
        judgements: The collection.
        runs: What was retrieved, by setting.

    Raises:
        ConfigurationError: If a run holds a passage of a language that its setting does not search.
    """

    def __init__(self, judgements: Judgements, runs: Mapping[Setting, Run]) -> None:
        super().__init__(judgements)
        self.runs = dict(runs)
        for setting, run in self.runs.items():
            outside = ~np.isin(judgements.language(run.passage), judgements.columns(setting))
            if outside.any():
                [document] = judgements.identifiers(run.passage[outside][:1])
                raise ConfigurationError(
                    f"The run of {setting.name} holds {shorten(document)}, which is in none of the corpora searched "
                    "there.",
                    "Name the setting that it was made in.",
                )

    @property
    def settings(self) -> list[Setting]:
        """The settings that were run and that have a query with a relevant passage."""
        return [setting for setting in self.runs if len(self.judgements.rows(setting))]

    def rankings(self, setting: Setting, depth: int = 0) -> Rankings:
        """Give the rankings of one setting; see :meth:`Scorer.rankings`."""
        rows, run = self.judgements.rows(setting), self.runs[setting]
        query, passage = self.judgements.query[rows], self.judgements.passage[rows]
        place = run.find(query, passage)
        rank, mid_rank = (
            np.where(place >= 0, ranks[place], np.inf) if len(ranks) else np.full(len(rows), np.inf)
            for ranks in (run.rank, run.mid_rank)
        )
        counts = np.bincount(run.query, minlength=len(self.judgements.queries))
        return self._assemble(setting, rows, rank, mid_rank, counts[np.unique(query)], depth)

    def ties(self, setting: Setting) -> Bools:
        """Tell which queries have a tie; see :meth:`Scorer.ties`."""
        rows, run = self.judgements.rows(setting), self.runs[setting]
        query = self.judgements.query[rows]
        place = run.find(query, self.judgements.passage[rows])
        tied = (place >= 0) & (run.tied[place] if len(run.tied) else False)
        return np.bincount(_distinct(query)[1], weights=tied) > 0

    def hits(self, setting: Setting, depth: int) -> tuple[Ints, Ints]:
        """Give what was retrieved first; see :meth:`Scorer.hits`."""
        everyone = np.full(len(self.judgements.queries), -1)
        if setting not in self.runs:
            return everyone, np.empty((0, depth), np.int64)
        # a query without a result has a ranking too, an empty one; one without a relevant passage may be a translation
        run = self.runs[setting]
        depth = min(depth, int(self.judgements.sizes[self.judgements.columns(setting)].sum()))
        numbers = np.flatnonzero(self.judgements.query_language == setting.query_language)
        everyone[numbers] = np.arange(len(numbers))
        found = np.full((len(numbers), depth), -1, np.int64)
        first = np.flatnonzero((run.rank <= depth) & (everyone[run.query] >= 0))
        found[everyone[run.query[first]], run.rank[first].astype(np.int64) - 1] = run.passage[first]
        return everyone, found


def aligned(vectors: Mapping[str, Vectors], texts: Mapping[str, Sized], kind: str) -> list[Vectors]:
    """List the vectors in the order of the collection's languages.

    Raises:
        ConfigurationError: If there is not one vector for each text.
    """
    for language, of_language in texts.items():
        found = len(vectors[language]) if language in vectors else 0
        if language not in vectors or found != len(of_language):
            raise ConfigurationError(
                f"There are {found} vectors for the {len(of_language)} {kind} in {language}.", "Give one for each."
            )
    return [vectors[language] for language in texts]


def _distinct(numbers: Ints) -> tuple[Ints, Ints]:
    """Give the distinct ones of sorted numbers, and shape (n,), each number's place among them."""
    new = np.r_[True, numbers[1:] != numbers[:-1]][: len(numbers)]
    return numbers[new], np.cumsum(new) - 1
