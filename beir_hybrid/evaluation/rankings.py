"""Rankings: the ranks of a setting's relevant passages, and the passages on top. Measures are computed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import ConfigurationError

Array = TypeVar("Array", bound=npt.NDArray[Any])


class _Arrays:
    """Arrays that cannot be written to: every measure reads the same ones, and must not change them for the others."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                object.__setattr__(self, name, _fixed(value.view()))


def _fixed(array: Array) -> Array:
    array.setflags(write=False)
    return array


def ratio(part: Floats | Ints, whole: Floats | Ints) -> Floats:
    """Divide where there is something to divide by; NaN where ``whole`` is 0."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


@dataclass(frozen=True, eq=False)
class Top(_Arrays):
    """The first passages of every query's ranking, ties ordered as in trec_eval.

    Attributes:
        passage: Shape (queries, depth), passage numbers, the same in every setting; -1 where fewer were retrieved.
        language: Shape (queries, depth), numbers of the passages' languages in the setting's ``languages``; -1 where
            there is no passage.
        grade: Shape (queries, depth), relevance grades; 0 for passages that are judged not relevant, that nobody
            judged, or that are not there.
    """

    passage: Ints
    language: Ints
    grade: Ints

    def cut(self, depth: int) -> Top:
        """Keep the first passages only."""
        return Top(self.passage[:, :depth], self.language[:, :depth], self.grade[:, :depth])


@dataclass(frozen=True, eq=False)
class Translation(_Arrays):
    """What the translations of a setting's queries into one other language retrieve.

    Attributes:
        query: Shape (n,), numbers of the setting's queries that have such a translation.
        passage: Shape (n, depth), the passages on top of the translations' rankings, as in :class:`Top`.
        scores: Takes passage numbers, shape (n, m) and -1 for none, and returns their scores for the queries and for
            the translations, of the same shape; -inf where there is none, as below the end of a cut-off run.
    """

    query: Ints
    passage: Ints
    scores: Callable[[Ints], tuple[Floats, Floats]]


def _no_translations() -> Iterator[Translation]:
    return iter(())


@dataclass(frozen=True, eq=False)
class Rankings(_Arrays):
    """One setting's rankings, as far as measures need them.

    A row is one relevant passage of one query. Rows are sorted by query and then by rank. No array can be written to.

    Attributes:
        query: Shape (rows,), numbers of the setting's queries from 0; every query has at least one row.
        rank: Shape (rows,), ranks from 1 in the setting's corpus, ties ordered as in trec_eval; infinite where a
            cut-off run did not retrieve the passage.
        mid_rank: Shape (rows,), ranks from 1 where tied passages share the mean rank of their group; infinite likewise.
        grade: Shape (rows,), relevance grades, all above 0.
        language: Shape (rows,), number of the passage's language in ``languages``.
        languages: Languages of the passages searched.
        sizes: Shape (languages,), how many passages each has.
        query_language: Language of the queries.
        queries: Number of queries.
        retrieved: Shape (queries,), how many passages each query's ranking holds; all of them unless it is a cut-off
            run.
        top: The first passages, as deep as the measures require; None if none of them does.
        translations: Yields what the translations of the queries retrieve, one language after another.
    """

    query: Ints
    rank: Floats
    mid_rank: Floats
    grade: Ints
    language: Ints
    languages: tuple[str, ...]
    sizes: Ints
    query_language: str
    queries: int
    retrieved: Ints
    top: Top | None = None
    translations: Callable[[], Iterator[Translation]] = field(default=_no_translations)

    @property
    def passages(self) -> int:
        """Number of passages searched."""
        return int(self.sizes.sum())

    @cached_property
    def starts(self) -> Ints:
        """Shape (queries,), the first row of each query."""
        return _fixed(np.searchsorted(self.query, np.arange(self.queries)))

    @cached_property
    def relevant(self) -> Ints:
        """Shape (queries,), how many relevant passages each query has."""
        return _fixed(np.bincount(self.query, minlength=self.queries))

    @cached_property
    def place(self) -> Ints:
        """Shape (rows,), place of each relevant passage among its query's, from 1."""
        return _fixed(np.arange(len(self.query)) - self.starts[self.query] + 1)

    def sum_by_query(self, values: Floats) -> Floats:
        """Add up one value per row, shape (rows,), to one per query, shape (queries,)."""
        return np.bincount(self.query, weights=values, minlength=self.queries).astype(np.float64, copy=False)

    def top_at(self, depth: int) -> Top:
        """Return the first passages of every ranking.

        Args:
            depth: How many; at most the ``depth`` of the measure.

        Raises:
            ConfigurationError: If the rankings were not kept so deep.
        """
        kept = 0 if self.top is None else self.top.passage.shape[1]
        if self.top is None or kept < min(depth, self.passages):
            raise ConfigurationError(
                f"The rankings are kept to depth {kept}, and a measure reads {depth}.", "Set the measure's depth."
            )
        return self.top.cut(depth)
