"""How measures are printed, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.measures.base import Printed, printed_of
from beir_hybrid.evaluation.measures.build import build_measure


@cache
def printed(name: str) -> Printed:
    """Return how a measure is printed, with the language and the cut-off of its name, and its direction.

    Args:
        name: Name of the measure, as in result files; of a plug-in that is not installed here, too.

    Examples:
        >>> printed("map").title, printed("ndcg@10").title, printed("one_target_map[de]").title
        ('mAP', 'nDCG@10', 'one-target mAP[de]')
        >>> printed("map").full(0.12345), printed("map").brief(0.12345), printed("rank_distance").brief(12.34)
        ('0.1235', '12.3', '12.3')
    """
    base = name.split("[")[0].split("@")[0]
    try:
        measure = build_measure(name)
        look = replace(printed_of(measure), higher_is_better=measure.higher_is_better)
    except BeirHybridError:  # of a plug-in that is not installed, or is broken
        look = Printed(base.replace("_", " "))
    return replace(look, title=f"{look.title}{name.removeprefix(base)}")
