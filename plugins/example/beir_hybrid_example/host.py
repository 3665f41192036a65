"""pytrec_eval as a host: it computes rank-biased precision beside trec_eval's measures.

::

    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {"map", "rbp"})
    evaluator.evaluate(run)["en:hours"]["rbp"]

From :func:`activate` on, until :func:`deactivate`, as under ``beir-hybrid run script.py``. The value is that of
:class:`beir_hybrid_example.rbp.RBP` for the full ranking; other measures are pytrec_eval's own as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from beir_hybrid.hosts.kit import Activation, add_item, patch, when_imported

_NAME = "rbp"


def _begin() -> None:
    _activation.undo.append(when_imported("pytrec_eval", _change))


def _change(module: ModuleType) -> None:
    """Change the class itself: scripts that have it by ``from pytrec_eval import RelevanceEvaluator`` see it too."""
    _activation.undo.append(add_item(module.supported_measures, _NAME))
    _activation.undo.extend(patch(module.RelevanceEvaluator, "__init__", _init, None))
    _activation.undo.extend(patch(module.RelevanceEvaluator, "evaluate", _evaluate, ["self", "scores"]))


def _init(
    original: Callable[..., None],
    self: Any,
    query_relevance: Mapping[str, Mapping[str, int]],
    measures: Iterable[str],
    *more: Any,
    **options: Any,
) -> None:
    wanted = set(measures)
    level = more[0] if more else options.get("relevance_level", 1)
    self.rbp_relevant = _relevant(query_relevance, level) if _NAME in wanted else None
    original(self, query_relevance, wanted - {_NAME}, *more, **options)


def _evaluate(
    original: Callable[..., dict[str, dict[str, float]]], self: Any, scores: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    values = original(self, scores)
    for query, relevant in (getattr(self, "rbp_relevant", None) or {}).items():
        if query in scores:
            values.setdefault(query, {})[_NAME] = _value(scores[query], relevant)
    return values


def _relevant(qrels: Mapping[str, Mapping[str, int]], level: int) -> dict[str, set[str]]:
    judged = {query: grades for query, grades in qrels.items() if grades}
    return {query: {doc for doc, grade in grades.items() if grade >= level} for query, grades in judged.items()}


def _value(scores: Mapping[str, float], relevant: set[str]) -> float:
    """Rank as trec_eval does, by score in single precision and then by document id, both descending."""
    import numpy as np

    from beir_hybrid_example.rbp import RBP

    p = RBP.persistence
    ranking = sorted(scores, key=lambda document: (np.float32(scores[document]), document), reverse=True)
    return (1 - p) * sum(p**place for place, document in enumerate(ranking) if document in relevant)


_activation = Activation(_begin)
activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active
