"""Means over the subsets of a kind: monolingual, cross-lingual and multilingual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mteb.results import TaskResult

from beir_hybrid import KINDS


def kind_of_subset(subset: str, languages: list[str]) -> str:
    """Return the kind of a subset.

    Args:
        subset: Its name.
        languages: Its languages, as the metadata list them.

    Examples:
        >>> kind_of_subset("de", ["deu-Latn"]), kind_of_subset("en-de", ["eng-Latn", "deu-Latn"])
        ('mono', 'cross')
        >>> kind_of_subset("en-all", ["eng-Latn", "deu-Latn"])
        'multi'
    """
    if len(languages) == 1 and not subset.endswith("-all"):
        return "mono"
    return "multi" if subset.endswith("-all") else "cross"


def means_by_kind(result: TaskResult) -> dict[str, dict[str, float]]:
    """Average a result of one of these tasks over its subsets, as tables of multilingual retrieval do.

    Args:
        result: As ``mteb.evaluate(...).task_results`` holds it, or read with ``TaskResult.from_disk``.

    Returns:
        By kind of subset and score, the mean over those subsets that have the score.
    """
    values: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS}
    for of_split in result.scores.values():
        for scores in of_split:
            of_kind = values[kind_of_subset(scores["hf_subset"], scores["languages"])]
            for name, value in _numbers(scores):
                of_kind.setdefault(name, []).append(value)
    return {
        kind: {name: float(np.mean(each)) for name, each in of_kind.items()}
        for kind, of_kind in values.items()
        if of_kind
    }


def _numbers(scores: Mapping[str, Any]) -> list[tuple[str, float]]:
    return [(name, float(value)) for name, value in scores.items() if isinstance(value, int | float)]
