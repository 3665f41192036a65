"""Success."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class Success:
    """Whether a relevant passage stands within the first k ranks: 1 or 0. BEIR calls its mean top-k accuracy.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    higher_is_better = True
    needs_languages = False
    bounds = (0.0, 1.0)
    source = "trec_eval: success"

    @property
    def name(self) -> str:
        """``success@k``."""
        return f"success@{self.cutoff}"

    @property
    def depth(self) -> int:
        """0: the ranks of the relevant passages suffice."""
        return 0

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        return (rankings.rank[rankings.starts] <= self.cutoff).astype(np.float64)
