import pytest

from beir_hybrid.studies.claim import Claim
from beir_hybrid.studies.sentences import answer_claims, claims_sentence, verdict_sentence
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
        (["worse"] * 3 + ["not shown"], {}, "worse in 3 of 4, no difference shown in 1"),
        (["better", "better"], {}, "better in 2 of 2"),
        (["not shown"], {}, "no difference shown in 1 of 1"),
        (["lower", "not shown"], {"statistic": "spread"}, "lower in 1 of 2, no difference shown in 1"),
        (["higher"], {"measure": "language_share[de]@10"}, "higher in 1 of 1"),
    ],
)
def test_claim_is_told_with_its_counts(words, given, told):
    answers = answer_claims([claim("It helps.")], verdicts("It helps.", *words, **given))
    assert claims_sentence(answers) == f"It helps: {told}."


@pytest.mark.parametrize(
    ("outcomes", "outcome", "told"),
    [
        (["supported"], "supported", "supported"),
        (["supported"] * 3, "supported", "supported in all 3 comparisons"),
        (["supported", "not shown"], "not shown", "not shown (of 2 comparisons, supported in 1, not shown in 1)"),
        (
            ["not shown", "contradicted", "supported"],
            "contradicted",
            "contradicted (of 3 comparisons, supported in 1, contradicted in 1, not shown in 1)",
        ),
    ],
)
def test_claim_that_expects_something_is_answered(outcomes, outcome, told):
    found = [one for word in outcomes for one in verdicts("It helps.", "better", expect="better", outcome=word)]
    answers = answer_claims([claim("It helps.")], found)
    assert [one.outcome for one in answers] == [outcome]
    assert claims_sentence(answers) == f"It helps: {told}."


@pytest.mark.parametrize(
    ("expect", "verdict", "outcome", "told"),
    [
        ("worse", "worse", "supported", "Supported: hybrid does worse than x-y mono"),
        ("better", "worse", "contradicted", "Contradicted: hybrid does worse than x-y mono"),
        ("better", "not shown", "not shown", "Not shown that hybrid does better than x-y mono"),
        ("equal", "not shown", "supported", "Supported: hybrid and x-y are equal within 0.0100 mono"),
        ("equal", "better", "supported", "Supported: hybrid and x-y are equal within 0.0100 mono"),
        ("equal", "worse", "contradicted", "Contradicted: hybrid does worse than x-y, by more than 0.0100, mono"),
        ("better or equal", "better", "supported", "Supported: hybrid does better than x-y mono"),
        (
            "better or equal",
            "not shown",
            "supported",
            "Supported: hybrid does better than x-y, or equal within 0.0100, mono",
        ),
        (
            "better or equal",
            "not shown",
            "not shown",
            "Not shown that hybrid does better than x-y, or equal within 0.0100, mono",
        ),
    ],
)
def test_expectation_is_answered_in_words(expect, verdict, outcome, told):
    margin = 0.01 if "equal" in expect else None
    [judged] = verdicts("", verdict, expect=expect, outcome=outcome, margin=margin, margin_holm=0.03)
    assert verdict_sentence(judged, of_seeds=True).startswith(told)


def test_p_value_is_that_of_the_test_that_decides():
    told = {
        (expect, verdict): verdict_sentence(
            verdicts("", verdict, expect=expect, outcome="supported", margin=0.2, margin_holm=0.03)[0], of_seeds=True
        )
        for expect, verdict in (("equal", "better"), ("better or equal", "better"), ("better or equal", "not shown"))
    }
    assert "corrected p = 0.0300" in told["equal", "better"]
    assert "corrected p = 0.0020" in told["better or equal", "better"]
    assert "corrected p = 0.0300" in told["better or equal", "not shown"]


def test_every_claim_has_a_sentence_of_its_own():
    found = [*verdicts("One", "better"), *verdicts("", "worse")]
    answers = answer_claims([claim("One"), claim("One"), claim("Two"), claim("")], found)
    assert claims_sentence(answers) == ("One: better in 1 of 1. Two: not judged. hybrid against x-y: worse in 1 of 1.")


def test_without_claims_nothing_was_compared():
    assert claims_sentence([]) == "The study claims nothing, so nothing was compared."


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
