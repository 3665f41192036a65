"""Which run has which colour: the same strategy has the same in every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count

COLOURS = 7
"""Number of colours of a palette; the place after the last has the first again, and a broken line."""

STRATEGIES = {"hybrid": 0, "x-x-mono": 1, "x-y": 2, "sequential": 3, "random": 4, "x-x": 5}
"""By name of a strategy, or of a kind of batch, the place of its colour."""


def colour_places(strategies: Sequence[str]) -> list[int]:
    """Choose the places of the colours of runs, each its own.

    Args:
        strategies: By run, its strategy with or without options; empty if it has none, or if that is not known.

    Returns:
        The place of the strategy's colour, where runs differ in it; otherwise the first that are free.

    Examples:
        >>> colour_places(["x-y", "hybrid(alpha=0.4)", "hybrid", "", "mine"])
        [2, 0, 7, 1, 3]
        >>> colour_places(["hybrid", "hybrid"]), colour_places(["", ""])
        ([0, 1], [0, 1])
    """
    names = [strategy.split("(")[0].strip() for strategy in strategies]
    if len(names) > 1 and len(set(names)) == 1:
        return list(range(len(names)))
    times: Counter[str] = Counter()
    places: list[int | None] = []
    for name in names:
        places.append(STRATEGIES[name] + COLOURS * times[name] if name in STRATEGIES else None)
        times[name] += 1
    taken = {place for place in places if place is not None}
    free = (place for place in count() if place not in taken)
    return [next(free) if place is None else place for place in places]
