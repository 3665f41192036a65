"""Agreement: whether a search's results follow from vectors, tried on some of its queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats, Floats32
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows
from beir_hybrid.evaluation.search.scores import Rows, lengths
from beir_hybrid.hosts.beir.dicts import Scores
from beir_hybrid.hosts.beir.named_vectors import NamedVectors

_QUERIES = 32  # tried, spread evenly
_BLOCK = 16_384  # passages scored at once
# of the largest product of lengths: GPUs round the products of float32, and half precision
_EXACT, _COARSE = 1e-3, 2e-2


@dataclass(frozen=True)
class Agreement:
    """Whether a search's results follow from vectors.

    Attributes:
        scored: Whether the scores are the vectors' inner products.
        whole: Whether nothing is left out that scores higher than what was found.
    """

    scored: bool
    whole: bool


def agreement_of(queries: NamedVectors, passages: NamedVectors, results: Scores, coarse: bool = False) -> Agreement:
    """Compare results with the inner products of vectors.

    Args:
        queries: Vectors of the queries.
        passages: Vectors of the passages.
        results: Scores by query id and document id.
        coarse: Whether scores were computed in half precision.
    """
    asked = queries.places(query for query, ranking in results.items() if ranking)
    chosen = list(asked)[:: max(1, len(asked) // _QUERIES)][:_QUERIES]
    if not chosen:
        return Agreement(True, True)
    left = queries.vectors[[asked[query] for query in chosen]]
    if left.shape[1] != passages.vectors.shape[1]:
        return Agreement(False, False)
    places = passages.places({document for query in chosen for document in results[query]})
    longest = lengths(left)
    margin = np.full(len(chosen), _COARSE if coarse else _EXACT)
    lowest = np.empty(len(chosen))
    for row, query in enumerate(chosen):
        ranking = results[query]
        if any(document not in places for document in ranking):
            return Agreement(False, False)
        right = passages.vectors[[places[document] for document in ranking]]
        margin[row] *= max(1e-6, longest[row] * lengths(right).max())
        scores = np.array(list(ranking.values()), np.float64)
        if not (np.abs(_products(left[[row]], right)[0] - scores) <= margin[row]).all():
            return Agreement(False, False)
        lowest[row] = scores.min()
    return Agreement(True, _is_whole(left, passages, results, chosen, lowest + 2 * margin))


def _is_whole(
    left: Rows,
    passages: NamedVectors,
    results: Scores,
    chosen: list[str],
    threshold: Floats,
) -> bool:
    above = np.zeros(len(chosen), np.int64)
    for start in range(0, len(passages.ids), _BLOCK):
        scores = _products(left, passages.vectors[start : start + _BLOCK])
        above += (scores > threshold[:, None]).sum(axis=1)
    # a document that is the query itself is left out of rankings
    return bool((above <= [len(results[query]) + 1 for query in chosen]).all())


def _products(left: Rows, right: Rows) -> Floats32:
    products: Floats32 = left.products(right) if isinstance(left, SparseRows) else left @ right.T
    return products
