"""Pairs from a JSON Lines file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from beir_hybrid.datasets.rows import read_rows
from beir_hybrid.errors import DataFormatError, MissingDataError, shorten
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs


def read_pairs(path: Path) -> ParallelPairs:
    """Read pairs, one JSON object a line.

    Each has the strings ``group``, ``language``, ``question`` and ``passage``, and may have ``negatives``, a list of
    strings in the same language that do not answer the question.

    Args:
        path: The file.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If a line is no such object; the message names file and line.
    """
    if not path.is_file():
        raise MissingDataError(f"There is no file {path}.", "Give a .jsonl or .arrow file of pairs.")
    return ParallelPairs.from_pairs(path.stem, _read(path))


def _read(path: Path) -> Iterator[Pair]:
    columns = ParallelPairs.COLUMNS
    for number, row in read_rows(path, columns, f"Give the strings {', '.join(columns)}."):
        negatives = row.get("negatives") or []
        if not isinstance(negatives, list) or not all(isinstance(text, str) for text in negatives):
            raise DataFormatError(f"{path}:{number}: negatives are {shorten(negatives)}.", "Give a list of strings.")
        yield Pair(row["group"], row["language"], row["question"], row["passage"], tuple(negatives))
