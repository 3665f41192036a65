from __future__ import annotations

import pytest

from beir_hybrid import MultilingualCollection, Passage, Results
from beir_hybrid.evaluation import Judgements, Profile
from beir_hybrid.evaluation.profile import profile_of


@pytest.fixture
def judgements():
    """Two languages of 10 and 30 passages, and a third without questions; an answer in each, or two in one."""
    return Judgements(
        MultilingualCollection(
            name="mine",
            corpora={
                code: {f"{code}:{n}": Passage("x") for n in range(size)}
                for code, size in {"de": 10, "en": 30, "th": 60}.items()
            },
            queries={"de": {"de:a": "?", "de:b": "?"}, "en": {"en:a": "?"}},
            qrels={
                "de:a": dict.fromkeys(["de:1", "en:1"], 1),
                "de:b": {"de:1": 1},
                "en:a": dict.fromkeys(["de:1", "de:2", "th:1", "en:1"], 1),
            },
        )
    )


@pytest.fixture
def results():
    """What an evaluation found: a third of the top in Thai for German questions, nothing of it for English ones."""
    de = {"language_share[de]@10": 0.4, "language_share[en]@10": 0.2, "language_share[th]@10": 0.4}
    en = {"language_share[de]@10": 0.1, "language_share[en]@10": 0.9, "language_share[th]@10": 0.0}
    scores = {"map": 0.5, "lpr": 0.75, "tlr@10": 0.2, "same_language_recall@10": 0.6, "same_language_share@10": 0.65}
    return Results(
        dataset="mine",
        model="m",
        passage_text="text",
        languages=("de", "en", "th"),
        scores={"multi": scores},
        settings={
            "de-all": {"queries": 2, **de, "language_recall[en]@10": 0.5, "language_recall[de]@10": 0.8},
            "en-all": {"queries": 1, **en, "language_recall[de]@10": 0.25, "language_recall[th]@10": 0.0},
        },
        passages={"de": 10, "en": 30, "th": 60},
    )


def test_numbers_are_means_over_the_languages_that_ask(judgements, results):
    profile = profile_of(results, judgements)
    assert (profile.own, profile.other, profile.first, profile.own_share) == (0.6, 0.2, 0.75, 0.65)
    assert profile.pool_share == pytest.approx((0.1 + 0.3) / 2)
    # de:b has no choice; de:a has one of two answers in its own language, en:a one of four
    assert profile.evenly == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert profile.preference == pytest.approx((0.75 - 0.375) / (1 - 0.375))


def test_attraction_is_of_other_questions_passages_in_other_languages(judgements, results):
    # of German questions' 0.6, English has 1/3 and Thai 2/3, as in the pool; of English ones', German has all, not 1/7
    assert profile_of(results, judgements).attracts == pytest.approx({"de": 7, "en": 1, "th": (1 + 0) / 2})


def test_answers_are_found_by_questions_in_other_languages(judgements, results):
    assert profile_of(results, judgements).finds == {"de": 0.25, "en": 0.5, "th": 0.0}


def test_without_a_choice_there_is_no_preference():
    assert Profile(10, 0.5, None, None, None, 0.5, 0.5, {}, {}).preference is None
