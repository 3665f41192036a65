"""Rank distance, the measure of language bias of the paper on hybrid batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings


@dataclass(frozen=True)
class RankDistance(StandardMeasure):
    """Largest minus smallest rank of a query's relevant passages in the pool of languages.

    The relevant passages are one per language; an unbiased retriever ranks them side by side. Ranks are mid-ranks: a
    tie broken by document id would itself favour a language. Lower is better. Over the full ranking the range is
    [0, passages - 1]. With a cut-off k, a passage whose mid-rank is above k, or that was not retrieved, counts as if
    its rank were k + 1, and the range is [0, k].

    NaN for a query with a single relevant passage, which has no distance to another, and with a cut-off for one that
    has none of them up to k: a system that finds nothing would seem to be without bias.

    Args:
        cutoff: Depth k; None for the full ranking.
    """

    cutoff: int | None = None
    base_name = "rank_distance"
    higher_is_better = False
    needs_languages = True
    bounds = (0.0, float("inf"))
    printed = Printed("rank distance", decimals=1, brief_decimals=1)
    source = "Elmahdy, Lin and Ahmad 2024, arXiv:2408.10536"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`.

        Raises:
            ConfigurationError: If there is no cut-off and a relevant passage was not retrieved.
        """
        rank, starts = rankings.mid_rank, rankings.starts
        nearest = np.minimum.reduceat(rank, starts)
        several = np.diff(np.r_[starts, len(rank)]) > 1
        if self.cutoff is not None:
            rank = np.where(rank > self.cutoff, self.cutoff + 1.0, rank)
        elif missing := int(np.isinf(rank).sum()):
            depth = max(1, int(rankings.retrieved.max()))
            raise ConfigurationError(
                f"rank_distance reads the full ranking, and {missing} of the relevant passages were not retrieved.",
                f"Measure rank_distance@{depth}, where each of them counts {depth + 1}.",
            )
        up_to_cutoff = nearest <= (np.inf if self.cutoff is None else self.cutoff)
        distance = np.maximum.reduceat(rank, starts) - np.minimum.reduceat(rank, starts)
        return np.where(several & up_to_cutoff, distance, np.nan)
