"""Windows: consecutive steps of a stream that are drawn together, so that each can have examples of like lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.guard import deal
from beir_hybrid.batching.streams import Stream
from beir_hybrid.pairs.index import ExampleIndex

WINDOW = 32  # steps, about

Relative = npt.NDArray[np.int16]

_SHAPED = 3  # batches of like lengths among which those of short questions and those of long ones are told apart,
_LEAST_SHAPED = 12  # where a window has that many


@dataclass(frozen=True, eq=False)
class Window:
    """The examples of some steps.

    Attributes:
        groups: Shape (steps, batch), group numbers within the source; those of a process follow one another.
        questions: Shape (steps, batch), numbers of the questions' languages.
        passages: Shape (steps, batch), numbers of the passages' languages.
        replaced: Shape (steps,), how many groups went elsewhere because they may not meet others of the batch.
        repeated: Shape (steps,), how many are in the batch although they may not meet others.
    """

    groups: npt.NDArray[np.generic]
    questions: npt.NDArray[np.uint16]
    passages: npt.NDArray[np.uint16]
    replaced: Ints
    repeated: Ints


def window_around(step: int, steps: int) -> tuple[int, int]:
    """Return the window that a step of a pass belongs to: all of a pass have the same length, give or take one step.

    Args:
        step: In [0, steps).
        steps: Steps of the pass.

    Returns:
        Its first step, and the step after its last one.

    Examples:
        >>> window_around(0, 5), window_around(20, 70), window_around(69, 70)
        ((0, 5), (0, 35), (35, 70))
    """
    windows = max(1, round(steps / WINDOW))
    number = ((step + 1) * windows - 1) // steps
    return number * steps // windows, (number + 1) * steps // windows


def draw_window(
    groups: Ints, steps: int, stream: Stream, source: ExampleIndex, world_size: int, rng: np.random.Generator
) -> Window:
    """Put the groups of a window into batches of like lengths, which follow one another in random order.

    Lengths are seen against what is usual for their language, so that a batch has its languages as if it had been drawn
    at random. Within a batch the longest examples come first, so that parts of it hold like lengths too, and all
    processes get like ones.

    Args:
        groups: Shape (steps * batch,), as the stream's walk has them.
        steps: Steps of the window.
        stream: Where the groups come from.
        source: The stream's source, whose lengths are known.
        world_size: Number of processes that share each step.
        rng: The source of randomness.
    """
    questions, passages = stream.draw_pairs(groups, source, rng)
    order = _by_length(*_relative(groups, questions, passages, source), steps)
    dealt = deal(groups[order], steps, stream, source, rng)
    others = stream.draw_pairs(dealt.others, source, rng)
    groups = np.concatenate([groups[order], dealt.others])
    questions, passages = (
        np.concatenate([drawn[order], other]) for drawn, other in zip((questions, passages), others, strict=True)
    )
    asked, answering = source.buckets(groups, questions, passages)
    longest = np.maximum(asked, answering)[dealt.places]
    inner = np.argsort(-longest.astype(np.int16), axis=1, kind="stable")
    inner = inner.reshape(steps, -1, world_size).swapaxes(1, 2).reshape(steps, -1)
    turns = rng.permutation(steps)
    places = np.take_along_axis(dealt.places, inner, axis=1)[turns]
    return Window(
        groups.astype(np.min_scalar_type(source.groups))[places],
        questions.astype(np.uint16)[places],
        passages.astype(np.uint16)[places],
        dealt.replaced[turns],
        dealt.repeated[turns],
    )


def _relative(groups: Ints, questions: Ints, passages: Ints, source: ExampleIndex) -> tuple[Relative, Relative]:
    """Return the lengths of questions and passages against what is usual for their languages."""
    asked, answering = source.buckets(groups, questions, passages)
    scale = source.scale
    # fractions would put equal lengths in the order of their languages
    return (
        np.rint(asked - scale.questions[questions]).astype(np.int16),
        np.rint(answering - scale.passages[passages]).astype(np.int16),
    )


def _by_length(asked: Relative, answering: Relative, steps: int) -> Ints:
    """Order examples so that equal parts of them are of like lengths, their questions as well as their passages.

    What a batch costs is the length of its longest question and that of its longest passage, so the longer of an
    example's two decides; among a few batches of like lengths, questions that are long beside their passages are then
    put together.

    Args:
        asked: Shape (n,), the questions' lengths.
        answering: Shape (n,), the passages' lengths.
        steps: Number of parts.

    Returns:
        Shape (n,), places; those of equal lengths keep their order, which is random.
    """
    order = np.argsort(np.maximum(asked, answering), kind="stable")
    if steps < _LEAST_SHAPED:
        return order
    part = np.arange(len(order)) * steps // len(order) * (steps // _SHAPED) // steps
    return order[np.lexsort(((asked - answering)[order], part))]
