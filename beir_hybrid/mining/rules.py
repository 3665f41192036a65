"""Rules of mining, as functions of numbers: what is too near to the answer, and which candidates become negatives."""

from __future__ import annotations

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.mining.options import BALANCED, MiningOptions


def limits(positives: Floats32, margin: float | None) -> Floats32:
    """Return the score above which a passage is no negative, as it may answer the question.

    Args:
        positives: Shape (n,), the positives' scores; NaN where there is none, and then there is no limit.
        margin: Share of a positive's score, in (0, 1]; of one below 0, the limit lies as far below it as it would of
            one above. None for no limit.

    Returns:
        Shape (n,).

    Examples:
        >>> limits(np.array([0.8, -0.2, np.nan], np.float32), 0.95).round(3).tolist()
        [0.7599999904632568, -0.20999999344348907, inf]
    """
    if margin is None:
        return np.full(len(positives), np.inf, np.float32)
    below = positives - np.float32(1 - margin) * np.abs(positives)
    return np.where(np.isnan(below), np.inf, below).astype(np.float32)


def places_in(groups: Ints) -> Ints:
    """Return each one's place among the neighbours that are in the same group.

    Examples:
        >>> places_in(np.array([3, 3, 5, 5, 5])).tolist()
        [0, 1, 0, 1, 2]
    """
    if not len(groups):
        return np.empty(0, np.int64)
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    starts = np.repeat(first, np.diff(np.r_[first, len(groups)]))
    return np.arange(len(groups)) - starts


def choose(
    pair: Ints, language: Ints, score: Floats32, languages: int, options: MiningOptions, number: int = 0
) -> Ints:
    """Choose the negatives among candidates that are allowed.

    Args:
        pair: Shape (n,), the pair that each is a candidate of, from 0 on.
        language: Shape (n,), the number of its language.
        score: Shape (n,).
        languages: How many languages there are.
        options: How many negatives, and which of the candidates.
        number: Number of the first pair among all: decides what is drawn, and which language comes first where fewer
            negatives are wanted than there are languages.

    Returns:
        The numbers of those chosen, ordered by pair, the hardest of each pair first.
    """
    balanced = options.languages == BALANCED
    group = pair * languages + language if balanced else pair
    order = np.lexsort((-score, group))
    place = places_in(group[order]) - options.skip_top
    order = order[place >= 0]
    if options.sample:
        order = order[places_in(group[order]) < options.sample]
        random = np.random.default_rng([options.seed, number]).random(len(order))
        order = order[np.lexsort((random, group[order]))]
    turn = (language[order] - pair[order] - number) % languages if balanced else np.zeros(len(order), np.int64)
    order = order[np.lexsort((turn, places_in(group[order]), pair[order]))]
    order = order[places_in(pair[order]) < options.negatives]
    chosen: Ints = order[np.lexsort((-score[order], pair[order]))]
    return chosen
