import numpy as np

from beir_hybrid.batching.kinds import CROSS, MONO, BatchKind

LANGUAGES = ("de", "en", "es")


def test_mono_allows_a_language_with_itself_only():
    np.testing.assert_array_equal(MONO.allowed(LANGUAGES), np.eye(3, dtype=bool))


def test_mono_draws_one_pair_for_the_batch():
    assert MONO.per == "batch"


def test_cross_allows_two_languages_only():
    np.testing.assert_array_equal(CROSS.allowed(LANGUAGES), ~np.eye(3, dtype=bool))


def test_cross_draws_a_pair_for_every_example():
    assert CROSS.per == "example"


def test_both_flags_allow_every_pair():
    assert BatchKind("x-x", "example", same=True, different=True).allowed(LANGUAGES).all()


def test_one_language_allows_one_cell():
    allowed = BatchKind("en-en", "batch", same=True, different=True, language="en").allowed(LANGUAGES)
    assert np.argwhere(allowed).tolist() == [[1, 1]]


def test_language_that_is_absent_allows_nothing():
    assert not BatchKind("fr-fr", "batch", same=True, language="fr").allowed(LANGUAGES).any()
