from __future__ import annotations

import numpy as np
import pytest

from beir_hybrid.evaluation.measures import build_measure

NAMES = [f"{content}_{language}_language" for content in ("right", "wrong") for language in ("own", "other")]


@pytest.mark.parametrize("place", range(4), ids=NAMES)
def test_a_first_passage_is_of_one_of_four_kinds(top_of, place):
    rankings = top_of("en:1 de", "de:2 en", "en de:1", "de en:1", sizes={"de": 5, "en": 5})
    assert build_measure(NAMES[place]).values(rankings).tolist() == np.eye(4)[place].tolist()


def test_without_a_first_passage_or_one_in_the_querys_language_there_is_no_value(top_of):
    for name in NAMES:
        measure = build_measure(name)
        assert np.isnan(measure.values(top_of("", "en", sizes={"de": 5, "en": 5}))).tolist() == [True, False]
        assert np.isnan(measure.values(top_of("de", sizes={"de": 5, "th": 5}))).all()


def test_wrong_passages_are_worse_and_of_right_ones_no_language_is():
    assert [build_measure(name).higher_is_better for name in NAMES] == [None, None, False, False]
