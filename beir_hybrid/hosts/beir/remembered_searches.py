"""RememberedSearch: what a search of a script found, and the vectors that it found it by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from beir_hybrid.errors import ModelError
from beir_hybrid.hosts.beir.agreement import agreement_of
from beir_hybrid.hosts.beir.dicts import Scores
from beir_hybrid.hosts.beir.named_vectors import NamedVectors

_REMEMBERED = 32  # searches that are remembered
_BYTES = 4 << 30  # of their vectors, but for the last one's


@dataclass(frozen=True, eq=False)
class Encoded:
    """The vectors of a search, and its texts, which are the script's own.

    Attributes:
        queries: Vectors of the queries.
        passages: Vectors of the passages.
        query_texts: Texts by query id, or what BEIR's HFDataLoader returns.
        corpus: Title and text by document id, or what BEIR's HFDataLoader returns.
        coarse: Whether the search computed scores in half precision.
        notes: What a reader must know of rankings by these vectors.
    """

    queries: NamedVectors
    passages: NamedVectors
    query_texts: Any
    corpus: Any
    coarse: bool = False
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors."""
        return self.queries.nbytes + self.passages.nbytes


@dataclass(frozen=True, eq=False)
class RememberedSearch:
    """What a search found.

    Attributes:
        marks: By query id, the :func:`fingerprint` of what was found.
        encoded: The vectors; None if there are none.
        lacking: Why there are none.
    """

    marks: Mapping[str, int]
    encoded: Encoded | None = None
    lacking: str = ""


def fingerprint(query: str, scores: Mapping[str, float]) -> int:
    """Hash what a query found, whatever the order, but for a document of its own id, which BEIR may take out."""
    if query in scores:
        scores = {document: score for document, score in scores.items() if document != query}
    return hash(frozenset(scores.items()))


class RememberedSearches:
    """The searches of a script, as far as they are remembered: the last ones."""

    def __init__(self) -> None:
        self._last: deque[RememberedSearch] = deque(maxlen=_REMEMBERED)

    def remember(self, search: RememberedSearch) -> None:
        """Remember a search, and forget the oldest ones whose vectors take too much room."""
        self._last.append(search)
        while len(self._last) > 1 and sum(each.encoded.nbytes for each in self._last if each.encoded) > _BYTES:
            self._last.popleft()

    def forget(self) -> None:
        """Forget all searches."""
        self._last.clear()

    def find(self, results: Scores, asked: Iterable[str]) -> list[tuple[Encoded, list[str]]]:
        """Find the vectors that results were found by.

        Args:
            results: Scores by query id and document id.
            asked: The queries that matter.

        Returns:
            The vectors of one search, or of several that searched the same passages by the same model, each with those
            of the queries that it found the results of.

        Raises:
            ModelError: If there are none for some of the results; the message says why.
        """
        if not self._last:
            raise ModelError("No search by EvaluateRetrieval.retrieve was seen in this script.")
        used: dict[int, tuple[RememberedSearch, list[str]]] = {}
        strange = answered = 0
        for query in asked:
            if query in results:
                answered += 1
                mark = fingerprint(query, results[query])
                known = next((each for each in reversed(self._last) if each.marks.get(query) == mark), None)
                if known is None:
                    strange += 1
                else:
                    used.setdefault(id(known), (known, []))[1].append(query)
        if strange or not used:
            whose = "" if strange == answered else f" of {strange:,} of the {answered:,} queries"
            raise ModelError(
                f"The results{whose} are not those of a search in this script: reranked, changed or read from a file."
            )
        if lacking := [known.lacking for known, _ in used.values() if known.encoded is None]:
            raise ModelError(lacking[0])
        vectors = [(known.encoded, queries) for known, queries in used.values() if known.encoded is not None]
        _check_alike(results, vectors)
        return vectors


remembered_searches = RememberedSearches()
"""The searches of this process."""


def _check_alike(results: Scores, vectors: list[tuple[Encoded, list[str]]]) -> None:
    """Refuse several searches unless all could have been one."""
    first = vectors[0][0]
    for other, queries in vectors[1:]:
        if set(other.passages.ids) != set(first.passages.ids):
            raise ModelError("The results come from searches of different corpora.")
        theirs = {query: results[query] for query in queries}
        if not agreement_of(other.queries, first.passages, theirs, first.coarse).scored:
            raise ModelError("The results come from searches with different models.")
