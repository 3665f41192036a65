"""The first passage: whether it answers, and whether it is in the query's language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.measures.language_recall import number_of
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class FirstPassage(StandardMeasure):
    """Whether the passage at rank 1 is relevant or not, and in the query's language or another: 1 or 0.

    The four means add up to 1. Ties fall as in trec_eval, the larger document id first. NaN where nothing was
    retrieved, or where the pool has no passage in the query's language. Range [0, 1].

    Read in the paper's abstract and in summaries of it alone; the paper's own formula was not compared.

    Args:
        right: Whether the passage is relevant.
        own: Whether it is in the query's language.
    """

    right: bool
    own: bool
    needs_languages = True
    source = "after Jang et al. 2026 (MLAIRE), arXiv:2605.07249; second-hand"

    @property
    def name(self) -> str:
        """``right_own_language``, ``right_other_language``, ``wrong_own_language`` or ``wrong_other_language``."""
        return f"{'right' if self.right else 'wrong'}_{'own' if self.own else 'other'}_language"

    @property
    def depth(self) -> int:
        """The first passage."""
        return 1

    @property
    def higher_is_better(self) -> bool | None:  # type: ignore[override]  # it follows from the fields
        """False of a wrong passage; None of a right one, whose language is nobody's to judge."""
        return None if self.right else False

    @property
    def printed(self) -> Printed:
        """In words."""
        words = self.name.removesuffix("_language").replace("_", ", ")
        return Printed(f"first: {words} language", factor=100, brief_decimals=1)

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        top, own = rankings.top_at(1), number_of(rankings.query_language, rankings)
        if own < 0 or not top.passage.shape[1]:
            return np.full(rankings.queries, np.nan)
        fits = ((top.grade > 0) == self.right) & ((top.language == own) == self.own)
        return np.where(top.passage[:, 0] >= 0, 1.0 * fits[:, 0], np.nan)


def right_own_language() -> FirstPassage:
    """Whether the first passage is relevant and in the query's language: 1 or 0."""
    return FirstPassage(right=True, own=True)


def right_other_language() -> FirstPassage:
    """Whether the first passage is relevant, and in another language than the query: 1 or 0."""
    return FirstPassage(right=True, own=False)


def wrong_own_language() -> FirstPassage:
    """Whether the first passage is not relevant, but in the query's language: 1 or 0."""
    return FirstPassage(right=False, own=True)


def wrong_other_language() -> FirstPassage:
    """Whether the first passage is neither relevant nor in the query's language: 1 or 0."""
    return FirstPassage(right=False, own=False)
