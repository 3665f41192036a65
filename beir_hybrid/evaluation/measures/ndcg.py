"""Normalised discounted cumulative gain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.evaluation.ranks import SettingRanks

__all__ = ["NDCG"]


@dataclass(frozen=True)
class NDCG:
    """Gain of the first k ranks over that of the best ranking (Järvelin and Kekäläinen, TOIS 2002).

    As trec_eval's ``ndcg_cut``: the gain is the relevance grade, the discount log2(rank + 1). Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    higher_is_better = True
    needs_languages = False

    @property
    def name(self) -> str:
        """``ndcg@k``."""
        return f"ndcg@{self.cutoff}"

    def values(self, ranks: SettingRanks) -> npt.NDArray[np.float64]:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        best_first = np.lexsort((-ranks.grade, ranks.query))
        return self._gain(ranks, ranks.grade, ranks.rank) / self._gain(ranks, ranks.grade[best_first], ranks.place)

    def _gain(
        self, ranks: SettingRanks, grade: npt.NDArray[np.int64], rank: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        return ranks.sum_by_query(np.where(rank <= self.cutoff, grade / np.log2(rank + 1), 0.0))
