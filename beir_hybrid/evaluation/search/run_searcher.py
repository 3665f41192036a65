"""RunSearcher: what any system retrieved, as a searcher."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.searcher import RelevantRanks, Searcher
from beir_hybrid.settings import Setting


class RunSearcher(Searcher):
    """Rankings that some system retrieved, cut off wherever it stopped.

    Its settings are those that have a run and a query with a relevant passage.

    Args:
        judgements: The collection.
        runs: What was retrieved, by setting.

    Raises:
        ConfigurationError: If a run holds a passage of a language that its setting does not search.
    """

    def __init__(self, judgements: Judgements, runs: Mapping[Setting, Run]) -> None:
        super().__init__(judgements, (setting for setting in runs if len(judgements.rows(setting))))
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
        self._retrieved = {
            setting: self._count(setting)[np.unique(judgements.query[judgements.rows(setting)])]
            for setting in self.settings
        }
        if any((counts < self._passages(setting)).any() for setting, counts in self._retrieved.items()):
            self.depth = max(run.depth for run in self.runs.values())

    def ranks(self, setting: Setting, rows: Ints, queries: Ints) -> RelevantRanks:
        """Look up the relevant passages; see :meth:`Searcher.ranks`."""
        run = self.runs[setting]
        place = run.find(self.judgements.query[rows], self.judgements.passage[rows])
        # what was not retrieved has the place -1, which is that of the last element
        rank, mid_rank = (np.append(ranks, np.inf)[place] for ranks in (run.rank, run.mid_rank))
        return RelevantRanks(rank, mid_rank, np.append(run.tied, False)[place], self._count(setting)[queries])

    def hits(self, setting: Setting, depth: int) -> Hits | None:
        """Return what was retrieved first; see :meth:`Searcher.hits`."""
        if setting not in self.runs:
            return None
        # a query without a result has a ranking too, an empty one; one without a relevant passage may be a translation
        run = self.runs[setting]
        hits = Hits.empty(
            int((self.judgements.query_language == setting.query_language).sum()),
            min(depth, self._passages(setting)),
        )
        language = self.judgements.query_language[run.query]
        first = np.flatnonzero((run.rank <= hits.passage.shape[1]) & (language == setting.query_language))
        place = self.places(setting, run.query[first]), run.rank[first].astype(np.int64) - 1
        hits.passage[place], hits.score[place] = run.passage[first], run.score[first]
        return hits

    def scores(self, setting: Setting, queries: Ints, passages: Ints) -> Floats:
        """Look scores up; see :meth:`Searcher.scores`."""
        run = self.runs[setting]
        place = run.find(np.broadcast_to(queries[:, None], passages.shape), passages)
        return np.append(run.score, -np.inf)[place].astype(np.float64)

    def notes(self) -> list[str]:
        """Return how many queries have no result, and how deep rankings are where they are cut off."""
        notes = []
        if empty := sum(np.count_nonzero(counts == 0) for counts in self._retrieved.values()):
            asked = sum(map(len, self._retrieved.values()))
            notes.append(f"nothing was retrieved for {empty:,} of {asked:,} queries, which count 0")
        if self.depth is not None:
            notes.append(
                f"rankings are cut off, at depth {self.depth} at most; what lies below counts as not retrieved"
            )
        return notes

    def _count(self, setting: Setting) -> Ints:
        """Count what was retrieved for each query of the collection."""
        return np.bincount(self.runs[setting].query, minlength=len(self.judgements.queries))

    def _passages(self, setting: Setting) -> int:
        return int(self.judgements.sizes[self.judgements.columns(setting)].sum())
