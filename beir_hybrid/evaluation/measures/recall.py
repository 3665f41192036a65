"""Recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.evaluation.ranks import SettingRanks

__all__ = ["Recall"]


@dataclass(frozen=True)
class Recall:
    """Share of a query's relevant passages within the first k ranks (trec_eval's ``recall``). Range [0, 1].

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    higher_is_better = True
    needs_languages = False

    @property
    def name(self) -> str:
        """``recall@k``."""
        return f"recall@{self.cutoff}"

    def values(self, ranks: SettingRanks) -> npt.NDArray[np.float64]:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return ranks.sum_by_query((ranks.rank <= self.cutoff).astype(np.float64)) / ranks.relevant
