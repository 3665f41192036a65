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


class TestLanguageRecall(MeasureContract):
    name = "language_recall[de]@10"
    ties = "trec_eval"


class TestSameLanguageRecall(MeasureContract):
    name = "same_language_recall@10"
    ties = "trec_eval"
    favoured = "de"


class TestTlr(MeasureContract):
    name = "tlr@10"
    ties = "trec_eval"


class TestLpr(MeasureContract):
    name = "lpr"


class TestRightOtherLanguage(MeasureContract):
    name = "right_other_language"
    ties = "trec_eval"
    query_language = "es"


class TestWrongOwnLanguage(MeasureContract):
    name = "wrong_own_language"
    ties = "trec_eval"
    test_direction_is_true = None  # both rankings have a relevant passage first


class TestMimoPeer(MeasureContract):
    name = "mimo_peer@20"
    ties = "trec_eval"
    query_language = "es"


class TestMimoMrc(MeasureContract):
    name = "mimo_mrc@10"
    lowest = -1.0
    # it reads the scores of what one list has and the other has not, below any depth
    test_nothing_below_depth_changes_it = None
    test_nothing_below_cut_off_changes_it = None
    test_ties_fall_as_declared = None
