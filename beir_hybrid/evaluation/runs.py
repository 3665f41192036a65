"""Runs: what a system retrieved, in numbers."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.collection import language_of
from beir_hybrid.errors import DataFormatError, did_you_mean, shorten
from beir_hybrid.evaluation.judgements import Judgements, PairPlaces
from beir_hybrid.evaluation.search.scores import Identifiers, id_places
from beir_hybrid.settings import Setting

_SUGGESTED = 2000  # ids among which a similar one is looked for


class Run:
    """Retrieved passages with their scores, ranked as trec_eval ranks them.

    Scores are compared as float32; the larger document id comes first where they are equal.

    Args:
        query: Shape (n,), query numbers.
        passage: Shape (n,), passage numbers; no pair of a query and a passage twice.
        score: Shape (n,), scores.
        identifiers: Returns document ids, which order ties.

    Attributes:
        query: Shape (n,), query numbers, sorted.
        passage: Shape (n,), passage numbers, by rank within each query.
        score: Shape (n,), float32 scores.
        rank: Shape (n,), ranks from 1.
        mid_rank: Shape (n,), ranks from 1 where tied passages share the mean rank of their group.
        tied: Shape (n,), whether another passage of the query has the same score.
    """

    def __init__(self, query: Ints, passage: Ints, score: npt.ArrayLike, identifiers: Identifiers) -> None:
        with np.errstate(over="ignore"):  # scores beyond float32 are level, for trec_eval as well
            scores = np.asarray(score, np.float32)
        order = np.lexsort((-id_places(identifiers, passage), -scores, query))
        self.query, self.passage, self.score = query[order], passage[order], scores[order]
        new_query = np.r_[True, self.query[1:] != self.query[:-1]][: len(query)]
        new_score = new_query | np.r_[True, self.score[1:] != self.score[:-1]][: len(query)]
        first = np.flatnonzero(new_query)
        self.rank = np.arange(len(query)) - np.repeat(first, np.diff(np.r_[first, len(query)])) + 1.0
        level = np.flatnonzero(new_score)
        size = np.diff(np.r_[level, len(query)])
        self.mid_rank = np.repeat(self.rank[level] + (size - 1) / 2, size)
        self.tied = np.repeat(size > 1, size)

    def __len__(self) -> int:
        return len(self.query)

    @property
    def depth(self) -> int:
        """The length of the longest ranking."""
        return int(self.rank.max(initial=0))

    def find(self, query: Ints, passage: Ints) -> Ints:
        """Return the place of each (query, passage), shape (n,), in the run; -1 where it was not retrieved."""
        return self._places.find(query, passage)

    @cached_property
    def _places(self) -> PairPlaces:
        return PairPlaces(self.query, self.passage)


def split_run(run: Run, judgements: Judgements, settings: Iterable[Setting]) -> dict[Setting, Run]:
    """Split a run by setting, according to the languages of its queries.

    Args:
        run: Of queries in any languages.
        judgements: The collection.
        settings: Settings of one set of corpora, one for each query language.
    """
    split = {}
    for setting in settings:
        mine = judgements.query_language[run.query] == setting.query_language
        split[setting] = Run(run.query[mine], run.passage[mine], run.score[mine], judgements.identifiers)
    return split


def run_of_results(results: Mapping[str, Mapping[str, float]], judgements: Judgements) -> Run:
    """Read BEIR's results: scores by query id and document id.

    Raises:
        DataFormatError: If a query or document is unknown, or a score is no finite number.
    """
    rows = ((query, document, score) for query, scores in results.items() for document, score in scores.items())
    return build_run(enumerate(rows, start=1), judgements, "result")


def build_run(rows: Iterable[tuple[int, tuple[str, str, str | float]]], judgements: Judgements, source: str) -> Run:
    """Turn ids into numbers; ``rows`` are numbered for messages, which begin with the source."""
    numbers, name = judgements.query_numbers, judgements.collection.name
    queries, places, lines, scores = array("q"), array("q"), array("q"), array("d")
    documents: dict[str, int] = {}  # by id, its place among those retrieved
    for line, (query, document, score) in rows:
        if query not in numbers:
            similar = [each for each in numbers if language_of(each) == language_of(query)] or list(numbers)
            raise DataFormatError(
                f"{source}:{line}: {name} has no query {shorten(query)}.", did_you_mean(query, similar[:_SUGGESTED])
            )
        value = _number(score)
        if not math.isfinite(value):
            raise DataFormatError(
                f"{source}:{line}: the score of {shorten(document)} is {shorten(score)} for the query "
                f"{shorten(query)}.",
                "Give a finite number.",
            )
        queries.append(numbers[query])
        places.append(documents.setdefault(document, len(documents)))
        lines.append(line)
        scores.append(value)
    known = judgements.passage_numbers(set(documents))
    for document, place in documents.items():
        if document not in known:
            raise DataFormatError(
                f"{source}:{lines[places.index(place)]}: {name} has no document {shorten(document)}.",
                "Judge the run on the collection it was made on; ids begin with their language, such as en:17_3.",
            )
    passages = np.array([known[document] for document in documents], np.int64)[np.array(places, np.int64)]
    query_numbers = np.array(queries, np.int64)
    again = _repeated(query_numbers * int(judgements.sizes.sum()) + passages)
    if again is not None:
        raise DataFormatError(
            f"{source}:{lines[again]}: the query {shorten(judgements.queries[queries[again]])} has the document "
            f"{shorten(judgements.identifiers(passages[[again]])[0])} already.",
            "Give each document once for a query.",
        )
    return Run(query_numbers, passages, np.array(scores), judgements.identifiers)


def _number(text: str | float) -> float:
    if isinstance(text, str) and ("_" in text or not text.isascii()):  # which Python reads, and trec_eval otherwise
        return math.nan
    try:
        return float(text)
    except (TypeError, ValueError, OverflowError):  # the last of a whole number beyond all floats
        return math.nan


def _repeated(keys: Ints) -> int | None:
    """Find the first place whose key stood before; None if all differ."""
    first = np.unique(keys, return_index=True)[1]
    return None if len(first) == len(keys) else int(np.setdiff1d(np.arange(len(keys)), first)[0])
