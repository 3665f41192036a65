import numpy as np
import pytest

from beir_hybrid.debiasing import LanguageStatistics, statistics_of
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.sparse_rows import SparseRows


def test_blocks_add_up_to_what_all_vectors_give(parallel):
    known = LanguageStatistics(list(parallel), moments=True)
    for code, vectors in parallel.items():
        for start in range(0, 50, 7):
            known.add(code, vectors[start : start + 7])
    assert known.counts.tolist() == [50, 50, 50]
    for code, vectors in parallel.items():
        np.testing.assert_allclose(known.mean(code), vectors.mean(axis=0))
        np.testing.assert_allclose(known.moment(code), vectors.T @ vectors)


def test_offset_is_the_mean_over_texts_that_are_there_in_both_languages(parallel):
    known = LanguageStatistics(["de", "en"], translations=True)
    there = np.arange(50) % 3 > 0  # English lacks every third text
    both = np.stack([np.ones(50, bool), there], axis=1)
    known.add("de", parallel["de"], both)
    known.add("en", parallel["en"][there], both[there])
    expected = (parallel["de"][there] - parallel["en"][there]).mean(axis=0)
    np.testing.assert_allclose(known.offset("de", "en"), expected)
    np.testing.assert_allclose(known.offset("en", "en"), 0, atol=1e-12)


def test_offset_of_texts_without_known_translations_is_the_difference_of_means(parallel):
    known = statistics_of(parallel, translations=True)
    expected = parallel["de"].mean(axis=0) - parallel["en"].mean(axis=0)
    np.testing.assert_allclose(known.offset("de", "en"), expected)


def test_languages_that_share_no_text_are_refused(parallel):
    known = LanguageStatistics(["de", "en"], translations=True)
    known.add("de", parallel["de"], np.tile([True, False], (50, 1)))
    known.add("en", parallel["en"], np.tile([False, True], (50, 1)))
    with pytest.raises(ConfigurationError, match="No text in de has a translation in en"):
        known.offset("de", "en")


def test_sparse_vectors_are_refused():
    with pytest.raises(ConfigurationError, match="Sparse vectors cannot be debiased"):
        statistics_of({"en": SparseRows(np.eye(3))})
