"""Lengths: how long the texts of examples are, for batches of like lengths."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.texts import Buckets


@dataclass(frozen=True, eq=False)
class Lengths:
    """How long questions and passages are, by row and in buckets; measured when they are first asked for.

    Args:
        measure: Returns the buckets of the rows' questions and passages, each of shape (rows,).
        questions: Shape (groups, languages), the row with a group's question; negative where there is none. None if
            rows are those of a dataset, each of which is one example.
        passages: Shape (groups, languages), the row with its passage; None likewise.
    """

    measure: Callable[[], tuple[Buckets, Buckets]]
    questions: npt.NDArray[np.integer] | None = None
    passages: npt.NDArray[np.integer] | None = None

    @cached_property
    def rows(self) -> tuple[Buckets, Buckets]:
        """The buckets of the rows' questions and passages."""
        return self.measure()

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the buckets, shortened to 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for buckets in self.rows:
            digest.update(np.ascontiguousarray(buckets).data)
        return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class LanguageScale:
    """What is usual for a language, against which the lengths of its texts are seen.

    A passage of 90 tokens is long in one language and short in another. Put together by lengths as such, the batches of
    examples of several languages would each have a language of their own.

    Args:
        questions: Shape (languages,), subtracted from buckets of questions.
        passages: Shape (languages,), subtracted from buckets of passages.
    """

    questions: Floats32
    passages: Floats32

    @classmethod
    def of(cls, places: tuple[Ints, Ints], buckets: tuple[Buckets, Buckets], languages: int) -> LanguageScale:
        """Take the mean of each language's buckets.

        Questions are put halfway towards the passages, which are longer as a rule: so short ones weigh less than they
        would on a scale of their own, and more than beside passages.

        Args:
            places: The languages' numbers of some questions and passages, each of shape (n,).
            buckets: Their buckets, each of shape (n,).
            languages: Number of languages.
        """
        means = []
        for place, bucket in zip(places, buckets, strict=True):
            count = np.bincount(place, minlength=languages)
            total = np.bincount(place, weights=bucket.astype(np.float64), minlength=languages)
            means.append(np.divide(total, count, out=np.full(languages, bucket.mean()), where=count > 0))
        halfway = (means[1].mean() - means[0].mean()) / 2
        return cls((means[0] + halfway).astype(np.float32), means[1].astype(np.float32))
