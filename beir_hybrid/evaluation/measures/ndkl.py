"""Normalised discounted Kullback-Leibler divergence of the languages on top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beir_hybrid.arrays import Floats
from beir_hybrid.evaluation.measures.base import Printed, StandardMeasure
from beir_hybrid.evaluation.rankings import Rankings, ratio

_EPSILON = 1e-7  # FairRankTune's


@dataclass(frozen=True)
class NDKL(StandardMeasure):
    """How far the languages of the first i passages are from the pool's, for every i up to k, the top weighing most.

    The mean over i of KL(shares among the first i passages || shares of the pool), weighted by 1 / log2(i + 1). The
    logarithm in KL is natural, and 1e-7 is added to every share, as the package FairRankTune does. A language that is
    in the pool and not on top counts, with a share of 0; FairRankTune takes the ranking itself for the population, so
    the two agree where the ranking is the whole pool. Where fewer than k passages were retrieved, i ends there; NaN
    where none was. At least 0 (but for the 1e-7), which is fair; lower is better. Ties fall as in trec_eval, the
    larger document id first.

    Args:
        cutoff: Depth k.
    """

    cutoff: int
    base_name = "ndkl"
    reads_top = True
    higher_is_better = False
    needs_languages = True
    bounds = (0.0, float("inf"))
    printed = Printed("NDKL")
    source = "Geyik, Ambler and Kenthapadi, KDD 2019"

    def values(self, rankings: Rankings) -> Floats:
        """Measure every query; see :class:`~beir_hybrid.evaluation.measures.base.Measure`."""
        top = rankings.top_at(self.cutoff)
        depth = np.arange(1, top.passage.shape[1] + 1)
        divergence = np.zeros(top.passage.shape)
        for number, size in enumerate(rankings.sizes):
            share = np.cumsum(top.language == number, axis=1) / depth + _EPSILON
            divergence += share * np.log(share / (size / rankings.passages + _EPSILON))
        weight = (top.passage >= 0) / np.log2(depth + 1)
        total = weight.sum(axis=1)
        return ratio((weight * divergence).sum(axis=1), total)
