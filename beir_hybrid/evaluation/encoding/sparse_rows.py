"""SparseRows: vectors most of whose numbers are 0, as sparse encoders return them, scored without being filled up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats, Floats32, Ints

_PAIRS = 2**14  # scored at a time


class SparseRows:
    """Vectors of which only the numbers that are not 0 are kept: 8 bytes for each.

    It is indexed by rows as an array is, with a slice, numbers or a mask, and returns rows of its kind.

    Products are added up in float64 in the order of the dimensions, whichever rows are multiplied together, so that
    :meth:`products` and :meth:`paired` agree on the score of a query and a passage.

    Args:
        matrix: Shape (n, dimensions), whatever ``scipy.sparse.csr_array`` takes; converted to float32.

    Examples:
        >>> rows = SparseRows([[0, 2, 0], [1, 0, 3]])
        >>> rows.shape, rows.lengths().tolist()
        ((2, 3), [2.0, 3.1622776601683795])
        >>> rows.products(rows[1:]).tolist()
        [[0.0], [10.0]]
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, matrix: Any) -> None:
        from scipy.sparse import csr_array  # takes its time to import

        with np.errstate(over="ignore"):  # what becomes infinite is refused where vectors come in
            rows = csr_array(matrix, dtype=np.float32)
        if not rows.has_canonical_format:
            rows = rows.copy()  # the caller's own is not touched
            rows.sum_duplicates()  # sorts each row, too
        self.matrix = rows

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vectors and of dimensions."""
        rows, dimensions = self.matrix.shape
        return int(rows), int(dimensions)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Sequence[int] | npt.NDArray[Any]) -> SparseRows:
        return SparseRows(self.matrix[rows])

    def __repr__(self) -> str:
        return f"SparseRows(shape={self.shape}, kept={self.matrix.nnz})"

    def lengths(self) -> Floats:
        """Compute the vectors' Euclidean lengths, shape (n,)."""
        squares = self.matrix.astype(np.float64)
        squares.data **= 2
        return np.sqrt(squares.sum(axis=1))

    def normalised(self) -> SparseRows:
        """Divide each vector by its length; zeros stay zeros."""
        lengths = np.maximum(self.lengths().astype(np.float32), np.float32(1e-12))
        divided = self.matrix.copy()
        divided.data /= np.repeat(lengths, np.diff(divided.indptr))
        return SparseRows(divided)

    def products(self, others: SparseRows) -> Floats32:
        """Score each of these vectors with each of the others: inner products in float64, rounded to float32.

        Args:
            others: Vectors of as many dimensions.

        Returns:
            Shape (these, others).
        """
        return (self.matrix.astype(np.float64) @ others._turned).toarray().astype(np.float32)

    def paired(self, mine: Ints, others: SparseRows, theirs: Ints) -> Floats32:
        """Score pairs of one of these vectors and one of the others, as :meth:`products` does.

        Args:
            mine: Shape (pairs,), rows of these vectors.
            others: Vectors of as many dimensions.
            theirs: Shape (pairs,), rows of the others.

        Returns:
            Shape (pairs,).
        """
        scores = np.empty(len(mine), np.float32)
        for start in range(0, len(mine), _PAIRS):
            part = slice(start, start + _PAIRS)
            left, right = (rows.astype(np.float64) for rows in (self.matrix[mine[part]], others.matrix[theirs[part]]))
            scores[part] = left.multiply(right).sum(axis=1)
        return scores

    @classmethod
    def stack(cls, parts: Sequence[SparseRows]) -> SparseRows:
        """Put vectors of as many dimensions one after another; at least one part is needed."""
        from scipy.sparse import vstack

        return parts[0] if len(parts) == 1 else cls(vstack([part.matrix for part in parts], format="csr"))

    @cached_property
    def _turned(self) -> Any:
        """The vectors as columns, by dimension, in float64, in which products of float32 numbers are exact."""
        return self.matrix.astype(np.float64).T.tocsr()
