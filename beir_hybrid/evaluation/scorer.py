"""Scorer: the rankings of any setting, from what a searcher finds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation
from beir_hybrid.evaluation.search.searcher import RelevantRanks, Searcher
from beir_hybrid.settings import Setting


class Scorer:
    """The rankings of the settings of a collection.

    Args:
        searcher: Finds the passages.

    Attributes:
        searcher: As given.
        judgements: The collection.
        settings: The settings that there are rankings for.
    """

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.judgements = searcher.judgements
        self.settings = searcher.settings
        self._ranked = lru_cache(maxsize=1)(self._rank)  # several measures and the ties are of one setting

    def queries(self, setting: Setting) -> Ints:
        """Return the numbers of a setting's queries, sorted."""
        return np.unique(self.judgements.query[self.judgements.rows(setting)])

    def rankings(self, setting: Setting, depth: int = 0) -> Rankings:
        """Return the rankings of one setting.

        Args:
            setting: The setting.
            depth: How many passages on top of each ranking to include.
        """
        judged = self.judgements
        rows, numbers, query, ranks = self._ranked(setting)
        order = np.lexsort((ranks.rank, query))
        columns = judged.columns(setting)
        local = np.full(len(judged.languages) + 1, -1)  # the last one is for what is no passage
        local[columns] = np.arange(len(columns))
        return Rankings(
            query=query,
            rank=ranks.rank[order],
            mid_rank=ranks.mid_rank[order],
            grade=judged.grade[rows][order],
            language=local[judged.language(judged.passage[rows][order])],
            languages=setting.corpus_languages,
            sizes=judged.sizes[columns],
            query_language=setting.query_language,
            queries=len(numbers),
            retrieved=ranks.retrieved,
            top=self._top(setting, numbers, local, depth) if depth else None,
            translations=partial(self._translations, setting, numbers, depth),
        )

    def ties(self, setting: Setting) -> Bools:
        """Return, shape (queries,), which queries have another passage level with a relevant one."""
        _, _, query, ranks = self._ranked(setting)
        return np.bincount(query, weights=ranks.tied) > 0

    def _rank(self, setting: Setting) -> tuple[Ints, Ints, Ints, RelevantRanks]:
        rows = self.judgements.rows(setting)
        numbers, query = np.unique(self.judgements.query[rows], return_inverse=True)
        return rows, numbers, query, self.searcher.ranks(setting, rows, numbers)

    def _top(self, setting: Setting, numbers: Ints, local: Ints, depth: int) -> Top | None:
        hits = self.searcher.hits(setting, depth)
        if hits is None:
            return None
        passages = hits.passage[self.searcher.places(setting, numbers)]
        grades = self.judgements.grades(np.broadcast_to(numbers[:, None], passages.shape), passages)
        return Top(passages, local[self.judgements.language(passages)], grades)

    def _translations(self, setting: Setting, numbers: Ints, depth: int) -> Iterator[Translation]:
        """Yield what the setting's queries in other languages retrieve from the same corpora."""
        judged = self.judgements
        for language in judged.collection.queries:
            other = Setting(language, setting.corpus_languages, setting.pool)
            hits = None if language == setting.query_language else self.searcher.hits(other, depth)
            if hits is None:
                continue
            # of a group's several queries, each has a translation: the other language's first
            groups, first = np.unique(judged.group[judged.query_language == language], return_index=True)
            mine = np.flatnonzero(np.isin(judged.group[numbers], groups))
            if len(mine):
                places = first[np.searchsorted(groups, judged.group[numbers[mine]])]
                asked = numbers[mine], np.flatnonzero(judged.query_language == language)[places]
                scores = partial(self._scores, (setting, asked[0]), (other, asked[1]))
                yield Translation(mine, hits.passage[places], scores)

    def _scores(self, own: tuple[Setting, Ints], other: tuple[Setting, Ints], passages: Ints) -> tuple[Floats, Floats]:
        """Score passages for queries and for their translations."""
        return self.searcher.scores(*own, passages), self.searcher.scores(*other, passages)
