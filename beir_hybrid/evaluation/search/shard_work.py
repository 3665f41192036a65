"""ShardWork: what workers do with the shards of a folder of vectors, which they read themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.evaluation.encoding.vector_description import VectorRange
from beir_hybrid.evaluation.encoding.vector_folder import VectorFolder
from beir_hybrid.evaluation.search.device import SearchDevice, choose_device
from beir_hybrid.evaluation.search.exact import exact_search
from beir_hybrid.evaluation.search.faiss_index import FaissIndex
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.kept_index import KeptIndex
from beir_hybrid.evaluation.search.ranks import Counts, count_ranks
from beir_hybrid.evaluation.search.scores import Identifiers, pair_scores


class Place(NamedTuple):
    """Where workers read from, which is all that they are sent of the vectors.

    Attributes:
        path: The folder.
        queries: Shape (queries,), for each query of the collection its row among the folder's.
        firsts: Number of the first passage of each language's corpus in the collection.
        device: What each worker multiplies on in an exact search, as for :func:`~.device.choose_device`.
        precision: That device's.
    """

    path: Path
    queries: Ints
    firsts: Mapping[str, int]
    device: str | None = None
    precision: str = "auto"


class ShardWork(ABC):
    """What a worker does with one shard of passages after another.

    Args:
        place: Where to read.
    """

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def folder(self) -> VectorFolder:
        """The folder, opened by each worker."""
        return VectorFolder.open(self.place.path)

    @cached_property
    def queries(self) -> Floats32:
        """Vectors of the collection's queries, shape (queries, dimensions)."""
        vectors = np.empty((len(self.place.queries), self.folder.description.dimensions), np.float32)
        start = 0
        for part in self.folder.shards:
            if part.role == "query":
                here = np.flatnonzero((self.place.queries >= start) & (self.place.queries < start + len(part)))
                vectors[here] = self.folder.rows(part)[self.place.queries[here] - start]
                start += len(part)
        return vectors

    @abstractmethod
    def __call__(self, part: VectorRange) -> Any:
        """Do the work with one shard."""

    def device(self, queries: Floats32, part: VectorRange) -> SearchDevice | None:
        """Choose what this worker multiplies on."""
        return choose_device(self.place.device, self.place.precision, float(queries.size) * len(part))

    def first(self, part: VectorRange) -> int:
        """Return the number of a shard's first passage in the collection."""
        return self.place.firsts[part.language] + part.start

    def identifiers(self, part: VectorRange) -> Identifiers:
        """Return a function of passages' numbers in the shard, which reads its ids when they are first needed."""
        kept: list[str] = []

        def identifiers(numbers: Ints) -> list[str]:
            if not kept:
                kept.extend(self.folder.identifiers(part))
            return [kept[number] for number in numbers.tolist()]

        return identifiers


class Relevant(NamedTuple):
    """Relevant passages of some queries.

    Attributes:
        query: Shape (rows,), query numbers, sorted.
        passage: Shape (rows,), passage numbers in the collection.
    """

    query: Ints
    passage: Ints

    def within(self, first: int, count: int) -> Ints:
        """Return, shape (n,), the rows whose passages are among so many consecutive ones."""
        return np.flatnonzero((self.passage >= first) & (self.passage < first + count))


class RelevantScores(ShardWork):
    """Scores the relevant passages that a shard holds.

    Args:
        place: Where to read.
        relevant: All of them.
    """

    def __init__(self, place: Place, relevant: Relevant) -> None:
        super().__init__(place)
        self.relevant = relevant

    def __call__(self, part: VectorRange) -> Floats32:
        """Return the scores of the rows that :meth:`Relevant.within` names."""
        first = self.first(part)
        rows = self.relevant.within(first, len(part))
        query, passage = self.relevant.query[rows], self.relevant.passage[rows] - first
        return pair_scores(self.queries, query, [self.folder.rows(part)], passage)


class RelevantIds(NamedTuple):
    """The document ids of relevant passages.

    Attributes:
        passage: Shape (n,), passage numbers in the collection, sorted.
        identifiers: Their ids.
    """

    passage: Ints
    identifiers: list[str]


class ShardCounts(ShardWork):
    """Counts what stands above relevant passages, wherever these are, in a shard.

    Args:
        place: Where to read.
        relevant: All relevant passages.
        thresholds: Shape (rows,), their scores.
        ids: Their document ids.
        rows: Shape (n,), the rows to count for each language's passages, sorted.
    """

    def __init__(
        self, place: Place, relevant: Relevant, thresholds: Floats32, ids: RelevantIds, rows: Mapping[str, Ints]
    ) -> None:
        super().__init__(place)
        self.relevant = relevant
        self.thresholds = thresholds
        self.ids = ids
        self.rows = rows

    def __call__(self, part: VectorRange) -> Counts:
        """Return, shape (3, n), what stands above, what is level, and what of that stands above."""
        rows, first = self.rows[part.language], self.first(part)
        own = self.identifiers(part)

        def identifiers(numbers: Ints) -> list[str]:
            outside = (numbers < 0) | (numbers >= len(part))
            ids = np.empty(len(numbers), object)
            ids[~outside] = own(numbers[~outside])
            ids[outside] = [
                self.ids.identifiers[place] for place in np.searchsorted(self.ids.passage, numbers[outside] + first)
            ]
            return ids.tolist()

        query, passage = self.relevant.query[rows], self.relevant.passage[rows] - first
        vectors = [self.folder.rows(part)]
        device = self.device(self.queries, part)
        ranks = count_ranks(self.queries, vectors, query, passage, self.thresholds[rows], identifiers, device=device)
        return np.stack([counts[:, 0] for counts in (ranks.above, ranks.tied, ranks.tied_above)])


class ShardHits(ShardWork):
    """Finds the first passages of a shard.

    Args:
        place: Where to read.
        queries: Shape (n,), numbers of the queries to search for in each language's passages.
        depth: How many passages to find; all, if the shard has fewer.
    """

    def __init__(self, place: Place, queries: Mapping[str, Ints], depth: int) -> None:
        super().__init__(place)
        self.asked = queries
        self.depth = depth

    def __call__(self, part: VectorRange) -> Hits:
        """Return them, numbered as in the collection."""
        hits = self.search(part, self.queries[self.asked[part.language]])
        return Hits(np.where(hits.passage < 0, -1, hits.passage + self.first(part)), hits.score)

    def search(self, part: VectorRange, queries: Floats32) -> Hits:
        """Return what is found in a shard, numbered from its first passage on."""
        device = self.device(queries, part)
        return exact_search(queries, [self.folder.rows(part)], self.depth, self.identifiers(part), device=device)


class ShardIndexHits(ShardHits):
    """Finds passages of a shard with a Faiss index of it, which is kept beside the vectors once it is built.

    Args:
        place: Where to read.
        queries: Shape (n,), numbers of the queries to search for in each language's passages.
        depth: How many passages to find.
        factory: As :class:`~.faiss_index.FaissIndex` takes it.
        seed: Selects the vectors that the index is trained on.
    """

    def __init__(self, place: Place, queries: Mapping[str, Ints], depth: int, factory: str, seed: int) -> None:
        super().__init__(place, queries, depth)
        self.factory = factory
        self.seed = seed

    def search(self, part: VectorRange, queries: Floats32) -> Hits:
        """Return what the index finds; see :meth:`ShardHits.search`."""
        about = {"factory": self.factory, "seed": self.seed, "vectors": self.folder.checksum(part)}
        kept = KeptIndex(self.folder.path / "indexes", **about)
        index = FaissIndex([self.folder.rows(part)], self.factory, seed=self.seed, kept=kept)
        return index.search(queries, self.depth, self.identifiers(part))
