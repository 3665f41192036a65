"""Embeddings: the vectors of a collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation.encoding.conversion import as_rows, check_alike
from beir_hybrid.evaluation.encoding.vectors import Vectors


@dataclass(frozen=True, eq=False)
class Embeddings:
    """The vectors of a collection, whose inner products are the scores.

    They can be in any form that :func:`~.conversion.as_rows` takes, such as arrays, memory maps, PyTorch tensors or
    SciPy's sparse matrices. The vectors of a language are then an array of float32, or, of a sparse encoder, a
    :class:`~.sparse_rows.SparseRows`, or, where a cache holds more than fits in memory, a
    :class:`~.vectors.StoredVectors`; the last two are sliced and indexed by rows as arrays are.

    Attributes:
        queries: Shape (queries of the language, dimensions) by language, in the collection's order.
        passages: Shape (passages of the language, dimensions) by language, in the collection's order.

    Raises:
        DataFormatError: If they are no rows of real numbers of one dimension, or one of them is not finite or so large
            that scores would not be.

    Examples:
        >>> Embeddings({"en": [[1, 0]]}, {"en": [[0.5, float("nan")]]})
        Traceback (most recent call last):
        beir_hybrid.errors.DataFormatError: The vectors of passages in en cannot be scored: row 0 is not finite...
    """

    queries: Mapping[str, Vectors]
    passages: Mapping[str, Vectors]

    def __post_init__(self) -> None:
        given = {"queries": self.queries, "passages": self.passages}
        for part, of_languages in given.items():
            if not isinstance(of_languages, Mapping):
                raise DataFormatError(
                    f"The vectors of {part} are of type {type(of_languages).__name__}.",
                    'Pass them by language: {"en": vectors}',
                )
        rows = check_alike(
            {
                f"{part} in {language}": as_rows(vectors, f"{part} in {language}")
                for part, of_languages in given.items()
                for language, vectors in of_languages.items()
            }
        )
        for part, of_languages in given.items():
            object.__setattr__(self, part, {language: rows[f"{part} in {language}"] for language in of_languages})

    @property
    def dimensions(self) -> int:
        """Number of dimensions of every vector; 0 if there is none."""
        return max((rows.shape[1] for rows in (*self.queries.values(), *self.passages.values())), default=0)
