"""Vectors as they come in, from users, models and files: converted and checked once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Bools
from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.encoding.vectors import StoredVectors, Vectors
from beir_hybrid.evaluation.search.scores import Rows, lengths

_LONGEST = float(np.sqrt(np.finfo(np.float32).max))
"""Length up to which no inner product of two vectors leaves the range of float32."""

_CHECKED = 2**22  # numbers checked at a time: a mapped file stays out of memory


def as_rows(vectors: Any, name: str) -> Vectors:
    """Convert vectors of any origin: arrays and tensors of any number format, lists of them, sparse matrices.

    Args:
        vectors: Shape (n, dimensions): an array or memory map, a PyTorch tensor, dense or sparse, on any device, a
            sparse matrix of SciPy, a list of rows, or what :func:`~.encode.encode` returns. Float32 is not copied;
            other numbers are converted in memory.
        name: What messages call them, such as ``queries in en``.

    Returns:
        Float32 numbers that are finite and whose inner products are, too.

    Raises:
        DataFormatError: If they are no rows of real numbers, or one of them cannot be scored.
    """
    if isinstance(vectors, StoredVectors):  # checked when it was encoded
        return vectors
    rows = _converted(vectors, name)
    wrong = first_unusable(rows)
    if wrong is not None:
        raise DataFormatError(
            f"The vectors of {name} cannot be scored: row {wrong:,} {fault(rows, wrong)}.",
            "Encode that text again, in float32 or bfloat16, or divide all vectors by one number.",
        )
    return rows


def check_alike(vectors: Mapping[str, Vectors]) -> dict[str, Vectors]:
    """Refuse vectors of different dimensions, or some that are sparse and others that are not.

    Args:
        vectors: By what messages call them.

    Returns:
        The same, where those that hold nothing have the others' dimensions.

    Raises:
        DataFormatError: If they differ.
    """
    there = {name: rows for name, rows in vectors.items() if len(rows)}
    if not there:
        return dict(vectors)
    (first, model), *_ = there.items()
    sparse, dimensions = isinstance(model, SparseRows), model.shape[1]
    for name, rows in there.items():
        if rows.shape[1] != dimensions:
            raise DataFormatError(
                f"The vectors of {first} have {dimensions} dimensions, the vectors of {name} {rows.shape[1]}.",
                "Encode all with one model.",
            )
        if isinstance(rows, SparseRows) is not sparse:
            raise DataFormatError(
                f"Of the vectors of {first} and {name}, some are sparse and others are not.",
                "Encode all with one model.",
            )
    if not dimensions:
        raise DataFormatError(f"The vectors of {first} have no dimensions.", "Check the model.")
    nothing: Vectors = SparseRows(np.empty((0, dimensions))) if sparse else np.empty((0, dimensions), np.float32)
    return {name: there.get(name, nothing) for name in vectors}


def first_unusable(rows: Rows) -> int | None:
    """Find the first vector that holds a number that is not finite, or is so long that scores would not be.

    Returns:
        Its row; None if all can be scored.
    """
    for start, block in _blocks(rows):
        good = usable(block)
        if not good.all():
            return start + int(np.argmin(good))
    return None


def fault(rows: Rows, row: int) -> str:
    """Describe what is wrong with a vector that cannot be scored."""
    vector = rows[row : row + 1]
    numbers = vector.matrix.data if isinstance(vector, SparseRows) else vector[0]
    if not np.isfinite(numbers).all():
        return "is not finite"
    return f"has numbers up to {np.abs(numbers).max():.3g}, whose products exceed float32"


def usable(rows: Rows) -> Bools:
    """Return, shape (n,), which vectors hold finite numbers only, none so large that scores would not be finite."""
    return lengths(rows) <= _LONGEST  # a length is no number, or infinite, where a number is


def normalised(rows: Rows) -> Rows:
    """Divide each vector by its length; zeros stay zeros, as in PyTorch."""
    if isinstance(rows, SparseRows):
        return rows.normalised()
    with np.errstate(invalid="ignore"):  # infinite numbers are reported elsewhere
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))


def as_array(vectors: Any) -> npt.NDArray[Any]:
    """Convert what a model returns to an array: a tensor of any kind but sparse, an array, or a list of either."""
    if isinstance(vectors, list | tuple) and len(vectors) and hasattr(vectors[0], "detach"):
        vectors = [as_array(vector) for vector in vectors]
    if hasattr(vectors, "detach"):  # a tensor of PyTorch, which is not imported for others
        vectors = vectors.detach().cpu()
        vectors = (vectors.float() if vectors.is_floating_point() else vectors).numpy()
    return np.asarray(vectors)


def from_sparse(tensor: Any) -> SparseRows:
    """Convert a sparse tensor of PyTorch, shape (n, dimensions); an empty one may have no dimensions."""
    from scipy.sparse import coo_array

    if tensor.ndim == 1 and not len(tensor):
        return SparseRows(np.empty((0, 0), np.float32))
    entries = tensor.detach().to_sparse().coalesce().cpu()
    places = tuple(entries.indices().int().numpy())
    return SparseRows(coo_array((entries.values().float().numpy(), places), shape=tuple(entries.shape)))


def _converted(vectors: Any, name: str) -> Rows:
    if isinstance(vectors, SparseRows):
        return vectors
    if hasattr(vectors, "detach") and str(vectors.layout) != "torch.strided":
        return from_sparse(vectors)
    if callable(getattr(vectors, "tocsr", None)):
        return SparseRows(_real(vectors.tocsr(), name))
    try:
        array = as_array(vectors)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of several lengths, tensors without numbers
        raise DataFormatError(
            f"The vectors of {name} are no rows of numbers: {' '.join(str(error).split())[:80]}.",
            "Pass an array of shape (texts, dimensions).",
        ) from error
    if array.shape == (0,):
        array = array.reshape(0, 0)
    if array.ndim != 2:
        raise DataFormatError(
            f"The vectors of {name} have the shape {array.shape}.", "Pass an array of shape (texts, dimensions)."
        )
    array = _real(array, name)
    with np.errstate(over="ignore"):  # what becomes infinite is array
        return array if array.dtype == np.float32 else array.astype(np.float32)


def _real(array: Any, name: str) -> Any:
    if array.dtype.kind not in "fiub":
        raise DataFormatError(
            f"The vectors of {name} are of type {array.dtype}.", "Pass real numbers, such as float32 or float16."
        )
    return array


def _blocks(rows: Rows) -> Iterator[tuple[int, Rows]]:
    step = max(1, _CHECKED // max(1, rows.shape[1])) if isinstance(rows, np.ndarray) else max(1, len(rows))
    for start in range(0, len(rows), step):
        yield start, rows[start : start + step]
