import numpy as np
import pytest

from beir_hybrid.evaluation.comparison import compare
from beir_hybrid.evaluation.significance import holm
from beir_hybrid.studies.outcomes import Outcomes
from beir_hybrid.studies.verdicts import find_verdicts

QUESTIONS = 40


@pytest.fixture
def judged(opened, evaluated):
    """Judge a study whose cells found, by number, what is given; its outcomes, verdicts and remarks."""

    def judge(found, text=None):
        folder = opened(text) if text else opened()
        for number, values in found.items():
            evaluated(folder)(folder.cells[number], values)
        outcomes = Outcomes(folder)
        return outcomes, *find_verdicts(outcomes, folder.study.claims)

    return judge


def settings(rng, shift=0.0, distance=0.0):
    """Values of two monolingual and two cross-lingual settings and a pool, the map of all but mono shifted."""
    values = {}
    for name in ("en", "de", "en-de", "de-en", "en-all"):
        moved = 0.0 if name in {"en", "de"} else shift
        values[name] = {"map": rng.random(QUESTIONS) * 0.5 + moved}
    values["en-all"]["rank_distance"] = 100 * rng.random(QUESTIONS) - distance + 200
    return values


@pytest.fixture
def four(rng):
    return {number: settings(rng, 0.2 * (number > 1), 150 * (number > 1)) for number in range(4)}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_verdicts_follow_claims_kinds_and_measures(judged, four):
    _, verdicts, remarks = judged(four)
    assert remarks == []
    assert [(verdict.kind, verdict.measure, verdict.verdict) for verdict in verdicts] == [
        ("mono", "map", "not shown"),
        ("cross", "map", "better"),
        ("multi", "map", "better"),
        ("multi", "rank_distance", "better"),
    ]
    assert {verdict.seeds for verdict in verdicts} == {2}
    assert {verdict.claim for verdict in verdicts} == {"Hybrid differs"}


def test_numbers_are_those_of_a_comparison_of_the_averages_corrected_over_the_study(judged, four):
    outcomes, verdicts, _ = judged(four)
    measures = ["map", "rank_distance"]
    sides = {
        name: outcomes.values([outcomes.folder.cells[number] for number in numbers], "sample", measures)
        for name, numbers in (("baseline", (0, 1)), ("run", (2, 3)))
    }
    contrasts = compare(sides, "baseline", measures).kinds
    for verdict, contrast, p in zip(verdicts, contrasts, holm([one.p for one in contrasts]), strict=True):
        assert (verdict.mean, verdict.baseline_mean) == (contrast.mean, contrast.baseline)
        assert (verdict.interval, verdict.effect, verdict.p) == (contrast.interval, contrast.effect, contrast.p)
        assert verdict.holm == p


def test_means_are_over_seeds_and_settings(judged, four):
    _, verdicts, _ = judged(four)
    cross = verdicts[1]
    by_hand = [np.mean([four[number][name]["map"] for name in ("en-de", "de-en")]) for number in range(4)]
    assert cross.mean == pytest.approx(np.mean(by_hand[2:]))
    assert cross.baseline_mean == pytest.approx(np.mean(by_hand[:2]))
    assert cross.by_seed == pytest.approx((by_hand[2] - by_hand[0], by_hand[3] - by_hand[1]))
    assert cross.difference == pytest.approx(np.mean(cross.by_seed))


def test_sentence_tells_it_all(judged, four):
    _, verdicts, _ = judged(four)
    shown = verdicts[1].sentence
    assert shown.startswith("hybrid is better than x-x-mono cross-lingually on sample, by map: ")
    low, high = verdicts[1].interval
    assert f"95 % interval {low:+.4f} to {high:+.4f}" in shown
    assert shown.endswith("2 seeds).")
    assert verdicts[0].sentence.startswith(
        "Not shown that hybrid and x-x-mono differ monolingually on sample, by map: "
    )


def test_lower_rank_distance_is_better_and_higher_is_worse(judged, four):
    four[2]["en-all"]["rank_distance"] += 500
    four[3]["en-all"]["rank_distance"] += 500
    _, verdicts, _ = judged(four)
    assert (verdicts[3].verdict, verdicts[3].difference > 0) == ("worse", True)


def test_interval_that_includes_zero_is_not_shown(judged, rng):
    same = settings(rng)
    _, verdicts, _ = judged(dict.fromkeys(range(4), same))
    assert {verdict.verdict for verdict in verdicts} == {"not shown"}
    assert {verdict.difference for verdict in verdicts} == {0.0}


def test_seed_that_one_side_lacks_is_left_out_of_both_and_told(judged, four):
    del four[1]
    _, verdicts, remarks = judged(four)
    assert {verdict.seeds for verdict in verdicts} == {1}
    assert verdicts[0].mean == pytest.approx(np.mean([four[2][name]["map"] for name in ("en", "de")]))
    assert remarks == ["sample: hybrid against x-x-mono is over the 1 of 2 pairs of cells that are there."]


def test_claim_without_cells_is_told_and_harms_no_other(judged, four, mini):
    del four[0], four[1]
    _, verdicts, remarks = judged(four)
    assert verdicts == []
    assert remarks == ["sample: hybrid against x-x-mono is not judged: no pair of cells is there."]


def test_what_a_claim_leaves_open_is_averaged_over(judged, rng, mini):
    text = mini.replace("seed: [1, 2]", "seed: [1, 2]\n  scale: [10, 20]")
    _, verdicts, _ = judged({number: settings(rng, 0.1 * (number > 3)) for number in range(8)}, text)
    assert {verdict.seeds for verdict in verdicts} == {4}
    assert verdicts[1].sentence.endswith("4 cells each).")


def test_correction_is_over_all_claims(judged, four, mini):
    extra = (
        "  - {run: {strategy: hybrid, seed: 1}, baseline: {strategy: x-x-mono, seed: 1}, measure: map, kind: cross}\n"
    )
    _, alone, _ = judged(four)
    _, more, _ = judged(four, mini + extra)
    assert len(more) == 5
    assert holm([verdict.p for verdict in more]) == [verdict.holm for verdict in more]
    assert more[1].holm > alone[1].holm
    assert more[4].seeds == 1
