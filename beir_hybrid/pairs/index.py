"""ExampleIndex: which examples exist, without their texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.errors import DataFormatError
from beir_hybrid.pairs.lengths import LanguageScale, Lengths
from beir_hybrid.texts import Buckets

_COUNTED = 16  # languages up to which all their combinations can be counted
_PROBED = 2**16  # examples that the languages' usual lengths are taken from


@dataclass(frozen=True, eq=False)
class ExampleIndex:
    """Which (group, question language, passage language) examples a source holds.

    An example pairs the question of a group in one language with the passage of the same group in one language. Groups
    that hold the same examples share a pattern, so that ten million groups cost no more than their pattern numbers.

    Args:
        languages: Language codes; a language's number is its place here.
        patterns: Shape (patterns, languages, languages): whether groups of a pattern hold the example with question
            language (axis 1) and passage language (axis 2).
        pattern: Shape (groups,), the pattern of each group.
        answer: Shape (groups,), equal for groups whose passages answer each other's questions; None where all differ.
        name: Name of the source, for messages.
        order: Dataset row of each example, sorted by (group, question language, passage language); None if the dataset
            is sorted so.
        negatives: Answers that are hard negatives of each group, where batches hold hard negatives: the first place of
            each group, shape (groups + 1,), and the answers. None if there are none.
        left_out: How many hard negatives are not used because they answer their own question.
        repeated: How many pairs have fewer hard negatives than are used, and repeat them.
        lengths: How long the texts are; None where nobody knows.
    """

    languages: tuple[str, ...]
    patterns: Bools
    pattern: npt.NDArray[np.integer]
    answer: Ints | None = None
    name: str = "data"
    order: Ints | None = None
    negatives: tuple[Ints, Ints] | None = None
    left_out: int = 0
    repeated: int = 0
    lengths: Lengths | None = None

    @classmethod
    def parallel(
        cls,
        languages: tuple[str, ...],
        questions: Bools,
        answer: Ints | None = None,
        name: str = "data",
        passages: Bools | None = None,
    ) -> ExampleIndex:
        """Index groups each of whose questions goes with each of their passages.

        Args:
            languages: Language codes.
            questions: Shape (groups, languages): whether a group has a question in the language.
            answer: Shape (groups,), see the class.
            name: Name of the source.
            passages: Shape (groups, languages): whether it has a passage in the language; None if as with questions.
        """
        if passages is None:
            asked, pattern = _distinct_rows(questions)
            answering = asked
        else:
            both, pattern = _distinct_rows(np.concatenate([questions, passages], axis=1))
            asked, answering = np.split(both, 2, axis=1)
        return cls(languages, asked[:, :, None] & answering[:, None, :], pattern, answer, name)

    @classmethod
    def from_examples(
        cls,
        languages: tuple[str, ...],
        groups: Ints,
        questions: Ints,
        passages: Ints,
        answer: Ints | None = None,
        name: str = "data",
        refused: tuple[Ints, Ints] | None = None,
    ) -> ExampleIndex:
        """Index the rows of a dataset, each of which is one example.

        Rows that repeat a (group, question language, passage language), such as several positives of one question,
        become groups of their own that share an answer: all are drawn, never two in one batch.

        Args:
            languages: Language codes.
            groups: Shape (rows,), group numbers from 0.
            questions: Shape (rows,), question language numbers.
            passages: Shape (rows,), passage language numbers.
            answer: Shape (rows,), equal for rows whose passages answer each other's questions; None if only the rows
                of a group do.
            name: Name of the source.
            refused: Rows, and for each the answer that is its hard negative; None if there are none.
        """
        if len(groups) == 0:
            raise DataFormatError(f"{name} holds no example.", "Give at least one row.")
        size = len(languages)
        cells = questions * size + passages
        first = np.lexsort((cells, groups))
        keys = groups[first] * size * size + cells[first]
        new = np.r_[True, keys[1:] != keys[:-1]]
        copies = np.empty(len(keys), np.int64)  # how many earlier rows hold the same example
        copies[first] = np.arange(len(keys)) - np.maximum.accumulate(np.where(new, np.arange(len(keys)), 0))
        _, expanded = np.unique(np.stack([groups, copies]), axis=1, return_inverse=True)
        expanded = expanded.reshape(-1).astype(np.int64)
        presence = np.zeros((int(expanded.max()) + 1, size * size), bool)
        presence[expanded, cells] = True
        distinct, pattern = _distinct_rows(presence)
        shared = groups if answer is None else answer
        group_answer = np.zeros(len(presence), np.int64)
        group_answer[expanded] = shared
        needless = refused is None and len(np.unique(group_answer)) == len(group_answer)
        return cls(
            languages,
            distinct.reshape(-1, size, size),
            pattern,
            None if needless else group_answer,
            name,
            order=np.lexsort((cells, expanded)).astype(np.int64),
            negatives=None if refused is None else negatives_of(len(presence), expanded[refused[0]], refused[1]),
        )

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.pattern)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over everything here but name and lengths, shortened to 16 hexadecimal digits."""
        digest = hashlib.sha256(" ".join(self.languages).encode())
        for array in (self.patterns, self.pattern, self.answer, self.order, *(self.negatives or ())):
            if array is not None:
                digest.update(str(array.shape).encode())
                digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()[:16]

    @cached_property
    def size(self) -> int:
        """Number of examples, and of dataset rows."""
        return int(self._sizes @ np.bincount(self.pattern, minlength=len(self.patterns)))

    @cached_property
    def questions(self) -> int:
        """Number of questions, that is of (group, question language) with at least one example."""
        per_pattern = self.patterns.any(axis=2).sum(axis=1)
        return int(per_pattern @ np.bincount(self.pattern, minlength=len(self.patterns)))

    def refused(self, group: int) -> list[int]:
        """List the answers that are hard negatives of a group."""
        if self.negatives is None:
            return []
        starts, answers = self.negatives
        return answers[starts[group] : starts[group + 1]].tolist()

    def eligible(self, allowed: Bools) -> npt.NDArray[np.integer] | None:
        """Return the groups with at least one allowed example.

        Args:
            allowed: Shape (languages, languages), question by passage language.

        Returns:
            The groups' numbers in order, or None if all groups are eligible.
        """
        fitting = np.any(self.patterns & allowed, axis=(1, 2))
        if fitting.all():
            return None
        small = self.groups < 2**31  # a stream for each language holds them
        return np.flatnonzero(fitting[self.pattern]).astype(np.int32 if small else np.int64)

    def rows(self, groups: Ints, questions: Ints, passages: Ints) -> Ints:
        """Return the dataset rows of examples.

        Args:
            groups: Shape (n,), group numbers.
            questions: Shape (n,), question language numbers.
            passages: Shape (n,), passage language numbers. Every example must exist.

        Returns:
            Shape (n,), row numbers.
        """
        cells = questions * len(self.languages) + passages
        places = self._start(groups) + self._places[self.pattern[groups], cells]
        return places if self.order is None else self.order[places]

    def buckets(self, groups: Ints, questions: Ints, passages: Ints) -> tuple[Buckets, Buckets]:
        """Return how long the questions and passages of examples are; lengths must be known.

        Args:
            groups: Shape (n,), group numbers.
            questions: Shape (n,), question language numbers.
            passages: Shape (n,), passage language numbers. Every example must exist.

        Returns:
            Buckets of :func:`~beir_hybrid.texts.length_buckets`, each of shape (n,).
        """
        lengths = self.lengths
        if lengths is None:
            raise DataFormatError(f"{self.name} does not say how long its texts are.", "Leave out group_by_length=.")
        asked, answering = lengths.rows
        if lengths.questions is None or lengths.passages is None:
            rows = self.rows(groups, questions, passages)
            return asked[rows], answering[rows]
        return asked[lengths.questions[groups, questions]], answering[lengths.passages[groups, passages]]

    @cached_property
    def scale(self) -> LanguageScale:
        """What length is usual in each language, from some ten thousand examples; lengths must be known."""
        # at random, since every n-th example might always be of one language; the same for all processes
        places = (
            np.arange(self.size) if self.size <= _PROBED else np.random.default_rng(0).integers(self.size, size=_PROBED)
        )
        groups, questions, passages = self.examples(places)
        buckets = self.buckets(groups, questions, passages)
        return LanguageScale.of((questions, passages), buckets, len(self.languages))

    def examples(self, places: Ints) -> tuple[Ints, Ints, Ints]:
        """Return the examples at places of the order by (group, question language, passage language).

        Args:
            places: Shape (n,), values in [0, size).

        Returns:
            Groups, question languages and passage languages, each of shape (n,).
        """
        if len(self.patterns) == 1:
            groups = places // self._sizes[0]
        else:
            groups = np.searchsorted(self._starts, places, side="right") - 1
        nth = places - self._start(groups)
        # the n-th example of a pattern is where the running count of its examples first exceeds n
        cells = (self._places[self.pattern[groups]] < nth[:, None]).sum(axis=1)
        questions, passages = np.divmod(cells, len(self.languages))
        return groups, questions, passages

    def _start(self, groups: Ints) -> Ints:
        if len(self.patterns) == 1:  # ten million groups of one pattern need no table
            return groups * self._sizes[0]
        return self._starts[groups]

    @cached_property
    def _starts(self) -> Ints:
        sizes = self._sizes[self.pattern]
        return np.cumsum(sizes) - sizes

    @cached_property
    def _sizes(self) -> Ints:
        return self.patterns.sum(axis=(1, 2))

    @cached_property
    def _places(self) -> Ints:
        """Shape (patterns, languages * languages): how many examples of the pattern come before, or are at, a cell."""
        flat = self.patterns.reshape(len(self.patterns), -1)
        return np.cumsum(flat, axis=1) - 1


def _distinct_rows(presence: Bools) -> tuple[Bools, npt.NDArray[np.int32]]:
    """Number the distinct rows of a boolean matrix: the distinct rows, and each row's number."""
    width = presence.shape[1]
    if width <= _COUNTED:  # without sorting, whose memory is many times that of the numbers
        codes = np.zeros(len(presence), np.int32)
        for column in range(width):
            codes |= presence[:, column].astype(np.int32) << np.int32(width - 1 - column)
        known = np.flatnonzero(np.bincount(codes, minlength=1 << width))
        number = np.zeros(1 << width, np.int32)
        number[known] = np.arange(len(known))
        return (known[:, None] >> np.arange(width - 1, -1, -1) & 1).astype(bool), number[codes]
    packed = np.ascontiguousarray(np.packbits(presence, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return presence[first], inverse.reshape(-1).astype(np.int32)


def negatives_of(groups: int, owners: Ints, answers: Ints) -> tuple[Ints, Ints]:
    """Sort hard negatives by their groups, as :class:`ExampleIndex` holds them.

    Args:
        groups: Number of groups.
        owners: Shape (n,), the group of each negative.
        answers: Shape (n,), the answer that it is.

    Examples:
        >>> starts, answers = negatives_of(3, np.array([2, 0, 2, 2]), np.array([7, 5, 6, 7]))
        >>> starts.tolist(), answers.tolist()
        ([0, 1, 1, 3], [5, 6, 7])
    """
    pairs = np.unique(np.stack([owners, answers], axis=1), axis=0)
    return np.searchsorted(pairs[:, 0], np.arange(groups + 1)).astype(np.int64), pairs[:, 1].astype(np.int64)
