from __future__ import annotations

from dataclasses import replace

import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.evaluation import Profile
from beir_hybrid.evaluation.profile import Debiased
from beir_hybrid.reports.profiles import finds_bars, profile_answers, read_profile, tried_table

EVEN = dict.fromkeys(("de", "en", "th"), 1.0)
PROFILE = Profile(10, 0.6, 0.2, 0.75, 0.25, 0.65, 0.3, EVEN, dict.fromkeys(EVEN, 0.5))


def answer_to(words, profile):
    [answer] = [answer for question, answer in profile_answers(profile) if words in question]
    return answer


@pytest.mark.parametrize(
    ("first", "begins"),
    [
        (1.0, "Yes, strongly."),
        (0.5, "Yes."),
        (0.3, "A little."),
        (0.25, "No."),
        (0.0, "No, it prefers other languages."),
        (None, "That cannot be told"),
    ],
)
def test_preference_is_told_by_how_far_the_first_answer_is_from_even_handed(first, begins):
    assert answer_to("prefer", replace(PROFILE, first=first)).startswith(begins)


def test_languages_that_attract_are_named_with_their_multiples():
    assert answer_to("attract", PROFILE).startswith("None:")
    assert "in en (2.0 times) more often." in answer_to("attract", replace(PROFILE, attracts={**EVEN, "en": 2.0}))
    both = replace(PROFILE, attracts={"de": 0.1, "en": 3.0, "th": 1.5})
    assert "in en (3.0 times) and th (1.5 times) more often, and in de (0.1 times) less often" in answer_to(
        "attract", both
    )
    assert answer_to("attract", replace(PROFILE, attracts={})).startswith("That cannot be told")


def test_languages_that_are_not_found_are_named():
    assert answer_to("never", PROFILE).startswith(
        "None: questions in other languages find 50.0% of the answers even in de"
    )
    some = answer_to("never", replace(PROFILE, finds={"de": 0.8, "en": 0.2, "th": 0.0}))
    assert some.startswith("Questions in other languages find hardly any answers in th; on average they find 33.3%")
    seldom = answer_to("never", replace(PROFILE, finds={"de": 0.8, "en": 0.1, "th": 0.0}))
    assert "hardly any answers in th, and few in en (10.0%); on average" in seldom
    assert answer_to("never", replace(PROFILE, finds={})).startswith("That cannot be told")


def test_the_best_debiasing_is_told_with_what_it_costs():
    tried = (Debiased("", 0.6, 0.2, 0.3), Debiased("center", 0.5, 0.4, 0.35), Debiased("lir", 0.6, 0.1, 0.2))
    words = answer_to("debiasing", replace(PROFILE, debiased=tried))
    assert words.startswith("With center, the first 10 passages hold 40.0% instead of 20.0% of the answers in other")
    assert "50.0% instead of 60.0% of the answers in the question's language" in words
    assert "expect less on others" in words
    table = tried_table(replace(PROFILE, debiased=tried))
    assert [row.entries[0].value for row in table.rows] == ["as it is", "center", "lir"]
    worse = replace(PROFILE, debiased=(tried[0], tried[2]))
    assert answer_to("debiasing", worse).startswith("Nothing")
    assert answer_to("debiasing", replace(PROFILE, notes=("a reason",))) == "It was not tried: a reason."
    assert tried_table(PROFILE) is None


def test_bars_begin_with_the_language_found_most():
    bars = finds_bars(replace(PROFILE, finds={"de": 0.1, "en": 0.9}))
    assert [(bar.name, bar.text) for bar in bars.bars] == [("en", "90.0%"), ("de", "10.0%")]


def test_a_damaged_profile_is_an_error(make_results):
    with pytest.raises(DataFormatError, match="depth"):
        read_profile(replace(make_results(), profile={"depth": "ten"}))
