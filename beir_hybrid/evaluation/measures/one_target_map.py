"""Average precision with one target language, from LAReQA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import PerLanguageMeasure, Printed
from beir_hybrid.evaluation.rankings import Rankings, ratio


@dataclass(frozen=True)
class OneTargetMAP(PerLanguageMeasure):
    """Average precision where only the relevant passages of one language count ("limit to one target").

    The query's other relevant passages are taken out of the pool, and everything else stays: what is left to disturb
    is irrelevant, in every language. One value per pair of query and answer language makes a heat map whose bright
    diagonal is a bias towards the query's own language. Ties fall as in trec_eval. NaN for a query without a relevant
    passage in that language. Range [0, 1].

    Args:
        language: Code of the answer language; None stands for all languages; see ``for_languages``.
    """

    language: str | None = None
    base_name = "one_target_map"
    printed = Printed("one-target mAP", factor=100, brief_decimals=1)
    source = "Roy et al., EMNLP 2020, arXiv:2004.05484"

    def values_in(self, language: int, rankings: Rankings) -> Floats:
        """Measure every query by one language; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        target = rankings.language == language
        query = rankings.query[target]
        # places count a query's rows from 1; those that are no targets so far are taken out above this one
        place = np.arange(len(query)) - np.searchsorted(query, query) + 1
        precision = place / (rankings.rank[target] - (rankings.place[target] - place))
        targets = np.bincount(query, minlength=rankings.queries)
        total = np.bincount(query, weights=precision, minlength=rankings.queries)
        return ratio(total, targets)
