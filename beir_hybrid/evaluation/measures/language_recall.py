"""Language recall: what is found of the answers in one language."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import PerLanguageMeasure
from beir_hybrid.evaluation.measures.recall import recall_of
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class LanguageRecall(PerLanguageMeasure):
    """Share of a query's relevant passages in one language that stand within the first k ranks of the pool.

    Over query and answer languages it makes a heat map: a bright diagonal is a preference for the query's language, a
    dark column a language that is not found. NaN for a query without a relevant passage in that language. Range [0, 1].

    Args:
        cutoff: Depth k.
        language: Code of the answer language; None stands for all languages; see ``for_languages``.
    """

    cutoff: int
    language: str | None = None
    base_name = "language_recall"
    source = "trec_eval: recall, by language of the relevant passages"

    def values_in(self, language: int, rankings: Rankings) -> Floats:
        """Measure every query by one language; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return recall_of(rankings, rankings.language == language, self.cutoff)


def number_of(language: str, rankings: Rankings) -> int:
    """Return the number of a language among those of the passages; -1 if the pool has none in it."""
    return rankings.languages.index(language) if language in rankings.languages else -1
