import pytest

from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.sentences import claims_sentence, verdict_sentence
from beir_hybrid.studies.verdict import Verdict

SIDES = ({"strategy": "hybrid"}, {"strategy": "x-y"})


def claim(text):
    return Claim(text, *SIDES, "sample", None, ("map",))


def verdicts(text, *words, **given):
    numbers = {"mean": 0.5, "baseline_mean": 0.4, "difference": 0.1, "by_seed": (0.1, 0.1), "interval": (0.05, 0.15)}
    tests = {"p": 0.001, "holm": 0.002, "effect": 0.4, "seeds": 2, "sentence": "A sentence."}
    fields = {"evaluation": "sample", "kind": "mono", "measure": "map", "run": SIDES[0], "baseline": SIDES[1]}
    return [Verdict(**{"claim": text, **fields, **numbers, **tests, "verdict": word, **given}) for word in words]


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
    [judged] = verdicts("", verdict, run=run, baseline={"languages": 1})
    assert told in verdict_sentence(judged, of_seeds=True)


def test_numbers_have_the_digits_that_tell_them_from_zero():
    numbers = {"mean": 12.03, "baseline_mean": 12.06, "difference": -0.03, "interval": (-0.06, -0.012)}
    [judged] = verdicts("", "worse", measure="rank_distance", **numbers)
    told = verdict_sentence(judged, of_seeds=True)
    assert "12.030 against 12.060, -0.030 (95 % interval over questions -0.060 to -0.012" in told


@pytest.mark.parametrize(
    ("by_seed", "of_seeds", "told"),
    [
        ((0.1, 0.2, -0.1), True, "in 2 of 3 seeds)."),
        ((0.1, 0.2), False, "in 2 of 2 pairs of cells)."),
        ((0.1,), True, "1 seed)."),
        ((0.1,), False, "1 pair of cells)."),
    ],
)
def test_seeds_that_agree_are_counted(by_seed, of_seeds, told):
    [judged] = verdicts("", "better", by_seed=by_seed)
    assert verdict_sentence(judged, of_seeds).endswith(told)
