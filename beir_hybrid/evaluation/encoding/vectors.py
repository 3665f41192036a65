"""Vectors by the text they stand for, and in the order of a collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.scores import Rows, stack

Keys = npt.NDArray[np.uint64]

READ_ROWS = 1024  # read at once by an iteration


def keys_of(texts: Iterable[str]) -> Keys:
    """Hash texts to keys.

    Args:
        texts: Any texts, read once.

    Returns:
        Shape (texts, 2): 128 bits of BLAKE2b each.

    Examples:
        >>> one, two, again = keys_of(["one", "two", "one"]).tolist()
        >>> one == again, one == two
        (True, False)
    """
    # a lone surrogate, as JSON may hold, is no reason to stop
    digests = (blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts)
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)


class KeyIndex:
    """Row numbers by key, at 24 bytes a row: sorted runs, merged as they get alike in size."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Ints]] = []

    def add(self, keys: Keys, first_row: int) -> None:
        """Number the keys from ``first_row`` on."""
        run = keys, np.arange(first_row, first_row + len(keys), dtype=np.int64)
        while self._runs and len(self._runs[-1][1]) < 2 * len(run[1]):
            earlier = self._runs.pop()
            run = np.concatenate([earlier[0], run[0]]), np.concatenate([earlier[1], run[1]])
        order = np.argsort(run[0][:, 0], kind="stable")
        self._runs.append((run[0][order], run[1][order]))

    def find(self, keys: Keys) -> Ints:
        """Look up keys: shape (keys,), -1 where there is none."""
        rows = np.full(len(keys), -1, np.int64)
        for known, numbers in self._runs:
            open_ = np.flatnonzero(rows < 0)
            places = np.searchsorted(known[:, 0], keys[open_, 0])
            while len(open_):  # more than once only where keys share their first half
                inside = places < len(known)
                inside[inside] = known[places[inside], 0] == keys[open_[inside], 0]
                open_, places = open_[inside], places[inside]
                same = known[places, 1] == keys[open_, 1]
                rows[open_[same]] = numbers[places[same]]
                open_, places = open_[~same], places[~same] + 1
        return rows


class VectorStore:
    """Vectors by key, in memory.

    Args:
        dimensions: Of each vector; None if the first ones decide.
    """

    def __init__(self, dimensions: int | None = None) -> None:
        self.dimensions = dimensions
        self._index = KeyIndex()
        self._parts: list[Rows] = []
        self._starts = np.zeros(1, np.int64)  # each part's first row, and the next part's

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def sparse(self) -> bool:
        """Whether sparse rows are stored."""
        return bool(self._parts) and isinstance(self._parts[0], SparseRows)

    def find(self, keys: Keys) -> Ints:
        """Look up the rows of keys: shape (keys,), -1 where there is no vector."""
        return self._index.find(keys)

    def secure(self, keys: Keys, vectors: Rows) -> None:
        """Make vectors outlive the process, if the store can; they are committed later, with others."""

    def commit(self, keys: Keys, vectors: Rows) -> None:
        """Store vectors for good.

        Args:
            keys: Shape (n, 2), of :func:`keys_of`.
            vectors: Shape (n, dimensions); all are sparse rows or none.
        """
        self._append(keys, vectors)

    def take(self, rows: Ints) -> Any:
        """Gather vectors.

        Args:
            rows: Shape (n,), row numbers that :meth:`find` returned.

        Returns:
            Shape (n, dimensions), a new array, or sparse rows if such were stored.
        """
        if self.sparse:
            self._parts = [stack(self._parts)]
            self._starts = self._starts[[0, -1]]
            return self._parts[0][rows]
        parts = np.searchsorted(self._starts, rows, side="right") - 1
        numbers = np.unique(parts)
        if len(numbers) == 1:  # without a second copy
            return self._parts[numbers[0]][rows - self._starts[numbers[0]]]
        vectors = np.empty((len(rows), self.dimensions or 0), np.float32)
        for number in numbers:
            here = np.flatnonzero(parts == number)
            vectors[here] = self._parts[number][rows[here] - self._starts[number]]
        return vectors

    def _append(self, keys: Keys, vectors: Rows) -> None:
        self.dimensions = vectors.shape[1] if self.dimensions is None else self.dimensions
        self._index.add(keys, len(self))
        self._append_part(vectors)

    def _append_part(self, vectors: Any) -> None:
        self._parts.append(vectors)
        self._starts = np.append(self._starts, len(self) + len(vectors))


class StoredVectors:
    """Vectors of a :class:`VectorStore` in an order of one's own, read when they are indexed.

    It is indexed by rows as an array is, with a number, a slice, numbers or a mask, and returns arrays in memory.

    Args:
        store: Where the vectors are.
        rows: Shape (n,), the store's row of each vector.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, store: VectorStore, rows: Ints) -> None:
        self._store = store
        self._rows = rows

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vectors and of dimensions."""
        return len(self._rows), self._store.dimensions or 0

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int | slice | Sequence[int] | npt.NDArray[Any]) -> Floats32:
        rows = np.asarray(self._rows[index])
        return self._store.take(rows.reshape(-1)).reshape(*rows.shape, self.shape[1])

    def at(self, rows: Sequence[int] | Ints) -> StoredVectors:
        """Return a view of some vectors, which reads nothing yet."""
        return StoredVectors(self._store, self._rows[rows])

    def __iter__(self) -> Iterator[Floats32]:
        for start in range(0, len(self), READ_ROWS):
            yield from self[start : start + READ_ROWS]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False:
            raise ValueError("Stored vectors cannot become one array without a copy.")
        return self[:].astype(dtype or self.dtype, copy=False)

    def __repr__(self) -> str:
        return f"StoredVectors(shape={self.shape})"


Vectors = Floats32 | StoredVectors | SparseRows
"""The vectors of a language, shape (n, dimensions): an array, or one to be, or rows most of whose numbers are 0."""
