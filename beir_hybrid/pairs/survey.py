"""Survey: what training data hold, counted before anything is trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TextSurvey:
    """The questions or the passages in one language.

    Attributes:
        texts: How many there are, a row each.
        median: Of their lengths, in characters.
        high: Length that 95 % do not exceed.
        other_script: How many are hardly in the language's script, see
            :func:`~beir_hybrid.languages.is_in_other_script`.
        copied: How many are equal to that of another language of their group, as untranslated ones are.
    """

    texts: int = 0
    median: int = 0
    high: int = 0
    other_script: int = 0
    copied: int = 0


@dataclass(frozen=True)
class LanguageSurvey:
    """What is in one language.

    Attributes:
        groups: How many groups have a question or passage in it.
        questions: The questions.
        passages: The passages.
        echoed: How many of the questions are equal to their passage.
    """

    groups: int
    questions: TextSurvey
    passages: TextSurvey
    echoed: int = 0


@dataclass(frozen=True)
class RepeatedTexts:
    """Texts that stand in several groups, compared by :func:`~beir_hybrid.texts.fold`.

    Attributes:
        texts: How many different texts.
        rows: How many rows hold one of them.
    """

    texts: int = 0
    rows: int = 0


@dataclass(frozen=True)
class NegativeSurvey:
    """The hard negatives.

    Attributes:
        texts: How many there are.
        fewest: Of a row.
        median: Of a row.
        most: Of a row.
        answers: How many are a passage of their own group, in any language.
    """

    texts: int
    fewest: int
    median: int
    most: int
    answers: int


@dataclass(frozen=True)
class ScoreSurvey:
    """A teacher's scores.

    Attributes:
        scores: How many there are.
        lowest: The lowest one.
        mean: Their mean.
        highest: The highest one.
    """

    scores: int
    lowest: float
    mean: float
    highest: float


@dataclass(frozen=True)
class Survey:
    """What training data hold.

    Attributes:
        name: The data.
        rows: Rows that can be used.
        groups: Groups of them.
        left_out: Rows that cannot be used, by reason.
        languages: What is in each language, by code.
        sizes: Groups by the number of their languages.
        pairs: Rows by language of the question, and then by that of the passage.
        repeated: Questions and passages that stand in several groups.
        negatives: The hard negatives; None without any.
        scores: Scores of ``positives`` and ``negatives``, where there are any.
        outscored: Negatives that are scored as high as their positive or higher.
    """

    name: str
    rows: int
    groups: int
    left_out: Mapping[str, int]
    languages: Mapping[str, LanguageSurvey]
    sizes: Mapping[str, int]
    pairs: Mapping[str, Mapping[str, int]]
    repeated: Mapping[str, RepeatedTexts]
    negatives: NegativeSurvey | None = None
    scores: Mapping[str, ScoreSurvey] | None = None
    outscored: int = 0
