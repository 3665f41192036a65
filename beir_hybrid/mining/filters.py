"""Filters: which pairs of training data are left out, why, and of which languages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.mining.candidates import VectorFinder
from beir_hybrid.mining.options import PASSAGE
from beir_hybrid.mining.pool import MiningPool, blocks
from beir_hybrid.mining.work import chunks_of
from beir_hybrid.storage.pair_building import RowBatch, RowSource
from beir_hybrid.texts import digest_texts

MARGIN, CONSISTENCY, LENGTH, DUPLICATES = "score margin", "consistency", "length", "duplicates"
NEGATIVES = "hard negatives"
_REASONS = {
    MARGIN: "a hard negative that scores nearly as high as the passage",
    CONSISTENCY: "a passage that is not among the first for its question",
    NEGATIVES: "too few hard negatives that do not answer the question",
    LENGTH: "a question or passage too short or too long",
    DUPLICATES: "a question and passage that stood before",
}


@dataclass(frozen=True)
class PairFilter:
    """Which pairs are left out; a filter that is None, or not asked for, leaves all in.

    Args:
        margin: Least difference of a passage's score and that of its hardest negative, as the data have them. Pairs
            without scores stay.
        consistent: The passage must be among the first so many of its own language for its question; a model decides.
            Passages that share its answer do not count.
        shortest: Least number of characters of a question and of a passage.
        longest: Largest number of characters.
        duplicates: Whether to leave out questions that stood before with the same passage in the same languages,
            however case, width and blanks are written.
        negatives: Least number of hard negatives that do not answer the question.

    Raises:
        ConfigurationError: If a number is out of range, or no filter is asked for.

    Examples:
        >>> PairFilter(shortest=10, duplicates=True).names
        ['length', 'duplicates']
    """

    margin: float | None = None
    consistent: int | None = None
    shortest: int = 0
    longest: int | None = None
    duplicates: bool = False
    negatives: int = 0

    def __post_init__(self) -> None:
        if self.consistent is not None and self.consistent < 1:
            raise ConfigurationError(f"consistent is {self.consistent}.", "Choose at least 1.")
        if self.negatives < 0:
            raise ConfigurationError(f"negatives is {self.negatives}.", "Choose at least 0.")
        if self.shortest < 0 or (self.longest is not None and self.longest < max(1, self.shortest)):
            raise ConfigurationError(
                f"Lengths are from {self.shortest} to {self.longest} characters.", "Choose a range above 0."
            )
        if not self.names:
            raise ConfigurationError(
                "No filter is given.",
                "Give --margin, --consistent, --min-length, --max-length, --duplicates or --negatives.",
            )

    @property
    def names(self) -> list[str]:
        """Names of the filters that are asked for, in the order in which they take pairs."""
        asked = {
            LENGTH: self.shortest > 0 or self.longest is not None,
            DUPLICATES: self.duplicates,
            NEGATIVES: self.negatives > 0,
            MARGIN: self.margin is not None,
            CONSISTENCY: self.consistent is not None,
        }
        return [name for name, is_asked in asked.items() if is_asked]


class Taken(NamedTuple):
    """What a filter took.

    Attributes:
        filter: Its name.
        language: Language code of the questions.
        pairs: How many pairs of the language came to it.
        taken: How many of them it left out.
    """

    filter: str
    language: str
    pairs: int
    taken: int


@dataclass
class FilteredPairs:
    """What is left of pairs.

    Attributes:
        pool: The pairs.
        reason: Shape (pairs,), the number of the filter that took each, in the order of the filters; -1 for none.
        names: The filters' names.
    """

    pool: MiningPool
    reason: Ints
    names: list[str] = field(default_factory=list)

    @property
    def taken(self) -> list[Taken]:
        """What each filter took, by language of the questions."""
        language = self.pool.question_language
        rows = []
        for place, name in enumerate(self.names):
            came = (self.reason < 0) | (self.reason >= place)
            for number, code in enumerate(self.pool.languages):
                there = came & (language == number)
                if there.any():
                    rows.append(Taken(name, code, int(there.sum()), int((there & (self.reason == place)).sum())))
        return rows

    def source(self) -> RowSource:
        """Return the rows that are left, to build a store from."""
        digest = hashlib.sha256(self.reason.tobytes()).hexdigest()
        return RowSource(self.pool.pairs.name, [self.pool.checksum, digest], self._batches, len(self.pool))

    def _batches(self) -> Iterator[RowBatch]:
        for pairs in blocks(np.arange(len(self.pool))):
            reason = self.reason[pairs]
            kept = self.pool.rows[pairs[reason < 0]]
            rows = {name: self.pool.pairs.texts.take(name, kept) for name in self.pool.columns}
            dropped = Counter({_REASONS[name]: int((reason == place).sum()) for place, name in enumerate(self.names)})
            yield RowBatch(pa.RecordBatch.from_pydict(rows), +dropped, len(pairs))


def filter_pairs(
    pool: MiningPool,
    chosen: PairFilter,
    model: Encoder | None = None,
    encoding: EncodingOptions | None = None,
    *,
    show_progress: bool = False,
) -> FilteredPairs:
    """Decide which pairs are left out: one after another, so that a pair counts for the first filter that takes it.

    Args:
        pool: The pairs.
        chosen: The filters.
        model: What decides about consistency.
        encoding: How it encodes.
        show_progress: Whether to show progress bars.

    Raises:
        ConfigurationError: If consistency is asked for, and no model given; or a margin of data without scores.
        ModelError: If the model cannot be used.
    """
    if chosen.consistent is not None and model is None:
        raise ConfigurationError("Consistency is what a model says, and none is given.", "Give --model MODEL.")
    reason = np.full(len(pool), -1, np.int64)
    for place, name in enumerate(chosen.names):
        if name == LENGTH:
            fails = _lengths(pool, chosen)
        elif name == DUPLICATES:
            fails = _duplicates(pool, reason < 0)
        elif name == NEGATIVES:
            hard = pool.pairs.hard_negatives
            fails = np.ones(len(pool), bool) if hard is None else np.isin(pool.rows, hard.short(chosen.negatives))
        elif name == MARGIN:
            fails = _margins(pool) < np.float64(chosen.margin or 0.0)
        elif model is not None:
            fails = _ranks(pool, model, encoding, chosen.consistent or 1, show_progress) > (chosen.consistent or 1)
        reason[fails & (reason < 0)] = place
    return FilteredPairs(pool, reason, chosen.names)


def _lengths(pool: MiningPool, chosen: PairFilter) -> Bools:
    fails = []
    for rows in blocks(pool.rows):
        lengths = np.stack(
            [np.asarray(pc.utf8_length(pool.pairs.texts.take(n, rows))) for n in ("question", "passage")]
        )
        longest = lengths.max() if chosen.longest is None else chosen.longest
        fails.append(((lengths < chosen.shortest) | (lengths > longest)).any(axis=0))
    return np.concatenate(fails)


def _duplicates(pool: MiningPool, kept: Bools) -> Bools:
    """Find pairs whose question and passage an earlier one that is kept has, in the same languages."""
    questions = np.concatenate([digest_texts(pool.pairs.texts.take("question", rows)) for rows in blocks(pool.rows)])
    own = pool.question_language * len(pool.languages) + pool.passage_language
    keys = [pool.passage, own, questions[:, 1], questions[:, 0], ~kept]
    order = np.lexsort((np.arange(len(own)), *keys))
    same = np.ones(len(order) - 1, bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    fails = np.zeros(len(order), bool)
    fails[order[1:]] = same
    return fails


def _margins(pool: MiningPool) -> Floats:
    """Return how far each passage's score is above that of its hardest negative; infinite where one is unknown."""
    if not {"score", "negative_scores"} <= set(pool.columns):
        raise ConfigurationError(
            f"{pool.pairs.name} has no scores of passages and their hard negatives.", "Mine some: beir-hybrid mine"
        )
    margins = []
    for rows in blocks(pool.rows):
        score = np.asarray(pool.pairs.texts.take("score", rows).to_numpy(zero_copy_only=False), np.float64)
        lists = pool.pairs.texts.take("negative_scores", rows)
        hardest = np.full(len(rows), np.nan)
        values = np.asarray(pc.list_flatten(lists).to_numpy(zero_copy_only=False), np.float64)
        np.fmax.at(hardest, np.asarray(pc.list_parent_indices(lists)), values)
        margins.append(np.where(np.isnan(score - hardest), np.inf, score - hardest))
    return np.concatenate(margins)


def _ranks(pool: MiningPool, model: Encoder, encoding: EncodingOptions | None, depth: int, show_progress: bool) -> Ints:
    """Rank each passage among those of its language that do not share its answer; beyond the depth, one below it."""
    finder = VectorFinder(pool, encode(model, pool.collection, encoding, show_progress=show_progress))
    rank = np.empty(len(pool), np.int64)
    for chunk in chunks_of(pool):
        pairs = pool.pairs_of[chunk.language][chunk.start : chunk.stop]
        own = finder.scores(pairs, np.arange(len(pairs)), pool.passage[pairs])
        candidates = finder.find(pairs, np.full(len(pairs), np.inf, np.float32), PASSAGE, depth)
        above = candidates.score > own[candidates.pair]
        rank[pairs] = 1 + np.bincount(candidates.pair[above], minlength=len(pairs))
    return rank
