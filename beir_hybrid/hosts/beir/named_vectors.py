"""NamedVectors: what a script's model encoded, by the ids of queries and documents."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from beir_hybrid.errors import ModelError
from beir_hybrid.evaluation.encoding.cache import CachedStore
from beir_hybrid.evaluation.encoding.conversion import as_rows, normalised
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.encoding.vectors import Keys, StoredVectors, Vectors, VectorStore, keys_of
from beir_hybrid.evaluation.search.scores import Rows, lengths

IN_MEMORY = 1 << 30
"""Bytes of vectors of one role, queries or passages, that are kept in memory; more go to a temporary folder."""

_SPARE = 1.25  # free space wanted there, as a multiple of what is written


class NamedVectors:
    """Vectors in the order of ids.

    Args:
        ids: Of queries or documents.
        vectors: Shape (ids, dimensions); indexed by numbers or slices, they give arrays, or sparse rows.
    """

    def __init__(self, ids: Sequence[str], vectors: StoredVectors | SparseRows) -> None:
        self.ids = ids
        self.vectors = vectors

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors, in memory or on disk."""
        if isinstance(self.vectors, SparseRows):
            return 8 * int(self.vectors.matrix.nnz)
        return 4 * self.vectors.shape[0] * self.vectors.shape[1]

    def places(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the place of each id that is there, in the order of places."""
        wanted = set(ids)
        return {identifier: place for place, identifier in enumerate(self.ids) if identifier in wanted}

    def take(self, places: Sequence[int]) -> Vectors:
        """Gather vectors by their places; of what fills more than :data:`IN_MEMORY`, a view of them."""
        if isinstance(self.vectors, StoredVectors) and self.nbytes > IN_MEMORY:
            return self.vectors.at(places)
        return self.vectors[places]


class VectorKeeper:
    """Keeps vectors by a text that stands for each, in memory or in a temporary folder.

    Args:
        noun: What they are of, for messages.
        count: How many are expected.
        normalize: Whether they are kept with length 1, for cosine similarity.

    Attributes:
        dtypes: Number formats in which the vectors came.
        uneven: Whether any came with a length other than 1.
    """

    def __init__(self, noun: str, count: int, normalize: bool) -> None:
        self.noun = noun
        self.count = count
        self.normalize = normalize
        self.dtypes: set[str] = set()
        self.uneven = False
        self._store: VectorStore | None = None

    @property
    def coarse(self) -> bool:
        """Whether any came in half precision."""
        return bool(self.dtypes - {"float32", "float64"})

    def keep(self, texts: Sequence[str], vectors: Any) -> None:
        """Keep a copy of vectors.

        Args:
            texts: A text for each.
            vectors: As a model returned them.

        Raises:
            DataFormatError: If they are no vectors that can be scored.
            ModelError: If they are not one for each text, or there is no room for them.
        """
        rows = as_rows(vectors, self.noun)
        if len(rows) != len(texts):
            raise ModelError(f"The model returned {len(rows):,} vectors for {len(texts):,} {self.noun}.")
        self.dtypes.add(str(getattr(vectors, "dtype", rows.dtype)).removeprefix("torch."))
        self.uneven = self.uneven or bool((np.abs(lengths(rows) - 1) > 1e-2).any())
        if self.normalize:
            self.add(keys_of(texts), normalised(rows))
        else:
            self.add(keys_of(texts), rows if isinstance(rows, SparseRows) else rows[:].copy())

    def add(self, keys: Keys, vectors: Rows) -> None:
        """Keep float32 vectors by their keys, not copied."""
        if self._store is None:
            self._store = VectorStore(vectors.shape[1]) if isinstance(vectors, SparseRows) else self._room(vectors)
        if vectors.shape[1] != self._store.dimensions:
            raise ModelError(
                f"The vectors of {self.noun} have {vectors.shape[1]} or {self._store.dimensions} dimensions."
            )
        self._store.commit(keys, vectors)

    def named(self, ids: Sequence[str], texts: Iterable[str]) -> NamedVectors:
        """Put vectors into the order of ids.

        Args:
            ids: The ids.
            texts: The text that stands for each.

        Raises:
            ModelError: If one is lacking.
        """
        store = self._store or VectorStore(0)
        rows = store.find(keys_of(texts))
        if missing := int((rows < 0).sum()):
            raise ModelError(f"Of {missing:,} of the {len(ids):,} {self.noun} no vector was seen.")
        return NamedVectors(ids, store.take(rows) if store.sparse else StoredVectors(store, rows))

    def _room(self, vectors: Rows) -> VectorStore:
        """Make room for all vectors of the first ones' dimensions."""
        size = 4 * self.count * vectors.shape[1]
        if size <= IN_MEMORY:
            return VectorStore(vectors.shape[1])
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if free < _SPARE * size:
            raise ModelError(
                f"The vectors of {self.count:,} {self.noun} take {size / 2**30:.1f} GiB, and {folder} has "
                f"{free / 2**30:.1f} GiB free."
            )
        return _TemporaryStore(vectors.shape[1])


class _TemporaryStore(CachedStore):
    """Vectors in a temporary folder, which is removed when nobody needs them any more."""

    def __init__(self, dimensions: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix="beir-hybrid-vectors-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        super().__init__(folder, dimensions)
