"""Average precision with one target language, from LAReQA."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class OneTargetMAP:
    """Average precision where only the relevant passages of one language count ("limit to one target").

    The query's other relevant passages are taken out of the pool, and everything else stays: what is left to disturb
    is irrelevant, in every language. One value per pair of query and answer language makes a heat map whose bright
    diagonal is a bias towards the query's own language. Ties fall as in trec_eval. NaN for a query without a relevant
    passage in that language. Range [0, 1].

    Args:
        language: Code of the answer language; None stands for every language, see :meth:`for_languages`.
    """

    language: str | None = None
    higher_is_better = True
    needs_languages = True
    bounds = (0.0, 1.0)
    source = "Roy et al., EMNLP 2020, arXiv:2004.05484"

    @property
    def name(self) -> str:
        """``one_target_map[de]``."""
        return f"one_target_map{'' if self.language is None else f'[{self.language}]'}"

    @property
    def depth(self) -> int:
        """0: the ranks of the relevant passages suffice."""
        return 0

    def for_languages(self, languages: Iterable[str]) -> list[OneTargetMAP]:
        """Give one measure per language."""
        return [replace(self, language=language) for language in languages]

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`.

        Raises:
            ConfigurationError: If the measure stands for every language.
        """
        if self.language is None:
            raise ConfigurationError(
                "one_target_map has a value per language.", f"Name one: one_target_map[{rankings.languages[0]}]"
            )
        if self.language not in rankings.languages:
            return np.full(rankings.queries, np.nan)
        target = rankings.language == rankings.languages.index(self.language)
        query = rankings.query[target]
        # places count a query's rows from 1; those that are no targets so far are taken out above this one
        place = np.arange(len(query)) - np.searchsorted(query, query) + 1
        precision = place / (rankings.rank[target] - (rankings.place[target] - place))
        targets = np.bincount(query, minlength=rankings.queries)
        total = np.bincount(query, weights=precision, minlength=rankings.queries)
        return np.divide(total, targets, out=np.full(rankings.queries, np.nan), where=targets > 0)
