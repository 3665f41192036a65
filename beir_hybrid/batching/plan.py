"""BatchPlan: which rows every step of a training run holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from beir_hybrid.batching.index import ExampleIndex
from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.permutation import ROUNDS, permute
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.errors import BatchError, ConfigurationError

__all__ = ["Batch", "BatchPlan"]

Ints = npt.NDArray[np.int64]

# What a random generator is for: the second number of its seed, after the plan's own seed and the epoch.
_SCHEDULE, _PASS, _BATCH = range(3)


@dataclass(frozen=True, eq=False)
class Batch:
    """One step's examples, over all processes.

    Attributes:
        kind: The kind of batch.
        source: Place of the source the batch is drawn from.
        groups: Shape (batch,), group numbers within the source, all different.
        questions: Shape (batch,), numbers of the questions' languages within the source.
        passages: Shape (batch,), numbers of the passages' languages within the source.
        rows: Shape (batch,), dataset rows; the sources' rows follow one another.
        replaced: How many groups were exchanged for others because their answer was in the batch already.
    """

    kind: BatchKind
    source: int
    groups: Ints
    questions: Ints
    passages: Ints
    rows: Ints
    replaced: int


@dataclass(frozen=True, eq=False)
class _Stream:
    """Batches of one kind from one source in one pair of languages (or in any, if each example draws its own)."""

    source: int
    kind: int
    question: int  # -1 if each example draws its own pair
    passage: int
    eligible: Ints | None  # the groups it draws from; None for all of the source
    size: int  # how many they are


@dataclass(frozen=True, eq=False)
class _Schedule:
    """The stream of every step of an epoch, and how many earlier steps of the epoch drew from the same stream."""

    stream: Ints
    order: Ints


class BatchPlan:
    """Which rows every step holds: a pure function of data, strategy, seed, epoch and step.

    The same on every process, of exact length, and any step is reached without replaying those before it. Within an
    epoch a stream (a kind, a source and, for monolingual batches, a language) walks a random permutation of its groups
    and starts a new one when fewer than a batch are left. No two examples of a batch share a group or an answer: they
    would be each other's false negatives.

    Args:
        sources: One index, or several side by side.
        strategy: What kind of batch comes next.
        batch_size: Examples per batch and process.
        seed: Seed of all draws.
        world_size: Number of processes; a step's batches on all of them are of one kind, source and language, and
            groups and answers are unique across them.
        weights: Shape (sources,), probabilities of the sources up to a factor; None for their numbers of questions.
        epochs: Length of the whole training in epochs, against which strategies that change measure progress.

    Raises:
        BatchError: If the data cannot fill a batch of some kind the strategy draws.
        ConfigurationError: If the batch size, the world size or the weights are out of range.
    """

    def __init__(
        self,
        sources: ExampleIndex | Sequence[ExampleIndex],
        strategy: Strategy,
        batch_size: int,
        *,
        seed: int = 0,
        world_size: int = 1,
        weights: Sequence[float] | None = None,
        epochs: float = 1.0,
    ) -> None:
        self.sources = (sources,) if isinstance(sources, ExampleIndex) else tuple(sources)
        self.strategy = strategy
        self.batch_size = batch_size
        self.seed = seed
        self.world_size = world_size
        self.epochs = epochs
        if batch_size < 1 or world_size < 1:
            raise ConfigurationError(f"A batch of {batch_size} on {world_size} processes.", "Give at least 1 of each.")
        self._weights = self._check_weights(weights)
        questions = sum(source.questions for source in self.sources)
        self.steps = questions // self.step_size
        if self.steps == 0:
            raise BatchError(
                f"{self._names()} holds {questions} questions, fewer than a batch of {self.step_size}.",
                "Lower the batch size or add data.",
            )
        self._streams = self._build_streams()
        self._offsets = np.cumsum([0, *(source.size for source in self.sources)])
        self._schedule = lru_cache(maxsize=2)(self._draw_schedule)
        self._choices = lru_cache(maxsize=None)(self._draw_choices)

    @property
    def step_size(self) -> int:
        """Examples per step over all processes."""
        return self.batch_size * self.world_size

    def __len__(self) -> int:
        """Steps per epoch: every question once on average."""
        return self.steps

    def batch(self, epoch: int, step: int) -> Batch:
        """Draw the batch of one step.

        Args:
            epoch: From 0.
            step: Step within the epoch, in [0, len(self)).

        Returns:
            The batch over all processes; process r holds the r-th of ``world_size`` equal parts.
        """
        schedule = self._schedule(epoch)
        number, order = int(schedule.stream[step]), int(schedule.order[step])
        stream = self._streams[number]
        source = self.sources[stream.source]
        rng = np.random.default_rng([self.seed, epoch, _BATCH, step])
        groups = self._walk(epoch, number, order)
        groups, replaced = self._part(groups, stream, source, rng)
        if stream.question >= 0:
            questions = np.full(len(groups), stream.question, np.int64)
            passages = np.full(len(groups), stream.passage, np.int64)
        else:
            choices, counts = self._choices(stream.source, stream.kind)
            pattern = source.pattern[groups]
            cells = choices[pattern, (rng.random(len(groups)) * counts[pattern]).astype(np.int64)]
            questions, passages = np.divmod(cells, len(source.languages))
        rows = source.rows(groups, questions, passages) + self._offsets[stream.source]
        kind = self.strategy.kinds[stream.kind]
        return Batch(kind, stream.source, groups, questions, passages, rows, replaced)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Draw the batches of an epoch, from some step on."""
        return (self.batch(epoch, step) for step in range(start, self.steps))

    def _walk(self, epoch: int, number: int, order: int) -> Ints:
        """Read the next step's groups off the stream's current permutation."""
        stream = self._streams[number]
        per_pass = stream.size // self.step_size
        current, place = divmod(order, per_pass)
        keys = np.random.default_rng([self.seed, epoch, _PASS, number, current]).integers(
            2**63, size=ROUNDS, dtype=np.uint64
        )
        places = permute(np.arange(place * self.step_size, (place + 1) * self.step_size), stream.size, keys)
        return places if stream.eligible is None else stream.eligible[places]

    def _part(self, groups: Ints, stream: _Stream, source: ExampleIndex, rng: np.random.Generator) -> tuple[Ints, int]:
        """Exchange groups whose answer is in the batch already for random others whose answer is not."""
        if source.answer is None:
            return groups, 0
        answers = source.answer[groups]
        _, first = np.unique(answers, return_index=True)
        keep = np.zeros(len(groups), bool)
        keep[first] = True
        replaced = len(groups) - len(first)
        taken = set(answers[first].tolist())
        groups = groups.copy()
        vacant = np.flatnonzero(~keep).tolist()
        while vacant:
            places = rng.integers(stream.size, size=4 * len(vacant) + 16)
            for candidate in places if stream.eligible is None else stream.eligible[places]:
                if not vacant:
                    break
                if (answer := int(source.answer[candidate])) not in taken:
                    taken.add(answer)
                    groups[vacant.pop()] = candidate
        return groups, replaced

    def _draw_schedule(self, epoch: int) -> _Schedule:
        rng = np.random.default_rng([self.seed, epoch, _SCHEDULE])
        progress = np.minimum((epoch + np.arange(self.steps) / self.steps) / self.epochs, 1.0)
        kinds = self.strategy.draw(rng, progress)
        stream = np.empty(self.steps, np.int64)
        for kind in np.unique(kinds):
            steps = np.flatnonzero(kinds == kind)
            sources = [index for index in range(len(self.sources)) if self._numbers(index, int(kind))]
            weights = self._weights[sources]
            drawn = rng.choice(sources, size=len(steps), p=weights / weights.sum())
            for source in sources:
                of_source = steps[drawn == source]
                numbers = np.array(self._numbers(source, int(kind)))
                stream[of_source] = numbers[rng.integers(len(numbers), size=len(of_source))]
        return _Schedule(stream, _earlier_occurrences(stream))

    def _numbers(self, source: int, kind: int) -> list[int]:
        return [n for n, stream in enumerate(self._streams) if (stream.source, stream.kind) == (source, kind)]

    def _draw_choices(self, source: int, kind: int) -> tuple[Ints, Ints]:
        """For each pattern of a source, the allowed cells (padded with zeros) and how many they are."""
        index = self.sources[source]
        allowed = (index.patterns & self.strategy.kinds[kind].allowed(index.languages)).reshape(len(index.patterns), -1)
        counts = allowed.sum(axis=1)
        choices = np.zeros((len(allowed), int(counts.max())), np.int64)
        for pattern, cells in enumerate(allowed):
            choices[pattern, : counts[pattern]] = np.flatnonzero(cells)
        return choices, counts

    def _build_streams(self) -> list[_Stream]:
        streams: list[_Stream] = []
        for number, kind in enumerate(self.strategy.kinds):
            found = [
                stream
                for place, source in enumerate(self.sources)
                for stream in self._streams_of(place, source, number, kind)
            ]
            if not found:
                languages = ", ".join(sorted({code for source in self.sources for code in source.languages}))
                raise BatchError(
                    f"{self._names()} has no example for {kind.name} batches; its languages: {languages}.",
                    "Choose another strategy or add parallel data.",
                )
            streams += found
        return streams

    def _streams_of(self, place: int, source: ExampleIndex, number: int, kind: BatchKind) -> Iterator[_Stream]:
        allowed = source.patterns.any(axis=0) & kind.allowed(source.languages)
        if kind.per == "example":
            if allowed.any():
                yield self._check(source, kind, _stream(place, number, source, allowed))
            return
        for question, passage in np.argwhere(allowed):
            cell = np.zeros_like(allowed)
            cell[question, passage] = True
            yield self._check(source, kind, _stream(place, number, source, cell, int(question), int(passage)))

    def _check(self, source: ExampleIndex, kind: BatchKind, stream: _Stream) -> _Stream:
        if source.answer is None:
            distinct = stream.size
        else:
            answers = source.answer if stream.eligible is None else source.answer[stream.eligible]
            distinct = len(np.unique(answers))
        if distinct < self.step_size:
            pair = (stream.question, stream.passage)
            languages = "" if pair[0] < 0 else " in " + "-".join(dict.fromkeys(source.languages[n] for n in pair))
            raise BatchError(
                f"{source.name} has {distinct} groups with different answers for {kind.name} batches{languages}, "
                f"fewer than a batch of {self.step_size}.",
                f"Lower the batch size to {distinct} or less, or leave the language out.",
            )
        return stream

    def _check_weights(self, weights: Sequence[float] | None) -> npt.NDArray[np.float64]:
        if weights is None:
            return np.array([source.questions for source in self.sources], np.float64)
        checked = np.asarray(weights, np.float64)
        if checked.shape != (len(self.sources),) or not np.isfinite(checked).all() or (checked <= 0).any():
            raise ConfigurationError(
                f"The weights {list(weights)} do not fit {len(self.sources)} sources.",
                "Give one positive number per source.",
            )
        return checked

    def _names(self) -> str:
        return " + ".join(source.name for source in self.sources)


def _stream(
    place: int,
    number: int,
    source: ExampleIndex,
    allowed: npt.NDArray[np.bool_],
    question: int = -1,
    passage: int = -1,
) -> _Stream:
    eligible = source.eligible(allowed)
    return _Stream(place, number, question, passage, eligible, source.groups if eligible is None else len(eligible))


def _earlier_occurrences(values: Ints) -> Ints:
    """Count, for every element, the equal elements before it."""
    order = np.argsort(
        values.astype(np.min_scalar_type(int(values.max()))), kind="stable"
    )  # a radix sort if 16 bits do
    ordered = values[order]
    places = np.arange(len(values))
    starts = np.maximum.accumulate(np.where(np.r_[True, ordered[1:] != ordered[:-1]], places, 0))
    counts = np.empty(len(values), np.int64)
    counts[order] = places - starts
    return counts
