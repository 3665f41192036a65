import numpy as np

from beir_hybrid.debiasing import build_debiasings, statistics_of
from beir_hybrid.testing import DebiasingContract


class TestHalfway(DebiasingContract):
    name = "halfway"


def test_means_of_all_languages_meet_in_the_middle():
    vectors = {"de": np.array([[2.0, 0.0], [4.0, 0.0]]), "en": np.array([[0.0, 1.0]])}
    removal = build_debiasings("halfway")[0].fit(statistics_of(vectors), normalise=False)
    assert removal.apply(vectors["de"], "de").mean(axis=0).tolist() == [1.5, 0.5]
    assert removal.apply(vectors["en"], "en").mean(axis=0).tolist() == [1.5, 0.5]
