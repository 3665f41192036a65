"""Rank distance, the paper's measure of language bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.evaluation.ranks import SettingRanks

__all__ = ["RankDistance"]


@dataclass(frozen=True)
class RankDistance:
    """Largest minus smallest rank of a query's relevant passages in the pool of languages (arXiv:2408.10536).

    Over the full ranking, where the relevant passages are one per language; an unbiased retriever ranks them side by
    side. Ranks are mid-ranks: a tie broken by document id would itself favour a language. Range [0, passages - 1];
    lower is better.
    """

    higher_is_better = False
    needs_languages = True

    @property
    def name(self) -> str:
        """``rank_distance``."""
        return "rank_distance"

    def values(self, ranks: SettingRanks) -> npt.NDArray[np.float64]:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return np.maximum.reduceat(ranks.mid_rank, ranks.starts) - np.minimum.reduceat(ranks.mid_rank, ranks.starts)
