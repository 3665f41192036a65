"""Evaluation: ``EvaluateRetrieval`` tells of language bias, and knows our measures."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit.patches import patch


def apply(module: ModuleType) -> list[Callable[[], None]]:
    """Let both of its static methods, which every script fetches through the class, go through us."""
    owner = module.EvaluateRetrieval
    return [
        *patch(owner, "evaluate", _evaluate, ("qrels", "results", "k_values", "ignore_identical_ids")),
        *patch(owner, "evaluate_custom", _evaluate_custom, ("qrels", "results", "k_values", "metric")),
    ]


def _evaluate(
    original: Callable[..., Any], qrels: Any, results: Any, k_values: Any, ignore_identical_ids: bool = True
) -> Any:
    """Return what BEIR returns, once the report is printed."""
    found = original(qrels, results, k_values, ignore_identical_ids)
    from beir_hybrid.hosts.beir.report import report

    report(qrels, results, k_values)
    return found


def _evaluate_custom(original: Callable[..., Any], qrels: Any, results: Any, k_values: Any, metric: str) -> Any:
    """Return what BEIR returns for its own names, and our measure for others, which it knows nothing to say about."""
    found = original(qrels, results, k_values, metric)
    if found is not None:
        return found
    from beir_hybrid.hosts.beir.measuring import measure

    return measure(qrels, results, k_values, metric)
