"""MiningWork: the negatives of some pairs at a time, each time written to a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.mining.candidates import Candidates, Finder
from beir_hybrid.mining.options import WEAKEST, MiningOptions
from beir_hybrid.mining.pool import MiningPool
from beir_hybrid.mining.rules import choose, limits
from beir_hybrid.storage.files import new_file

CHUNK = 2**13  # pairs


class Chunk(NamedTuple):
    """Some pairs whose questions are in one language.

    Attributes:
        language: The code.
        start: Place of the first among those of the language.
        stop: Place after the last.
    """

    language: str
    start: int
    stop: int

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.language}-{self.start:09d}.npz"


def chunks_of(pool: MiningPool) -> list[Chunk]:
    """Cut pairs into chunks, of one language of questions each."""
    return [
        Chunk(code, start, min(start + CHUNK, len(numbers)))
        for code, numbers in pool.pairs_of.items()
        for start in range(0, len(numbers), CHUNK)
    ]


class Mined(NamedTuple):
    """The negatives of some pairs.

    Attributes:
        counts: Shape (pairs,), how many each has.
        passage: Shape (negatives,), numbers of passages, ordered by pair, the hardest first.
        score: Shape (negatives,).
        positive: Shape (pairs,), the scores of the pairs' own passages; NaN where unknown.
    """

    counts: Ints
    passage: Ints
    score: Floats32
    positive: Floats32


class MiningWork:
    """Mines negatives for chunks; it is sent to workers, which open everything when the first chunk comes.

    Args:
        pool: What is mined in.
        finder: Opens what scores passages, given the pool.
        options: Which negatives are wanted.
        folder: Where the chunks' files go.
        scorer: Opens a cross-encoder: a function of pairs of texts that returns their scores. None to keep the
            finder's scores.
    """

    def __init__(
        self,
        pool: MiningPool,
        finder: Callable[[MiningPool], Finder],
        options: MiningOptions,
        folder: Path,
        scorer: Callable[[], Callable[[list[tuple[str, str]]], Floats32]] | None = None,
    ) -> None:
        self.pool, self.options, self.folder = pool, options, folder
        self._open_finder, self._open_scorer = finder, scorer

    @cached_property
    def finder(self) -> Finder:
        """What scores passages."""
        return self._open_finder(self.pool)

    @cached_property
    def _scorer(self) -> Callable[[list[tuple[str, str]]], Floats32] | None:
        return None if self._open_scorer is None else self._open_scorer()

    def __call__(self, chunk: Chunk) -> None:
        """Mine the negatives of a chunk and write its file."""
        mined = self.mine(chunk)
        with new_file(self.folder / chunk.file) as path, path.open("wb") as file:
            np.savez(file, **mined._asdict())

    def mine(self, chunk: Chunk) -> Mined:
        """Mine the negatives of a chunk."""
        pool, options = self.pool, self.options
        pairs = pool.pairs_of[chunk.language][chunk.start : chunk.stop]
        place, passage = self._positives(pairs)
        score = self._scored(pairs, place, passage)
        own = np.full(len(pairs), np.nan, np.float32)
        mine = passage == pool.passage[pairs[place]]
        own[place[mine]] = score[mine]
        limit = own
        if options.positive == WEAKEST:
            limit = np.full(len(pairs), np.inf, np.float32)
            np.fmin.at(limit, place, score)
            limit[np.isinf(limit)] = np.nan
        ceiling = limits(limit, options.margin)
        if self._scorer is None:
            candidates = self.finder.find(pairs, ceiling, options.languages, options.depth)
        else:  # its scores, not the finder's, are held against the limit
            anything = np.full(len(pairs), np.inf, np.float32)
            depth = max(options.depth, options.candidates)
            candidates = self.finder.find(pairs, anything, options.languages, depth)
            again = self._scored(pairs, candidates.pair, candidates.passage)
            kept = np.flatnonzero(again <= ceiling[candidates.pair])
            candidates = Candidates(candidates.pair[kept], candidates.passage[kept], again[kept])
        language = pool.language_of(candidates.passage)
        chosen = choose(candidates.pair, language, candidates.score, len(pool.languages), options, int(pairs[0]))
        counts = np.bincount(candidates.pair[chosen], minlength=len(pairs))
        return Mined(counts, candidates.passage[chosen], candidates.score[chosen], own)

    def _positives(self, pairs: Ints) -> tuple[Ints, Ints]:
        """Return all passages of the pairs' groups, each once a pair: places of pairs, and numbers of passages."""
        starts, passages = self.pool.group_passages
        low, high = starts[self.pool.group[pairs]], starts[self.pool.group[pairs] + 1]
        place = np.repeat(np.arange(len(pairs)), high - low)
        nth = np.arange(len(place)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
        passage = passages[low[place] + nth]
        both = np.unique(np.stack([place, passage]), axis=1)
        return both[0], both[1]

    def _scored(self, pairs: Ints, place: Ints, passage: Ints) -> Floats32:
        """Score passages for pairs, with the cross-encoder if there is one."""
        if self._scorer is None:
            return self.finder.scores(pairs, place, passage)
        questions = self.pool.pairs.texts.take("question", self.pool.rows[pairs]).to_pylist()
        texts = self.pool.texts(passage).to_pylist()
        return self._scorer([(questions[one], text) for one, text in zip(place.tolist(), texts, strict=True)])

    def __getstate__(self) -> dict[str, Any]:
        """Send what was given, and nothing that was opened."""
        return {name: value for name, value in vars(self).items() if name not in ("finder", "_scorer")}


def read_chunk(folder: Path, chunk: Chunk) -> Mined | None:
    """Read the file of a chunk; None if there is none, or no whole one."""
    try:
        with np.load(folder / chunk.file, allow_pickle=False) as file:
            mined = Mined(*(file[name] for name in Mined._fields))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    return mined if len(mined.counts) == chunk.stop - chunk.start else None
