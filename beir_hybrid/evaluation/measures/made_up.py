"""MadeUpRun: a small synthetic run in several languages, and changes to it that a measure must not notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.evaluation.rankings import Rankings, Top, Translation


@dataclass(frozen=True, eq=False)
class MadeUpRun:
    """Scores of every query for every passage, and judgements, from which rankings are computed.

    Attributes:
        query_language: Language of the queries.
        languages: Languages of the passages.
        language: Shape (passages,), places in ``languages``.
        grades: Shape (queries, passages), relevance grades, with one above 0 in every row.
        scores: Shape (queries, passages).
        translations: By other query language the scores of the queries' translations, shaped likewise.
        translated: Shape (queries,), whether a query has translations.
        names: Shape (passages,), the passages' numbers in rankings, distinct and otherwise arbitrary.
        priority: Shape (passages,), which of two passages with equal scores stands first: the larger, as document ids
            decide in trec_eval.
        kept: How many passages of each ranking were retrieved; None for all.
    """

    query_language: str
    languages: tuple[str, ...]
    language: Ints
    grades: Ints
    scores: Floats
    translations: Mapping[str, Floats]
    translated: Bools
    names: Ints
    priority: Ints
    kept: int | None = None

    @classmethod
    def draw(
        cls,
        rng: np.random.Generator,
        languages: tuple[str, ...],
        query_language: str,
        passages: int,
        *,
        queries: int = 12,
        levels: int | None = None,
    ) -> MadeUpRun:
        """Draw random scores, and judgements with grades from -1 to 3.

        Args:
            rng: The source of randomness.
            languages: Languages of the passages.
            query_language: Language of the queries.
            passages: Number of passages.
            queries: Number of queries.
            levels: Number of distinct scores, which makes ties; None for no ties.
        """
        grades = rng.choice([-1, 0, 1, 2, 3], size=(queries, passages), p=[0.1, 0.7, 0.1, 0.05, 0.05])
        grades[np.arange(queries), rng.integers(passages, size=queries)] = 2  # every query has a relevant passage

        def scores() -> Floats:
            strict = rng.permuted(np.tile(np.arange(passages, dtype=np.float64), (queries, 1)), axis=1)
            return strict if levels is None else strict % levels

        return cls(
            query_language,
            languages,
            rng.permutation(np.arange(passages) % len(languages)).astype(np.int64),
            grades.astype(np.int64),
            scores(),
            {language: scores() for language in languages if language != query_language},
            np.arange(queries) % 4 != 3,
            rng.permutation(passages).astype(np.int64),
            rng.permutation(passages).astype(np.int64),
        )

    def order(self, scores: Floats) -> Ints:
        """Rank passages: shape (queries, passages), best first."""
        return np.stack([np.lexsort((-self.priority, -row)) for row in scores])

    def take(self, queries: Ints) -> MadeUpRun:
        """Keep some queries, in the order given."""
        return replace(
            self,
            grades=self.grades[queries],
            scores=self.scores[queries],
            translations={language: scores[queries] for language, scores in self.translations.items()},
            translated=self.translated[queries],
        )

    def with_orders(self, own: Ints, translations: Mapping[str, Ints] | None = None) -> MadeUpRun:
        """Rank anew, without ties, by orders as :meth:`order` returns them; the translations too if given."""
        given = self.translations if translations is None else {n: _as_scores(o) for n, o in translations.items()}
        return replace(self, scores=_as_scores(own), translations=given)

    def without_ties(self) -> MadeUpRun:
        """Rank in the same order with different scores."""
        return self.with_orders(self.order(self.scores), {n: self.order(s) for n, s in self.translations.items()})

    def with_ties_reversed(self) -> MadeUpRun:
        """Let ties fall the other way."""
        return replace(self, priority=-self.priority)

    def with_languages_reversed(self) -> MadeUpRun:
        """Number the languages the other way."""
        return replace(self, languages=self.languages[::-1], language=len(self.languages) - 1 - self.language)

    def shuffled_below(self, depth: int, rng: np.random.Generator, *, relevant: bool) -> MadeUpRun:
        """Shuffle what stands below a depth, in the translations' rankings too.

        Args:
            depth: How many passages on top stay where they are.
            rng: The source of randomness.
            relevant: Whether the queries' relevant passages are moved as well, or stay where they are.
        """
        own = self.order(self.scores)
        for order, grades in zip(own, self.grades, strict=True):
            places = np.arange(depth, len(order))
            if not relevant:
                places = places[grades[order[places]] <= 0]
            order[places] = order[rng.permutation(places)]
        others = {language: self.order(scores) for language, scores in self.translations.items()}
        for orders in others.values():
            orders[:, depth:] = rng.permuted(orders[:, depth:], axis=1)
        return self.with_orders(own, others)

    def rankings(self, depth: int) -> Rankings:
        """Return the rankings as measures get them, with the top passages kept to a depth, none if it is 0."""
        order = self.order(self.scores)
        count = self.scores.shape[1]
        kept = count if self.kept is None else min(self.kept, count)
        rank = np.empty(order.shape)
        np.put_along_axis(rank, order, np.arange(1.0, count + 1)[None, :], axis=1)
        retrieved = rank <= kept
        mid_rank = np.stack([_mid_ranks(*row) for row in zip(self.scores, retrieved, strict=True)])
        rank, mid_rank = np.where(retrieved, rank, np.inf), np.where(retrieved, mid_rank, np.inf)
        query, passage = np.nonzero(self.grades > 0)
        rows = np.lexsort((rank[query, passage], query))
        query, passage = query[rows], passage[rows]
        return Rankings(
            query=query,
            rank=rank[query, passage],
            mid_rank=mid_rank[query, passage],
            grade=self.grades[query, passage],
            language=self.language[passage],
            languages=self.languages,
            sizes=np.bincount(self.language, minlength=len(self.languages)),
            query_language=self.query_language,
            queries=len(self.scores),
            retrieved=np.full(len(self.scores), kept),
            top=self._top(order, min(depth, count), kept) if depth else None,
            translations=partial(self._translated, min(depth, count), kept),
        )

    def _top(self, order: Ints, depth: int, kept: int) -> Top:
        shown = order[:, :depth]
        there = np.arange(shown.shape[1]) < kept
        grades = np.maximum(np.take_along_axis(self.grades, shown, axis=1), 0)
        return Top(
            np.where(there, self.names[shown], -1),
            np.where(there, self.language[shown], -1),
            np.where(there, grades, 0),
        )

    def _translated(self, depth: int, kept: int) -> Iterator[Translation]:
        rows = np.flatnonzero(self.translated)
        for scores in self.translations.values():
            shown = self.order(scores)[rows, :depth]
            there = np.arange(shown.shape[1]) < kept
            named = partial(self._scores_of, [self._retrieved(each, kept)[rows] for each in (self.scores, scores)])
            yield Translation(rows, np.where(there, self.names[shown], -1), named)

    def _retrieved(self, scores: Floats, kept: int) -> Floats:
        """Put -inf in place of the scores of passages that were not retrieved."""
        found, order = np.full(scores.shape, -np.inf), self.order(scores)[:, :kept]
        np.put_along_axis(found, order, np.take_along_axis(scores, order, axis=1), axis=1)
        return found

    def _scores_of(self, scores: list[Floats], names: Ints) -> tuple[Floats, Floats]:
        places = np.append(np.argsort(self.names), 0)[np.searchsorted(np.sort(self.names), names)]
        own, other = (np.where(names < 0, -np.inf, np.take_along_axis(each, places, axis=1)) for each in scores)
        return own, other


def _mid_ranks(scores: Floats, retrieved: Bools) -> Floats:
    """Rank the passages retrieved, those with equal scores all at the mean of their ranks."""
    ascending = np.sort(scores[retrieved])
    below, not_above = (np.searchsorted(ascending, scores, side) for side in ("left", "right"))
    return len(ascending) - (below + not_above) / 2 + 0.5


def _as_scores(order: Ints) -> Floats:
    scores = np.empty(order.shape)
    np.put_along_axis(scores, order, -np.arange(order.shape[1], dtype=np.float64)[None, :], axis=1)
    return scores
