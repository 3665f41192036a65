"""Streams: what batches of one kind, from one source, in one pair of languages, are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Bools, Floats, Ints
from beir_hybrid.batching.kinds import BatchKind
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.check import allowed_pairs
from beir_hybrid.errors import BatchError, ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

_LEAST_WEIGHT = 1e-9  # where shares cannot be equal, weights would run away from each other without end
_FITTING_ROUNDS = 200  # of the pairs' weights; a handful settles them where groups allow equal shares at all


@dataclass(frozen=True, eq=False)
class Choices:
    """How an example of a group draws its pair of languages.

    Attributes:
        cells: Shape (cells,), the pairs that occur, as question language * languages + passage language.
        cumulative: Shape (patterns, cells), probabilities of a pattern's pairs, added up.
    """

    cells: Ints
    cumulative: Floats

    def draw(self, patterns: npt.NDArray[np.integer], rng: np.random.Generator) -> Ints:
        """Draw a pair for each group.

        Args:
            patterns: Shape (n,), the groups' patterns.
            rng: The source of randomness.

        Returns:
            Shape (n,), pairs as question language * languages + passage language.
        """
        # pattern p's probabilities are searched in the p-th unit interval of one sorted array
        draws = rng.random(len(patterns)) + patterns
        return self.cells[np.searchsorted(self._line, draws, side="right") - patterns * len(self.cells)]

    @cached_property
    def _line(self) -> Floats:
        return (self.cumulative + np.arange(len(self.cumulative))[:, None]).reshape(-1)


@dataclass(frozen=True, eq=False)
class Stream:
    """What batches of one kind, from one source, in one pair of languages (or in any), are drawn from.

    Attributes:
        source: Place of the source.
        kind: Place of the kind among the strategy's.
        question: Number of the question language; -1 if each example draws its own pair.
        passage: Number of the passage language; -1 if each example draws its own pair.
        eligible: The groups it draws from; None for all of the source.
        size: How many they are.
        answers: How many different answers they have.
        choices: How examples draw their pairs; None if the stream has one pair.
    """

    source: int
    kind: int
    question: int
    passage: int
    eligible: npt.NDArray[np.integer] | None
    size: int
    answers: int
    choices: Choices | None = None

    def draw_pairs(self, groups: Ints, source: ExampleIndex, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Draw the languages of an example of each group.

        Args:
            groups: Shape (n,), group numbers.
            source: The stream's source.
            rng: The source of randomness, which is used only if each example draws its own pair.

        Returns:
            Numbers of the questions' and of the passages' languages, each of shape (n,).
        """
        if self.choices is None:
            return np.full(len(groups), self.question, np.int64), np.full(len(groups), self.passage, np.int64)
        return np.divmod(self.choices.draw(source.pattern[groups], rng), len(source.languages))


def build_streams(
    sources: Sequence[ExampleIndex], kinds: Sequence[BatchKind], step_size: int, sampling: Sampling
) -> tuple[list[Stream], list[str]]:
    """Return all streams that a plan can draw from.

    Args:
        sources: The data.
        kinds: The kinds of batch that the strategy draws.
        step_size: Examples per step, over all processes.
        sampling: Restrictions, and what to do with what is too small.

    Returns:
        The streams, and sentences about what is left out or repeated.

    Raises:
        BatchError: If some kind has no stream, or one is too small and ``sampling.too_small`` is ``error``.
        ConfigurationError: If ``sampling.pairs`` names a language that no source has.
    """
    _check_pairs(sources, sampling)
    streams: list[Stream] = []
    notices: list[str] = []
    for number, kind in enumerate(kinds):
        of_kind: list[Stream] = []
        for place, source in enumerate(sources):
            of_source = list(_streams_of(place, source, number, kind, sampling))
            kept = [stream for stream in of_source if _keep(stream, source, kind, step_size, sampling, notices)]
            if not of_source and len(sources) > 1:
                notices.append(f"{source.name} has no example for {kind.name} batches: it serves the others only.")
            of_kind += kept
        if not of_kind:
            raise _unfilled(sources, kind, step_size)
        streams += of_kind
    return streams, notices


def _unfilled(sources: Sequence[ExampleIndex], kind: BatchKind, step_size: int) -> BatchError:
    """Return the error that no source has examples for a kind of batch, with what would help."""
    names = " + ".join(source.name for source in sources)
    languages = ", ".join(sorted({code for source in sources for code in source.languages}))
    fix = "Choose another strategy, lower the batch size or add parallel data."
    if kind.different and any(_is_unpaired(source) for source in sources):
        fix = (
            "Its groups have several languages, but each row has one: pair them with "
            "ParallelPairs.from_dataset(dataset).dataset()."
        )
    return BatchError(f"{names} cannot fill {kind.name} batches of {step_size}; languages: {languages}.", fix)


def _is_unpaired(source: ExampleIndex) -> bool:
    """Return whether groups hold several languages, but no example is in two of them."""
    diagonal = np.eye(len(source.languages), dtype=bool)
    return bool(((source.patterns & diagonal).sum(axis=(1, 2)) > 1).any() and not (source.patterns & ~diagonal).any())


def _check_pairs(sources: Sequence[ExampleIndex], sampling: Sampling) -> None:
    known = {code for source in sources for code in source.languages}
    for pair in sampling.pairs or ():
        for code in pair:
            if code not in known:
                raise ConfigurationError(
                    f"The pair {'-'.join(pair)} names a language the data lack.", f"Known: {', '.join(sorted(known))}."
                )


def _streams_of(place: int, source: ExampleIndex, number: int, kind: BatchKind, sampling: Sampling) -> Iterator[Stream]:
    pairs = source.patterns.any(axis=0) & allowed_pairs(kind, source.languages) & sampling.allowed(source.languages)
    if kind.per == "example":
        if pairs.any():
            yield Stream(place, number, -1, -1, *_groups_of(source, pairs), _choices(source, pairs, sampling))
        return
    for question, passage in np.argwhere(pairs).tolist():
        cell = np.zeros_like(pairs)
        cell[question, passage] = True
        yield Stream(place, number, question, passage, *_groups_of(source, cell))


def _groups_of(source: ExampleIndex, pairs: Bools) -> tuple[npt.NDArray[np.integer] | None, int, int]:
    """Return the groups that hold one of the pairs (None for all), their number and that of their answers."""
    eligible = source.eligible(pairs)
    size = source.groups if eligible is None else len(eligible)
    answers = size
    if source.answer is not None:
        answers = len(np.unique(source.answer if eligible is None else source.answer[eligible]))
    return eligible, size, answers


def _keep(
    stream: Stream, source: ExampleIndex, kind: BatchKind, step_size: int, sampling: Sampling, notices: list[str]
) -> bool:
    """Decide about a stream that may be too small to fill a step with different answers."""
    if stream.answers >= step_size:
        return True
    where = "" if stream.question < 0 else f" in {_pair_name(stream, source)}"
    problem = (
        f"{source.name} has {stream.answers} groups with different answers for {kind.name} batches{where}, "
        f"fewer than a batch of {step_size}"
    )
    if sampling.too_small == "error":
        raise BatchError(
            f"{problem}.",
            f"Lower the batch size to {stream.answers} or less, leave the language out, or choose too_small: drop or "
            "repeat.",
        )
    done = f"left out of {kind.name} batches" if sampling.too_small == "drop" else "answers repeat in its batches"
    notices.append(f"{problem}: {done}.")
    return sampling.too_small == "repeat"


def _pair_name(stream: Stream, source: ExampleIndex) -> str:
    codes = (source.languages[stream.question], source.languages[stream.passage])
    return "-".join(dict.fromkeys(codes))


def _choices(source: ExampleIndex, pairs: Bools, sampling: Sampling) -> Choices:
    cells = np.flatnonzero(pairs.reshape(-1))
    held = source.patterns.reshape(len(source.patterns), -1)[:, cells].astype(np.float64)
    weights = np.ones(len(cells))
    if sampling.languages == "uniform":
        weights = _equalise(held, np.bincount(source.pattern, minlength=len(held)))
    shares = held * weights
    totals = shares.sum(axis=1, keepdims=True)
    cumulative = np.cumsum(np.divide(shares, totals, out=np.zeros_like(shares), where=totals > 0), axis=1)
    # rounding must not leave a draw above the last pair: where nothing of a pattern follows, the sum is 1
    cumulative[cumulative > 1 - 1e-12] = 1.0
    return Choices(cells.astype(np.int64), cumulative)


def _equalise(held: Floats, groups: Ints) -> Floats:
    """Weigh pairs so that all are drawn equally often, as nearly as the groups allow.

    A group that holds few pairs draws those more often, so pairs that many groups hold need smaller weights. They are
    found by iterative proportional fitting (Deming and Stephan, Annals of Mathematical Statistics, 1940).

    Args:
        held: Shape (patterns, cells), 1 where a pattern holds a pair.
        groups: Shape (patterns,), number of groups of each pattern.

    Returns:
        Shape (cells,), weights.
    """
    active = held.any(axis=1)
    held, groups = held[active], groups[active]
    weights = np.ones(held.shape[1])
    for _ in range(_FITTING_ROUNDS):
        shares = weights * (held.T @ (groups / (held @ weights)))
        factor = shares.mean() / shares
        weights *= factor
        weights = np.maximum(weights / weights.max(), _LEAST_WEIGHT)
        if np.abs(factor - 1).max() < 1e-4:
            break
    return weights
