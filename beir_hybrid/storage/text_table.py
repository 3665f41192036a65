"""TextTable: the texts wanted of a large collection, by id, in a temporary file."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from beir_hybrid.arrays import Bools, Ints


class TextTable:
    """Texts by number, of which 20 bytes each are in memory and the rest in a temporary file.

    Args:
        wanted: Shape (n,), the numbers whose texts are kept, in any order and repeated or not: ids that are numbers, or
            :func:`number_ids`.

    Examples:
        >>> table = TextTable(np.array([3, 1]))
        >>> table.add(np.array([1, 2]), pa.array([b"one", b"two"]))
        >>> table.take(np.array([1, 3])).to_pylist()
        ['one', None]
    """

    def __init__(self, wanted: Ints) -> None:
        self._numbers = np.unique(wanted)
        self._starts = np.full(len(self._numbers), -1, np.int64)
        self._sizes = np.zeros(len(self._numbers), np.int32)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._end = 0

    def add(self, numbers: Ints, texts: pa.BinaryArray) -> None:
        """Keep those texts that are wanted and not there yet.

        Args:
            numbers: Shape (n,).
            texts: Shape (n,), in UTF-8.
        """
        places, known = self._places(numbers)
        rows = np.flatnonzero(known)
        places, first = np.unique(places[rows], return_index=True)
        new = self._starts[places] < 0
        places, rows = places[new], rows[first[new]]
        kept = texts.take(pa.array(rows))
        sizes = np.asarray(pc.fill_null(pc.binary_length(kept), 0))
        self._starts[places] = self._end + np.cumsum(sizes) - sizes
        self._sizes[places] = sizes
        self._file.seek(self._end)
        self._file.write(b"".join(filter(None, kept.to_pylist())))
        self._end += int(sizes.sum())

    def take(self, numbers: Ints) -> pa.StringArray:
        """Look up texts; null where there is none, or none in UTF-8.

        Args:
            numbers: Shape (n,).
        """
        places, known = self._places(numbers)
        places = np.where(known, places, -1)
        unique, inverse = np.unique(places, return_inverse=True)
        texts = np.full(len(unique), None, object)
        starts = np.where(unique < 0, -1, self._starts[unique] if len(self._starts) else -1)
        for row in np.argsort(starts).tolist():  # in the file's order
            if starts[row] >= 0:
                self._file.seek(int(starts[row]))
                texts[row] = _decode(self._file.read(int(self._sizes[unique[row]])))
        return pa.array(texts[inverse.reshape(-1)].tolist(), pa.string())

    def _places(self, numbers: Ints) -> tuple[Ints, Bools]:
        """Return where numbers stand among those wanted, and which of them are wanted."""
        places = np.searchsorted(self._numbers, numbers)
        places[places == len(self._numbers)] = 0
        wanted = self._numbers[places] == numbers if len(self._numbers) else np.zeros(len(numbers), bool)
        return places, wanted


def number_ids(ids: Iterable[str]) -> Ints:
    """Return 64 bits of each id; among ten million ids, two that differ are taken for one once in 400,000 times.

    Examples:
        >>> number_ids(["12#0", "12#1", "12#0"]).tolist()
        [9170334623808476715, -302735354555851851, 9170334623808476715]
    """
    digests = [xxh3_64_intdigest(identifier.encode("utf-8", "surrogatepass")) for identifier in ids]
    return np.array(digests, np.uint64).view(np.int64)


def _decode(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None
