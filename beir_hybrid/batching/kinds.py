"""BatchKind: which pairs of languages one batch may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from beir_hybrid.arrays import Bools


@dataclass(frozen=True)
class BatchKind:
    """A kind of batch: which (question language, passage language) pairs it may hold, and how they are drawn.

    Args:
        name: Name in logs, summaries and model cards.
        per: ``batch`` if one pair is drawn for the whole batch, ``example`` if each example draws its own.
        same: Whether pairs of a language with itself are allowed.
        different: Whether pairs of two languages are allowed.
        language: The only language allowed on both sides; None for any.
    """

    name: str
    per: Literal["batch", "example"]
    same: bool = False
    different: bool = False
    language: str | None = None

    def allowed(self, languages: tuple[str, ...]) -> Bools:
        """Return the allowed pairs, shape (languages, languages), question by passage language."""
        diagonal = np.eye(len(languages), dtype=bool)
        pairs = (diagonal & self.same) | (~diagonal & self.different)
        if self.language is not None:
            chosen = np.array([code == self.language for code in languages], dtype=bool)
            pairs &= chosen[:, None] & chosen[None, :]
        return pairs


MONO = BatchKind("x-x-mono", per="batch", same=True)
"""One language for all questions and passages of the batch (Elmahdy et al., arXiv:2408.10536)."""

CROSS = BatchKind("x-y", per="example", different=True)
"""Question and passage in different languages in every example, many pairs in a batch (Elmahdy et al.)."""

ONE_PAIR = BatchKind("single-pair", per="batch", different=True)
"""One ordered pair of different languages for the whole batch."""

MIXED = BatchKind("x-x", per="example", same=True)
"""Question and passage of every example in one language, languages mixed in the batch (LAReQA, arXiv:2004.05484)."""

ANY = BatchKind("random", per="example", same=True, different=True)
"""Any languages, equal ones included: the usual multilingual fine-tuning."""
