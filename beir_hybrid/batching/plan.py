"""BatchPlan: which rows every step of a training run holds."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.guard import part
from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.permutation import ROUNDS, permute
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.check import draw_kinds
from beir_hybrid.batching.streams import Stream, build_streams
from beir_hybrid.batching.windows import WINDOW, Window, draw_window, window_around
from beir_hybrid.errors import BatchError, ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

# What a random generator is for: the second number of its seed, after the plan's own seed and the epoch.
_SCHEDULE, _PASS, _BATCH, _WINDOW = range(4)

# Permutations of streams up to this size are stored, one a stream; those of larger ones are read without being stored.
_STORED = 2**16
_LEAST_STORED = 16
_WINDOWED = 2**22  # examples in stored windows, of which there is one a stream where they fit


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
        repeated: How many examples' answers are in the batch already all the same, because the data have no others.
    """

    kind: BatchKind
    source: int
    groups: Ints
    questions: Ints
    passages: Ints
    rows: Ints
    replaced: int = 0
    repeated: int = 0


@dataclass(frozen=True, eq=False)
class _Schedule:
    """The stream of every step of an epoch, and how many earlier steps of the epoch drew from the same stream."""

    stream: npt.NDArray[np.unsignedinteger]
    order: Ints


class BatchPlan:
    """Which rows every step holds: a pure function of data, strategy, seed, epoch and step.

    The same on every process, of exact length, and any step is reached without replaying those before it. Within an
    epoch a stream (a kind, a source and, for monolingual batches, a language) walks a random permutation of its groups
    and starts a new one when fewer than a batch are left. Where batches are grouped by length, the groups of some steps
    of the walk are put together by length; which of these batches comes first is random. No two examples of a batch
    share a group or an answer: they would be each other's false negatives.

    Args:
        sources: One index, or several side by side.
        strategy: What kind of batch comes next; or its specification.
        batch_size: Examples per batch and process.
        seed: Seed of all draws.
        world_size: Number of processes; a step's batches on all of them are of one kind, source and language, and
            groups and answers are unique across them.
        sampling: How sources and languages share the batches.
        epochs: Length of the whole training in epochs, against which strategies that change measure progress.

    Attributes:
        steps: Steps per epoch: every question once on average.
        notices: Sentences about what the data cannot serve, for the user to read once.

    Raises:
        BatchError: If the data cannot fill a batch of some kind the strategy draws.
        ConfigurationError: If an argument is out of range.
    """

    def __init__(
        self,
        sources: ExampleIndex | Sequence[ExampleIndex],
        strategy: Strategy | str,
        batch_size: int,
        *,
        seed: int = 0,
        world_size: int = 1,
        sampling: Sampling | None = None,
        epochs: float = 1.0,
    ) -> None:
        self.sources = (sources,) if isinstance(sources, ExampleIndex) else tuple(sources)
        self.strategy = build_strategy(strategy)
        self.batch_size = batch_size
        self.seed = seed
        self.world_size = world_size
        self.sampling = sampling or Sampling()
        self.epochs = epochs
        self._check_arguments()
        sizes = [source.questions for source in self.sources]
        self.steps = sum(sizes) // self.step_size
        if self.steps == 0:
            names = " + ".join(source.name for source in self.sources)
            raise BatchError(
                f"{names} holds {sum(sizes)} questions, fewer than a batch of {self.step_size}.",
                "Lower the batch size or add data.",
            )
        self._weights = self.sampling.source_weights(sizes)
        self._streams, notices = build_streams(self.sources, self.strategy.kinds, self.step_size, self.sampling)
        self.notices = [notice for source in self.sources for notice in _left_out(source)] + notices
        self.notices += [notice for source in self.sources for notice in _unmeasured(source, self.sampling)]
        self._offsets = np.cumsum([0, *(source.size for source in self.sources)])
        self._schedules: dict[int, _Schedule] = {}
        self._stored = lru_cache(maxsize=max(_LEAST_STORED, len(self._streams)))(self._permutation)
        windows = min(len(self._streams), _WINDOWED // (WINDOW * self.step_size))
        self._windows = lru_cache(maxsize=max(_LEAST_STORED, windows))(self._draw_window)

    def lasting(self, epochs: float) -> BatchPlan:
        """Return the same plan for a training of another length in epochs, above 0."""
        other = copy.copy(self)
        other.epochs, other._schedules = epochs, {}
        other._check_arguments()
        return other

    @property
    def step_size(self) -> int:
        """Examples per step over all processes."""
        return self.batch_size * self.world_size

    @property
    def kind_names(self) -> list[str]:
        """Names of the kinds of batch."""
        return [kind.name for kind in self.strategy.kinds]

    def __len__(self) -> int:
        return self.steps

    def identity(self) -> dict[str, Any]:
        """Return what determines the batches, as plain JSON content: two plans of equal identity draw the same.

        The data are identified by a checksum of the examples that exist, and of their lengths where these count, not of
        their texts.
        """
        sampling = {**asdict(self.sampling), "temperature": str(self.sampling.temperature)}
        grouped = sampling.pop("group_by_length")  # named only where it is: earlier runs do not
        lengths = [source.lengths and source.lengths.checksum for source in self.sources]
        return {
            **({"group_by_length": lengths} if grouped else {}),
            "strategy": strategy_spec(self.strategy),
            "batch_size": self.batch_size,
            "world_size": self.world_size,
            "seed": self.seed,
            "epochs": self.epochs,
            "sampling": sampling,
            "data": [[source.name, source.checksum] for source in self.sources],
        }

    def batch(self, epoch: int, step: int) -> Batch:
        """Draw the batch of one step.

        Args:
            epoch: From 0.
            step: Step within the epoch, in [0, len(self)).

        Returns:
            The batch over all processes; process r holds the r-th of ``world_size`` equal parts.

        Raises:
            IndexError: If the epoch has no such step.
        """
        if not 0 <= step < self.steps:
            raise IndexError(f"Step {step} is outside the epoch's {self.steps} steps.")
        schedule = self._schedule(epoch)
        number, order = int(schedule.stream[step]), int(schedule.order[step])
        stream = self._streams[number]
        source = self.sources[stream.source]
        current, place = divmod(order, self._per_pass(stream))
        if self.sampling.group_by_length and source.lengths is not None:
            first, last = window_around(place, self._per_pass(stream))
            window, at = self._windows(epoch, number, current, first, last), place - first
            groups, questions, passages = (
                drawn[at].astype(np.int64) for drawn in (window.groups, window.questions, window.passages)
            )
            replaced, repeated = int(window.replaced[at]), int(window.repeated[at])
        else:
            rng = np.random.default_rng([self.seed, epoch, _BATCH, step])
            walked = self._walk(epoch, number, current, place, place + 1)
            groups, replaced, repeated = part(walked, stream, source, rng)
            questions, passages = stream.draw_pairs(groups, source, rng)
        rows = source.rows(groups, questions, passages) + self._offsets[stream.source]
        kind = self.strategy.kinds[stream.kind]
        languages = {"questions": questions, "passages": passages}
        return Batch(kind, stream.source, groups, **languages, rows=rows, replaced=replaced, repeated=repeated)

    def kind_name(self, epoch: int, step: int) -> str:
        """Return the name of the kind of a step's batch, without drawing it."""
        return self.kind_names[self._streams[int(self._schedule(epoch).stream[step])].kind]

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Draw the batches of an epoch, from some step on."""
        return (self.batch(epoch, step) for step in range(start, self.steps))

    def _per_pass(self, stream: Stream) -> int:
        """Steps of a pass over a stream's groups."""
        return max(1, stream.size // self.step_size)

    def _draw_window(self, epoch: int, number: int, current: int, first: int, last: int) -> Window:
        """Draw the examples of some steps of a pass together, by length."""
        stream = self._streams[number]
        rng = np.random.default_rng([self.seed, epoch, _WINDOW, number, current, first])
        groups = self._walk(epoch, number, current, first, last)
        return draw_window(groups, last - first, stream, self.sources[stream.source], self.world_size, rng)

    def _walk(self, epoch: int, number: int, current: int, first: int, last: int) -> Ints:
        """Read the groups of some steps off a permutation of a stream."""
        stream = self._streams[number]
        # a stream smaller than a step, where that is allowed, starts over within the step
        positions = np.arange(first * self.step_size, last * self.step_size) % stream.size
        if stream.size <= _STORED:
            places = self._stored(epoch, number, current)[positions]
        else:
            rng = np.random.default_rng([self.seed, epoch, _PASS, number, current])
            places = permute(positions, stream.size, rng.integers(2**63, size=ROUNDS, dtype=np.uint64))
        return places if stream.eligible is None else stream.eligible[places].astype(np.int64)

    def _permutation(self, epoch: int, number: int, current: int) -> Ints:
        rng = np.random.default_rng([self.seed, epoch, _PASS, number, current])
        return rng.permutation(self._streams[number].size)

    def _schedule(self, epoch: int) -> _Schedule:
        if epoch not in self._schedules:
            self._schedules = {epoch: self._draw_schedule(epoch)}  # one epoch's is kept: it has an entry per step
        return self._schedules[epoch]

    def _draw_schedule(self, epoch: int) -> _Schedule:
        rng = np.random.default_rng([self.seed, epoch, _SCHEDULE])
        held = -(-self.steps // self.sampling.hold)
        progress = np.minimum((epoch + np.arange(held) * self.sampling.hold / self.steps) / self.epochs, 1.0)
        kinds = draw_kinds(self.strategy, rng, progress)
        stream = np.empty(held, np.min_scalar_type(len(self._streams)))
        for kind in np.flatnonzero(np.bincount(kinds)).tolist():
            steps = np.flatnonzero(kinds == kind)
            by_source = self._numbers(kind)
            weights = self._weights[list(by_source)]
            drawn = rng.choice(len(by_source), size=len(steps), p=weights / weights.sum())
            for place, numbers in enumerate(by_source.values()):
                of_source = steps[drawn == place]
                stream[of_source] = self._draw_streams(numbers, len(of_source), rng)
        stream = np.repeat(stream, self.sampling.hold)[: self.steps]
        return _Schedule(stream, earlier_occurrences(stream))

    def _draw_streams(self, numbers: Ints, size: int, rng: np.random.Generator) -> Ints:
        """Draw among a source's streams of one kind, that is among its languages."""
        if self.sampling.languages == "uniform" or len(numbers) == 1:
            return numbers[rng.integers(len(numbers), size=size)]
        sizes = np.array([self._streams[number].size for number in numbers], np.float64)
        return rng.choice(numbers, size=size, p=sizes / sizes.sum())

    def _numbers(self, kind: int) -> dict[int, Ints]:
        """Numbers of the streams of a kind, by source."""
        by_source: dict[int, list[int]] = {}
        for number, stream in enumerate(self._streams):
            if stream.kind == kind:
                by_source.setdefault(stream.source, []).append(number)
        return {source: np.array(numbers, np.int64) for source, numbers in by_source.items()}

    def _check_arguments(self) -> None:
        if self.batch_size < 1 or self.world_size < 1:
            raise ConfigurationError(
                f"A batch of {self.batch_size} on {self.world_size} processes.", "Give at least 1 of each."
            )
        if self.seed < 0:
            raise ConfigurationError(f"The seed is {self.seed}.", "Give a whole number from 0 on.")
        if not self.epochs > 0:
            raise ConfigurationError(f"The training lasts {self.epochs} epochs.", "Give a number above 0.")


def _left_out(source: ExampleIndex) -> Iterator[str]:
    """Yield notices of a source's hard negatives that are not used, or repeated."""
    if source.left_out:
        rows = "" if source.order is None else ", with their rows"  # a column of negatives has no others to take
        yield f"{source.name}: {source.left_out} hard negatives answer their own question: left out{rows}."
    if source.repeated:
        yield f"{source.name}: {source.repeated} pairs have fewer hard negatives than asked for: theirs are repeated."


def _unmeasured(source: ExampleIndex, sampling: Sampling) -> Iterator[str]:
    """Yield a notice of a source that cannot be grouped by length."""
    if sampling.group_by_length and source.lengths is None:
        yield f"{source.name} does not say how long its texts are: its batches are not grouped by length."


def earlier_occurrences(values: npt.NDArray[np.unsignedinteger]) -> Ints:
    """Count, for every element, the equal elements before it."""
    order = np.argsort(values, kind="stable")  # a radix sort, since few streams need few bits
    sizes = np.bincount(values)
    counts = np.empty(len(values), np.int64)
    counts[order] = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return counts
