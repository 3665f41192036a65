"""Removal: what a fitted debiasing takes off the vectors of each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.evaluation.encoding.conversion import normalised
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vectors import StoredVectors, Vectors
from beir_hybrid.prompts import Role


@dataclass(frozen=True, eq=False)
class Removal:
    """What is taken off vectors: ``x - a (offset + D^T D x)`` with the offset and the directions D of its language.

    Of a model that is compared by cosine, vectors have length 1 before and after. Those of other languages stay.

    Args:
        languages: Codes of the languages that something is taken off.
        offsets: Shape (languages, dimensions).
        directions: Shape (languages, directions, dimensions); orthonormal in each language, there may be none.
        strength: The factor a.
        roles: Whose vectors are changed: ``query``, ``document`` or both.
        normalise: Whether vectors are brought to length 1 afterwards.

    Examples:
        >>> none = np.empty((1, 0, 2), np.float32)
        >>> removal = Removal(("de",), np.array([[0.0, 1.0]], np.float32), none, strength=0.5, normalise=False)
        >>> removal.apply(np.array([[3.0, 4.0]], np.float32), "de").tolist()
        [[3.0, 3.5]]
    """

    languages: tuple[str, ...]
    offsets: Floats32
    directions: Floats32
    strength: float = 1.0
    roles: tuple[Role, ...] = ("query", "document")
    normalise: bool = True

    def apply(self, vectors: Any, language: str, role: Role = "document") -> Floats32:
        """Take it off vectors of a language.

        Args:
            vectors: Shape (n, dimensions).
            language: Its code.
            role: What they are of.

        Returns:
            Shape (n, dimensions); the same vectors for a language or role that is left as it is.
        """
        rows: Floats32 = np.asarray(vectors, np.float32)
        if not self.strength or role not in self.roles or language not in self.languages or not len(rows):
            return rows
        place = self.languages.index(language)
        away = self.offsets[place] + (rows @ self.directions[place].T) @ self.directions[place]
        kept = rows - np.float32(self.strength) * away
        changed: Floats32 = normalised(kept) if self.normalise else kept
        return changed

    def embeddings(self, given: Embeddings) -> Embeddings:
        """Take it off the vectors of a collection; those on disk stay there and are changed as they are read."""
        return Embeddings(self._of(given.queries, "query"), self._of(given.passages, "document"))

    def _of(self, vectors: Mapping[str, Vectors], role: Role) -> dict[str, Vectors]:
        return {
            language: _Changed(rows, self, language, role)
            if isinstance(rows, StoredVectors)
            else self.apply(rows, language, role)
            for language, rows in vectors.items()
        }


class _Changed(StoredVectors):
    """Stored vectors from which something is taken as they are read."""

    def __init__(self, given: StoredVectors, removal: Removal, language: str, role: Role) -> None:
        super().__init__(given._store, given._rows)
        self._change = removal, language, role

    def at(self, rows: Any) -> StoredVectors:
        return _Changed(super().at(rows), *self._change)

    def __getitem__(self, index: Any) -> Floats32:
        removal, language, role = self._change
        rows = super().__getitem__(index)
        return removal.apply(rows.reshape(-1, rows.shape[-1]), language, role).reshape(rows.shape)
