from dataclasses import replace

import pytest

from beir_hybrid.evaluation.statistics.comparison import Contrast
from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.sentences import claims_sentence, verdict_sentence
from beir_hybrid.studies.verdicts import Verdict

SIDES = ({"strategy": "hybrid"}, {"strategy": "x-y"})


def claim(text):
    return Claim(text, *SIDES, "sample", None, ("map",))


def contrast(mean, baseline, interval):
    difference = mean - baseline
    return Contrast(
        "a", "mono", None, "map", 1, 9, 9, mean, baseline, difference, interval, 0.001, 0.001, 0.4, "better"
    )


def verdicts(text, *words, **given):
    numbers = (2, 0.5, 0.4, 0.1, (0.1, 0.1), (0.05, 0.15), 0.001, 0.002, 0.4)
    one = Verdict(text, "sample", "mono", "map", *SIDES, *numbers, "better", "A sentence.")
    return [replace(one, verdict=word, **given) for word in words]


@pytest.mark.parametrize(
    ("words", "given", "told"),
    [
        (["worse"] * 3 + ["not shown"], {}, "better in 0 of 4, worse in 3, no difference shown in 1"),
        (["better", "better"], {}, "better in 2 of 2"),
        (["not shown"], {}, "better in 0 of 1, no difference shown in 1"),
        (["lower", "not shown"], {"statistic": "spread"}, "lower in 1 of 2, no difference shown in 1"),
        (["higher"], {"measure": "language_share[de]@10"}, "lower in 0 of 1, higher in 1"),
    ],
)
def test_claim_is_told_with_its_counts(words, given, told):
    assert claims_sentence([claim("It helps.")], verdicts("It helps.", *words, **given)) == f"It helps: {told}."


def test_every_claim_has_a_sentence_of_its_own():
    found = [*verdicts("One", "better"), *verdicts("", "worse")]
    assert claims_sentence([claim("One"), claim("One"), claim("Two"), claim("")], found) == (
        "One: better in 1 of 1. Two: not judged. hybrid against x-y: better in 0 of 1, worse in 1."
    )


def test_without_claims_nothing_was_compared():
    assert claims_sentence([], []) == "The study claims nothing, so nothing was compared."


@pytest.mark.parametrize(
    ("run", "verdict", "told"),
    [
        ({"languages": 7}, "worse", "7 languages do worse than 1 language monolingually"),
        ({"languages": 2}, "lower", "2 languages come out lower than 1 language"),
        ({"strategy": "hybrid", "languages": 7}, "better", "hybrid, 7 languages does better than"),
        ({"strategy": "hybrid"}, "higher", "hybrid comes out higher than"),
    ],
)
def test_verb_agrees_with_the_run(run, verdict, told):
    asked = Claim("", run, {"languages": 1}, "sample", None, ("map",))
    assert told in verdict_sentence(asked, contrast(0.5, 0.4, (0.05, 0.15)), 0.001, verdict, [], [])


def test_numbers_have_the_digits_that_tell_them_from_zero():
    told = verdict_sentence(claim(""), contrast(12.03, 12.06, (-0.06, -0.012)), 0.001, "worse", [], [])
    assert "12.030 against 12.060, -0.030 (95 % interval over questions -0.060 to -0.012" in told
