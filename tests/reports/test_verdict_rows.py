import pytest

from beir_hybrid.reports.verdict_rows import claim_rows, strips_of, verdict_table
from beir_hybrid.studies.claim_answer import ClaimAnswer
from beir_hybrid.studies.record import StudyRecord
from beir_hybrid.studies.verdict import Verdict

ENTRY = {
    "claim": "c",
    "evaluation": "e",
    "kind": "mono",
    "measure": "map",
    "run": {},
    "baseline": {},
    "seeds": 2,
    "mean": 0.5,
    "baseline_mean": 0.4,
    "difference": 0.1,
    "interval": (0.05, 0.2),
    "by_seed": (0.08, 0.12),
    "p": None,
    "holm": 0.00001,
    "effect": 0.3,
    "verdict": "better",
    "sentence": "s",
}


def read(*entries):
    return StudyRecord(verdicts=tuple(Verdict(**entry) for entry in entries))


def test_the_middle_of_a_strip_is_zero_and_its_ends_the_largest_value():
    [[strip]] = strips_of(read({**ENTRY, "interval": [-0.2, 0.0], "difference": -0.1})).values()
    assert (strip.low, strip.dot, strip.high) == (5.0, 27.5, 50.0)
    assert strip.seeds == (pytest.approx(50 + 45 * 0.4), pytest.approx(50 + 45 * 0.6))


def test_measures_have_axes_of_their_own():
    found = strips_of(
        read(ENTRY, {**ENTRY, "measure": "rank_distance", "difference": -80.0, "interval": [-100.0, 5.0]})
    )
    by_map, by_distance = found["c"]
    assert by_map.high == 95.0
    assert by_distance.low == 5.0


def test_verdicts_are_grouped_by_claim():
    found = strips_of(read(ENTRY, {**ENTRY, "claim": "d"}, ENTRY))
    assert {claim: len(strips) for claim, strips in found.items()} == {"c": 2, "d": 1}


def test_what_is_not_known_is_not_drawn():
    unknown = dict.fromkeys(("mean", "baseline_mean", "difference", "interval", "holm", "effect"))
    [[strip]] = strips_of(read({**ENTRY, **unknown, "by_seed": ()})).values()
    assert (strip.dot, strip.low, strip.high, strip.seeds) == (None, None, None, ())
    assert strip.verdict.written(None) == "-"


def test_a_difference_of_nothing_lies_in_the_middle():
    [[strip]] = strips_of(read({**ENTRY, "difference": 0.0, "interval": [0.0, 0.0], "by_seed": []})).values()
    assert strip.dot == strip.low == strip.high == 50.0


def test_verdicts_are_written_as_a_table():
    sides = {"run": {"strategy": "hybrid"}, "baseline": {"strategy": "x-y"}}
    ranks = {"measure": "rank_distance", "mean": 280.0, "difference": -6.6, "interval": None}
    table = verdict_table(read({**ENTRY, **sides}, {**ENTRY, **ranks}))
    shown = table.shown()
    assert dict(zip([column.title for column in shown.columns], shown.texts()[0], strict=True)) == {
        "claim": "c",
        "sides": "hybrid against x-y",
        "evaluation": "e",
        "kind": "mono",
        "measure": "map",
        "statistic": "mean",
        "languages": "all",
        "run": "0.5000",
        "baseline": "0.4000",
        "difference": "+0.1000",
        "low": "+0.0500",
        "high": "+0.2000",
        "above 0": "2 of 2",
        "Holm": "<0.0001",
        "d": "+0.30",
        "expected": "",
        "verdict": "better",
    }
    assert shown.texts()[1][7:12] == ["280.0", "0.4", "-6.6", "-", "-"]


def test_verdicts_are_bare_numbers_for_programs():
    _, [row] = verdict_table(read({**ENTRY, "p": None, "interval": None})).bare()
    assert row[7:] == ["0.5", "0.4", "0.1", "", "", "2", "2", "", "1e-05", "0.3", "", "better"]


@pytest.mark.parametrize(
    ("by_seed", "told"),
    [
        ([0.1, 0.2], ""),
        ([-0.1, 0.0], ""),
        ([0.1, -0.2, 0.3], "seeds disagree: 2 above 0, 1 below"),
        ([], ""),
    ],
)
def test_seeds_that_disagree_in_sign_are_told(by_seed, told):
    [[strip]] = strips_of(read({**ENTRY, "by_seed": by_seed})).values()
    assert strip.disagreement == told


def test_pairs_that_differ_in_more_than_seeds_are_no_seeds():
    sides = {"run": {"strategy": "hybrid"}, "baseline": {"strategy": "x-y"}}
    grid = {"strategy": ["hybrid", "x-y"], "seed": [1, 2], "alpha": [0.5]}

    def of_seeds(grid):
        verdicts = read({**ENTRY, **sides, "by_seed": (0.1, -0.1)}).verdicts
        [[strip]] = strips_of(StudyRecord(study={"grid": grid}, verdicts=verdicts)).values()
        return strip.of_seeds, strip.disagreement.split()[0]

    assert of_seeds(grid) == (True, "seeds")
    assert of_seeds({**grid, "alpha": [0.1, 0.5]}) == (False, "cells")
    assert of_seeds({**grid, "data-seed": [1, 2]}) == (True, "seeds")


def test_verdicts_on_other_statistics_say_so_and_have_axes_of_their_own():
    spread = {**ENTRY, "statistic": "spread", "languages": "unseen", "difference": 0.4, "interval": None, "by_seed": []}
    found = read(ENTRY, spread)
    strips = strips_of(found)["c"]
    assert [strip.about for strip in strips] == ["", "spread over settings, unseen languages"]
    assert [strip.high or strip.dot for strip in strips] == [95.0, 95.0]


def test_a_single_pair_is_no_dot_of_its_own():
    [[strip]] = strips_of(read({**ENTRY, "by_seed": [0.1]})).values()
    assert strip.seeds == ()


def test_a_study_that_has_not_ended_has_none():
    assert strips_of(StudyRecord()) == {}


def test_small_differences_keep_their_digits():
    numbers = {"mean": 12.0, "baseline_mean": 12.03, "difference": -0.03, "interval": (-0.06, -0.012)}
    [verdict] = read({**ENTRY, "measure": "rank_distance", **numbers}).verdicts
    assert [verdict.written(value, sign=True) for value in (verdict.difference, *verdict.interval)] == [
        *("-0.030", "-0.060", "-0.012")
    ]


def test_one_setting_is_told_in_the_singular():
    [(many, one)] = strips_of(read(*({**ENTRY, "languages": "seen", "settings": count} for count in (2, 1)))).values()
    assert (many.about, one.about) == ("seen languages (2 settings)", "seen languages (1 setting)")


@pytest.mark.parametrize(
    ("verdicts", "outcome", "counts"),
    [
        (["better", "better"], "supported", "supported in 2"),
        (["better", "worse", "worse"], "contradicted", "supported in 1, contradicted in 2"),
        (["better", "not shown"], "not shown", "supported in 1, not shown in 1"),
        (["lower"], "supported", ""),
    ],
    ids=["better", "worse", "partly", "without-direction"],
)
def test_claims_that_expect_nothing_are_answered_in_the_same_words(verdicts, outcome, counts):
    [row] = claim_rows(read(*({**ENTRY, "verdict": verdict} for verdict in verdicts)))
    assert (row.word, row.counts) == (outcome, counts)
    assert row.tone == {"supported": "good", "contradicted": "bad", "not shown": "unclear"}[outcome]


def test_a_claim_without_verdicts_is_not_judged():
    [row] = claim_rows(StudyRecord(claims=(ClaimAnswer("c", ""),)))
    assert (row.word, row.tone, row.counts) == ("not judged", "unclear", "")
