"""Average precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beir_hybrid.evaluation.ranks import SettingRanks

__all__ = ["AveragePrecision"]


@dataclass(frozen=True)
class AveragePrecision:
    """Mean of the precisions at the ranks of the relevant passages, over the full ranking (trec_eval's ``map``).

    Range [0, 1]; its mean over queries is mAP.
    """

    higher_is_better = True
    needs_languages = False

    @property
    def name(self) -> str:
        """``map``."""
        return "map"

    def values(self, ranks: SettingRanks) -> npt.NDArray[np.float64]:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return ranks.sum_by_query(ranks.place / ranks.rank) / ranks.relevant
