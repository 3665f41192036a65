"""Language share: how much of the top is in one language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class LanguageShare:
    """Share of one language among the first k passages; over all languages a histogram of the top.

    To be held against the language's share of the pool. Divided by the number of passages retrieved up to k, so that
    the shares of a query's languages add up to 1. NaN where nothing was retrieved, or where the pool has no passages
    in that language. Range [0, 1]; neither direction is better. Ties fall as in trec_eval: the larger id first.

    Args:
        cutoff: Depth k.
        language: Language code; None stands for every language, see :meth:`for_languages`.
    """

    cutoff: int
    language: str | None = None
    higher_is_better = None
    needs_languages = True
    bounds = (0.0, 1.0)
    source = "histogram of the retrieved languages"

    @property
    def name(self) -> str:
        """``language_share[de]@k``."""
        return f"language_share{'' if self.language is None else f'[{self.language}]'}@{self.cutoff}"

    @property
    def depth(self) -> int:
        """The cut-off."""
        return self.cutoff

    def for_languages(self, languages: Iterable[str]) -> list[LanguageShare]:
        """Give one measure per language."""
        return [replace(self, language=language) for language in languages]

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`.

        Raises:
            ConfigurationError: If the measure stands for every language.
        """
        if self.language is None:
            raise ConfigurationError(
                f"{self.name} has a value per language.",
                f"Name one: language_share[{rankings.languages[0]}]@{self.cutoff}",
            )
        if self.language not in rankings.languages:
            return np.full(rankings.queries, np.nan)
        top = rankings.top_at(self.cutoff)
        retrieved = (top.passage >= 0).sum(axis=1)
        hits = (top.language == rankings.languages.index(self.language)).sum(axis=1)
        return np.divide(hits, retrieved, out=np.full(rankings.queries, np.nan), where=retrieved > 0)
