"""Buckets: numbered digests on disk, split so that each part fits into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Bools, Ints

_RECORDS = 2**20  # a bucket holds about as many
_RECORD = np.dtype([("high", "<u8"), ("low", "<u8"), ("number", "<i8")])


class Buckets:
    """Numbered digests, read back bucket by bucket; equal digests are in one bucket.

    Args:
        folder: Where the buckets' files are put; it must exist.
        name: What they are called.
        count: How many records are expected: decides the number of buckets.
    """

    def __init__(self, folder: Path, name: str, count: int) -> None:
        self._shift = np.uint64(64 - max(0, int(np.ceil(np.log2(max(1, count / _RECORDS))))))
        self._paths = [folder / f"{name}-{number:05d}.bin" for number in range(1 << int(64 - self._shift))]

    def add(self, digests: npt.NDArray[np.uint64], numbers: Ints) -> None:
        """Add records.

        Args:
            digests: Shape (n, 2).
            numbers: Shape (n,).
        """
        records = np.empty(len(numbers), _RECORD)
        records["high"], records["low"], records["number"] = digests[:, 0], digests[:, 1], numbers
        if len(self._paths) == 1:
            self._append(0, records)
            return
        place = (records["high"] >> self._shift).astype(np.int64)
        order = np.argsort(place, kind="stable")
        edges = np.searchsorted(place[order], np.arange(len(self._paths) + 1))
        for number in np.flatnonzero(np.diff(edges)).tolist():
            self._append(number, records[order[edges[number] : edges[number + 1]]])

    def _append(self, number: int, records: npt.NDArray[np.void]) -> None:
        with self._paths[number].open("ab") as file:
            records.tofile(file)

    def __iter__(self) -> Iterator[tuple[Bools, Ints]]:
        """Yield each bucket's numbers, ordered by digest and number, and which begin a new digest; removes its file."""
        for path in self._paths:
            if not path.exists():
                continue
            records = np.fromfile(path, _RECORD)
            records = records[np.argsort(records["high"], kind="stable")]
            if not _is_ordered(records):
                records = records[np.lexsort((records["number"], records["low"], records["high"]))]
            new = np.ones(len(records), bool)
            new[1:] = (records["high"][1:] != records["high"][:-1]) | (records["low"][1:] != records["low"][:-1])
            path.unlink()
            yield new, records["number"].astype(np.int64)


def _is_ordered(records: npt.NDArray[np.void]) -> bool:
    """Return whether records in the order of their first halves are ordered: numbers mostly came in order."""
    same = np.flatnonzero(records["high"][1:] == records["high"][:-1])
    one, other = records[same], records[same + 1]
    return bool(((one["low"] == other["low"]) & (one["number"] <= other["number"])).all())
