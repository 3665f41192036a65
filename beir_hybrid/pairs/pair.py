"""Pair: a question and its passage."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """A question and the passage that answers it.

    Attributes:
        group: The question's identity over languages: translations share it.
        language: Language code of the question, and of the passage unless it has its own.
        question: Text of the question.
        passage: Text of the passage.
        negatives: Texts that do not answer the question, hard ones first.
        passage_language: Language code of the passage, where it is another than the question's.
        score: How well the passage answers the question, as a teacher says.
        negative_languages: Language codes of the negatives; none where they are in the passage's language.
        negative_scores: The teacher's scores of the negatives.
    """

    group: str
    language: str
    question: str
    passage: str
    negatives: tuple[str, ...] = ()
    passage_language: str | None = None
    score: float | None = None
    negative_languages: tuple[str, ...] = ()
    negative_scores: tuple[float, ...] = ()
