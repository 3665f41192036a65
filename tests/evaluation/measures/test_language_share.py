from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.measures.language_share import LanguageShare
from beir_hybrid.evaluation.measures.same_language_share import SameLanguageShare

SIZES = {"en": 4, "de": 4, "ar": 2}


def test_it_is_a_languages_share_of_the_first_passages(top_of):
    rankings = top_of("de de en ar de", "en en en en de", sizes=SIZES)
    assert LanguageShare(4, "de").values(rankings).tolist() == [2 / 4, 0]
    assert LanguageShare(5, "ar").values(rankings).tolist() == [1 / 5, 0]


def test_the_shares_of_all_languages_add_up_to_one(top_of):
    rankings = top_of("de de en ar de", "en en", "ar", sizes=SIZES)
    measures = LanguageShare(5).for_languages(SIZES)
    assert [measure.name for measure in measures] == [f"language_share[{code}]@5" for code in ("en", "de", "ar")]
    assert sum(measure.values(rankings) for measure in measures) == pytest.approx([1, 1, 1], abs=1e-15)


def test_a_short_list_is_divided_by_what_was_retrieved(top_of):
    rankings = top_of("de en", "de", "", sizes=SIZES, depth=10)
    assert LanguageShare(10, "de").values(rankings)[:2].tolist() == [1 / 2, 1]
    assert np.isnan(LanguageShare(10, "de").values(rankings)[2])


def test_a_language_that_the_pool_lacks_has_no_share(top_of):
    rankings = top_of("de en", sizes=SIZES, query_language="fr")
    assert np.isnan(LanguageShare(2, "fr").values(rankings)).all()
    assert np.isnan(SameLanguageShare(2).values(rankings)).all()


def test_the_same_language_is_the_querys(top_of):
    rankings = top_of("de de en", "en en ar", sizes=SIZES, query_language="en")
    assert SameLanguageShare(3).values(rankings).tolist() == [1 / 3, 2 / 3]
    assert SameLanguageShare(3).name == "same_language_share@3"


def test_without_a_language_there_is_no_value(top_of):
    with pytest.raises(
        ConfigurationError, match=r"language_share@2 has a value per language\. Name one: language_share"
    ):
        LanguageShare(2).values(top_of("de en", sizes=SIZES))


def test_neither_direction_is_better():
    assert LanguageShare(10).higher_is_better is None
    assert SameLanguageShare(10).higher_is_better is None


def test_rankings_that_were_not_kept_so_deep_are_refused(top_of):
    with pytest.raises(ConfigurationError, match="kept to depth 2, and a measure reads 5"):
        LanguageShare(5, "de").values(top_of("de en", sizes=SIZES))
