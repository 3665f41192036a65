"""Which groups answer one another's questions."""

from __future__ import annotations

import numpy as np

from beir_hybrid.arrays import Ints


def number_answers(groups: Ints, passages: Ints, questions: Ints | None = None) -> Ints:
    """Number the answers: groups that share a passage or a question share an answer, in every language.

    In a cross-lingual batch one of two such groups may stand with its German passage and the other with its Spanish
    one, and these too are translations of the same sentence; so sharing is followed along whole chains of groups.

    Args:
        groups: Shape (rows,), group numbers from 0 without gaps.
        passages: Shape (rows,), numbers of the rows' passage texts, from 0 without gaps.
        questions: Shape (rows,), numbers of the rows' question texts, from 0 without gaps; None to leave them out.

    Returns:
        Shape (groups,), the answer of each group; equal for groups that share one.

    Examples:
        >>> number_answers(np.array([0, 1, 2, 3]), np.array([5, 6, 5, 7]) - 5).tolist()
        [0, 1, 0, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    texts = passages
    if questions is not None:  # which stand in several groups where a question has several passages
        groups, texts = np.tile(groups, 2), np.concatenate([passages, int(passages.max()) + 1 + questions])
    size = int(groups.max()) + 1
    nodes = size + int(texts.max()) + 1
    edges = coo_array((np.ones(len(groups), np.int8), (groups, size + texts)), shape=(nodes, nodes))
    _, components = connected_components(edges.tocsr(), directed=False)
    _, answers = np.unique(components[:size], return_inverse=True)
    return answers.reshape(-1).astype(np.int64)
