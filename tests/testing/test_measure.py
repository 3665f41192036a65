"""The contract of measures: ours fulfil it."""

import math

from beir_hybrid.testing import MeasureContract


class TestMap(MeasureContract):
    name = "map"


class TestMapWithCutOff(MeasureContract):
    name = "map@10"


class TestNdcg(MeasureContract):
    name = "ndcg@10"


class TestRecall(MeasureContract):
    name = "recall@100"


class TestPrecision(MeasureContract):
    name = "precision@5"


class TestMrr(MeasureContract):
    name = "mrr"


class TestMrrWithCutOff(MeasureContract):
    name = "mrr@10"


class TestSuccess(MeasureContract):
    name = "success@3"


class TestRankDistance(MeasureContract):
    name = "rank_distance"
    highest = math.inf


class TestRankDistanceWithCutOff(MeasureContract):
    name = "rank_distance@10"
    highest = 10.0


class TestLanguageShare(MeasureContract):
    name = "language_share[de]@10"
    ties = "trec_eval"


class TestSameLanguageShare(MeasureContract):
    name = "same_language_share@10"
    ties = "trec_eval"


class TestNdkl(MeasureContract):
    name = "ndkl@10"
    lowest = -1e-5
    highest = math.inf
    ties = "trec_eval"


class TestMrc(MeasureContract):
    name = "mrc@10"
    lowest = -1.0
    ties = "trec_eval"


class TestPeer(MeasureContract):
    name = "peer@10"
    ties = "trec_eval"


class TestOneTargetMap(MeasureContract):
    name = "one_target_map[de]"
    ties = "trec_eval"
