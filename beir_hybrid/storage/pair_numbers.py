"""Numbers of a store of pairs: its groups, their rows by language, their answers and what its negatives answer.

All is computed from digests and codes that were written while rows came in, a part at a time; no text is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beir_hybrid.arrays import Bools, Ints
from beir_hybrid.storage.buckets import Buckets

_AT_ONCE = 2**20  # rows


@dataclass(frozen=True, eq=False)
class PairNumbers:
    """Which rows hold the questions and passages of which groups and languages.

    Attributes:
        languages: Language codes, sorted; a language's number is its place here.
        groups: Names of the groups, in the order of their numbers.
        questions: Shape (groups, languages), the row with the question; -1 where the group has none in the language.
        passages: Shape (groups, languages), the row with the passage; the same array where rows have one language.
        group: Shape (rows,), the group of each row.
        answers: Shape (groups,), equal for groups whose passages answer each other's questions; None where all differ.
    """

    languages: tuple[str, ...]
    groups: pa.Array | pa.ChunkedArray
    questions: npt.NDArray[np.integer]
    passages: npt.NDArray[np.integer]
    group: npt.NDArray[np.integer]
    answers: Ints | None

    def select(self, languages: Sequence[str]) -> PairNumbers:
        """Keep some languages, and the groups that have one of them, in the order in which their rows appear."""
        languages = sorted(languages)
        places = [self.languages.index(code) for code in languages]
        questions, passages = self.questions[:, places], self.passages[:, places]
        whole = np.any(questions >= 0, axis=1) & np.any(passages >= 0, axis=1)
        last = np.iinfo(np.int64).max
        first = np.where(questions >= 0, questions, last).min(axis=1)
        kept = np.flatnonzero(whole)
        kept = kept[np.argsort(first[kept], kind="stable")]
        renumbered = np.full(len(questions), -1, np.int64)
        renumbered[kept] = np.arange(len(kept))
        parallel = self.passages is self.questions
        questions = questions[kept]
        answers = None if self.answers is None else np.unique(self.answers[kept], return_inverse=True)[1].reshape(-1)
        return PairNumbers(
            tuple(languages),
            self.groups.take(pa.array(kept)),
            questions,
            questions if parallel else passages[kept],
            renumbered[self.group],
            answers,
        )


@dataclass(frozen=True)
class RowFiles:
    """What was written about each row while it came in.

    Args:
        folder: Where the files are.
        rows: Number of rows.
        negatives: Number of negatives.
        ranks: Shape (languages,), the place of each language's code among the sorted ones.
    """

    folder: Path
    rows: int
    negatives: int
    ranks: Ints

    def digests(self, name: str) -> npt.NDArray[np.uint64]:
        """Return digests of ``group``, ``question`` or ``passage``, shape (rows, 2), or of ``negative``."""
        count = self.negatives if name == "negative" else self.rows
        if count == 0:
            return np.empty((0, 2), np.uint64)
        return np.memmap(self.folder / f"{name}.digests", np.dtype("<u8"), "r", shape=(count, 2))

    def languages(self, name: str, rows: Ints) -> Ints:
        """Return the ``language`` or ``passage_language`` of rows, by its place among the sorted ones."""
        return self.ranks[np.memmap(self.folder / f"{name}.codes", np.dtype("<i4"), "r", shape=(self.rows,))[rows]]

    def counts(self) -> npt.NDArray[np.int32]:
        """Return the number of negatives of each row, shape (rows,)."""
        return np.memmap(self.folder / "negatives.codes", np.dtype("<i4"), "r", shape=(self.rows,))


def number_groups(files: RowFiles, output: Path) -> Ints:
    """Number the groups in the order in which they appear, and write each row's number.

    Args:
        files: The rows.
        output: An ``.npy`` file to write, shape (rows,), int32.

    Returns:
        Shape (groups,), the first row of each group.
    """
    digests = files.digests("group")
    buckets = Buckets(files.folder, "groups", files.rows)
    for start in range(0, files.rows, _AT_ONCE):
        part = digests[start : start + _AT_ONCE]
        buckets.add(part, np.arange(start, start + len(part)))
    group = np.lib.format.open_memmap(output, "w+", np.int32, (files.rows,))
    firsts, count = [], 0
    for new, rows in buckets:
        group[rows] = count + np.cumsum(new) - 1
        firsts.append(rows[new])
        count += int(new.sum())
    first = np.concatenate(firsts)
    order = np.argsort(first)
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    for start in range(0, files.rows, _AT_ONCE):
        group[start : start + _AT_ONCE] = rank[group[start : start + _AT_ONCE]]
    group.flush()
    return first[order]


def place_rows(files: RowFiles, group: Path, groups: int, languages: int, output: Path) -> Bools:
    """Write which row holds the question, and which the passage, of each group and language.

    The first row of a group and language counts; a later one counts, too, where its text is equal and it brings another
    language, as where one question has passages in several languages. Others are left out.

    Args:
        files: The rows.
        group: The file of :func:`number_groups`.
        groups: Number of groups.
        languages: Number of languages.
        output: A folder, for ``questions.npy`` and ``passages.npy``: shape (groups, languages), int32, -1 for none.

    Returns:
        Shape (rows,): which rows are left out.
    """
    numbers = np.lib.format.open_memmap(group, "r")
    tables = {
        name: np.lib.format.open_memmap(output / f"{name}.npy", "w+", np.int32, (groups, languages))
        for name in ("questions", "passages")
    }
    for table in tables.values():
        table[:] = -1
    left_out = np.zeros(files.rows, bool)
    for start in range(0, files.rows, _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, files.rows))
        cells = {}
        for name, code in (("questions", "language"), ("passages", "passage_language")):
            cell = numbers[rows].astype(np.int64) * languages + files.languages(code, rows)
            flat = tables[name].reshape(-1)
            holder = flat[cell].astype(np.int64)
            _, first, inverse = np.unique(cell, return_index=True, return_inverse=True)
            holder = np.where(holder < 0, rows[first][inverse.reshape(-1)], holder)
            digests = files.digests(name[:-1])
            left_out[rows] |= (digests[holder] != digests[rows]).any(axis=1)
            cells[name] = (flat, cell, holder == rows)
        left_out[rows] |= ~np.any([holds for _, _, holds in cells.values()], axis=0)
        for flat, cell, holds in cells.values():
            holds &= ~left_out[rows]
            flat[cell[holds]] = rows[holds]
    for table in tables.values():
        table.flush()
    return left_out


def shared_answers(files: RowFiles, group: Path, groups: int, left_out: Bools) -> Ints | None:
    """Number the answers: groups that share a passage or a question share one, along whole chains of groups.

    Returns:
        Shape (groups,); None if all differ.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = [pair for name in ("passage", "question") for pair in _shared(files, name, group, left_out)]
    if not edges:
        return None
    ones, others = (np.concatenate(side) for side in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(ones), np.int8), (ones, others)), shape=(groups, groups))
    _, answers = connected_components(graph.tocsr(), directed=False)
    return answers.astype(np.int64)


def _shared(files: RowFiles, name: str, group: Path, left_out: Bools) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of groups that have an equal text."""
    for new, groups in _bucketed(files, name, group, left_out):
        same = ~new[1:] & (groups[1:] != groups[:-1])
        if same.any():
            yield groups[:-1][same], groups[1:][same]


def _bucketed(files: RowFiles, name: str, group: Path, left_out: Bools) -> Buckets:
    digests, numbers = files.digests(name), np.lib.format.open_memmap(group, "r")
    buckets = Buckets(files.folder, f"{name}s", files.rows)
    for start in range(0, files.rows, _AT_ONCE):
        kept = np.flatnonzero(~left_out[start : start + _AT_ONCE]) + start
        buckets.add(digests[kept], numbers[kept].astype(np.int64))
    return buckets


def answers_of_negatives(files: RowFiles, group: Path, answers: Ints | None, left_out: Bools, output: Path) -> None:
    """Write the answer that each negative is; -1 for what is nobody's passage.

    Args:
        files: The rows.
        group: The file of :func:`number_groups`.
        answers: Shape (groups,), the groups' answers; None if they are the groups.
        left_out: Shape (rows,), rows that do not count.
        output: An ``.npy`` file to write, shape (negatives,), int32.
    """
    result = np.lib.format.open_memmap(output, "w+", np.int32, (files.negatives,))
    result[:] = -1
    # negatives are numbered below zero, so that in each run of equal digests they stand before the passages' groups
    digests, numbers = files.digests("passage"), np.lib.format.open_memmap(group, "r")
    buckets = Buckets(files.folder, "negatives", files.rows + files.negatives)
    for start in range(0, files.rows, _AT_ONCE):
        kept = np.flatnonzero(~left_out[start : start + _AT_ONCE]) + start
        buckets.add(digests[kept], numbers[kept].astype(np.int64))
    negatives = files.digests("negative")
    for start in range(0, files.negatives, _AT_ONCE):
        part = negatives[start : start + _AT_ONCE]
        buckets.add(part, -1 - np.arange(start, start + len(part)))
    for new, records in buckets:
        run = np.cumsum(new) - 1
        passages = records >= 0
        known = np.full(int(run[-1]) + 1, -1, np.int64)
        known[run[passages]] = records[passages] if answers is None else answers[records[passages]]
        result[-1 - records[~passages]] = known[run[~passages]]
    result.flush()
