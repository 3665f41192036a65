import numpy as np
import pytest

from beir_hybrid.evaluation.statistics.comparison import compare
from beir_hybrid.evaluation.statistics.significance import holm
from beir_hybrid.studies.judge import judge_claims
from beir_hybrid.studies.outcomes import Outcomes

QUESTIONS = 40


@pytest.fixture
def judged(opened, evaluated):
    """Judge a study whose cells found, by number, what is given; its outcomes, verdicts and remarks."""

    def judge(found, text=None):
        folder = opened(text) if text else opened()
        for number, values in found.items():
            evaluated(folder)(folder.cells[number], values)
        outcomes = Outcomes(folder)
        return outcomes, *judge_claims(outcomes, folder.study.claims)

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
    assert shown.startswith("hybrid does better than x-x-mono cross-lingually on sample, by map: ")
    low, high = verdicts[1].interval
    assert f"95 % interval over questions {low:+.4f} to {high:+.4f}" in shown
    assert shown.endswith("in 2 of 2 seeds).")
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
    assert verdicts[1].sentence.endswith("in 4 of 4 pairs of cells).")


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


def test_seeds_that_disagree_in_sign_show_nothing(judged, rng):
    base = settings(rng)
    moved = [{name: {"map": found["map"] + shift} for name, found in base.items()} for shift in (0.3, -0.1)]
    _, verdicts, _ = judged({0: base, 1: base, 2: moved[0], 3: moved[1]})
    cross = verdicts[1]
    assert cross.by_seed == pytest.approx((0.3, -0.1))
    assert cross.interval[0] > 0
    assert cross.holm < 0.05
    assert cross.verdict == "not shown"
    assert cross.sentence.startswith("Not shown that hybrid and x-x-mono differ")
    assert cross.sentence.endswith("in 1 of 2 seeds).")


SCALING = """
name: scaling
question: Do more languages help?
train: {model: "static:8", train_data: sample, languages: [en, de, es, ru], max_steps: 3}
grid: {languages: [2, 3]}
evaluate: [{dataset: sample, measures: [map]}]
claims:
"""
CLAIM = "  - {{run: {{languages: 3}}, baseline: {{languages: 2}}, measure: map, languages: {}{}}}\n"


@pytest.fixture
def scaled(rng):
    """Trained on en and de, and on es too; better there by .4, in en and de by .2, and worse by .2 in ru and el."""
    shifts = {"en": 0.2, "de": 0.2, "es": 0.4, "ru": -0.2, "el": -0.2}
    names = [*shifts, "en-de", "de-en", "en-es", "es-ru", "en-ru", "ru-el", "el-ru", "en-all", "ru-all"]
    base = {name: {"map": 0.3 + rng.random(QUESTIONS) * 0.3} for name in names}
    return {
        0: base,
        1: {name: {"map": base[name]["map"] + np.mean([shifts.get(c, 0) for c in name.split("-")])} for name in names},
    }


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        ("seen", [("mono", 2, 0.2, "better"), ("cross", 2, 0.2, "better")]),
        ("unseen", [("mono", 2, -0.2, "worse"), ("cross", 2, -0.2, "worse")]),
    ],
)
def test_seen_and_unseen_settings_are_the_same_on_both_sides(judged, scaled, languages, found):
    _, verdicts, remarks = judged(scaled, SCALING + CLAIM.format(languages, ""))
    told = [(one.kind, one.settings, pytest.approx(one.difference), one.verdict) for one in verdicts]
    assert told == found
    assert remarks == []
    side = "both were" if languages == "seen" else "neither was"
    assert f"on sample in languages that {side} trained on, by map" in verdicts[0].sentence


def test_languages_are_all_unless_said_otherwise(judged, scaled):
    text = SCALING + CLAIM.format("all", "")
    _, verdicts, _ = judged(scaled, text)
    _, without, _ = judged(scaled, text.replace(", languages: all}", "}"))
    assert [(one.kind, one.settings) for one in verdicts] == [("mono", 5), ("cross", 7), ("multi", 2)]
    assert verdicts == without


def test_kind_without_such_a_setting_is_told(judged, scaled):
    _, verdicts, remarks = judged(scaled, SCALING + CLAIM.format("seen", ", kind: [mono, multi]"))
    assert [one.kind for one in verdicts] == ["mono"]
    assert remarks == [
        "sample in languages that both were trained on: 3 languages against 2 languages is not judged in multi: "
        "there is no such setting."
    ]


def test_worst_setting_and_spread_are_judged_where_a_claim_names_them(judged, four, mini):
    for number in (2, 3):  # equal in the mean, better in the worst setting, closer together
        four[number]["en-de"] = {"map": np.full(QUESTIONS, 0.5)}
        four[number]["de-en"] = {"map": np.full(QUESTIONS, 0.4)}
    for number in (0, 1):
        noise = np.linspace(-0.05, 0.05, QUESTIONS)
        four[number]["en-de"] = {"map": 0.75 + noise}
        four[number]["de-en"] = {"map": 0.15 + noise}
    common = "run: {strategy: hybrid}, baseline: {strategy: x-x-mono}, measure: map, kind: cross"
    extra = "".join(f"  - {{{common}, statistic: {name}}}\n" for name in ("mean", "worst", "spread"))
    _, verdicts, _ = judged(four, mini[: mini.index("claims:")] + "claims:\n" + extra)
    mean, worst, spread = verdicts
    assert (mean.statistic, mean.verdict) == ("mean", "not shown")
    assert (worst.mean, worst.baseline_mean) == (pytest.approx(0.4), pytest.approx(0.15))
    assert (worst.verdict, worst.effect) == ("better", None)
    assert worst.by_seed == pytest.approx((0.25, 0.25))
    assert "in the worst setting cross-lingually" in worst.sentence
    assert (spread.mean, spread.baseline_mean) == (pytest.approx(0.05), pytest.approx(0.3))
    assert spread.verdict == "lower"  # no praise: a model that finds nothing has the lowest
    assert "hybrid comes out lower than x-x-mono in the spread over settings cross-lingually" in spread.sentence


def test_more_verdicts_than_flips_can_tell_apart_are_remarked_on(judged, four, monkeypatch):
    from beir_hybrid.studies import judge as module

    monkeypatch.setattr(module, "_MANY", 3)
    _, _, remarks = judged(four)
    assert remarks == [
        "There are 4 tests, of 9,999 random flips each: no corrected p-value can be much below 0.0004. "
        "Claim less in one study."
    ]


EXPECTING = "    measure: [map, rank_distance]\n"


def expecting(mini, lines, measure="map"):
    assert EXPECTING in mini
    added = "".join(f"    {line}\n" for line in lines)
    return mini.replace(EXPECTING, f"    measure: {measure}\n{added}")


def test_worse_as_expected_is_supported(judged, four, mini):
    turned = {0: four[2], 1: four[3], 2: four[0], 3: four[1]}
    _, verdicts, _ = judged(turned, expecting(mini, ["expect: worse", "kind: [cross, multi]"], "[map, rank_distance]"))
    assert {(one.verdict, one.outcome, one.word, one.tone) for one in verdicts} == {
        ("worse", "supported", "supported", "good")
    }
    assert verdicts[0].sentence.startswith("Supported: hybrid does worse than x-x-mono cross-lingually")


@pytest.mark.parametrize(
    ("shift", "expect", "outcome"),
    [
        (0.0, "equal", "supported"),
        (0.02, "equal", "supported"),  # a difference that is shown, and does not matter
        (0.3, "equal", "contradicted"),
        (-0.3, "equal", "contradicted"),
        (0.3, "better or equal", "supported"),
        (-0.02, "better or equal", "supported"),
        (-0.3, "better or equal", "contradicted"),
        (-0.1, "better or equal", "not shown"),
    ],
)
def test_margin_decides_what_is_equal(judged, rng, mini, shift, expect, outcome):
    base = settings(rng)
    noise = rng.normal(0, 0.01, QUESTIONS)
    moved = {name: {"map": found["map"] + shift + noise} for name, found in base.items()}
    text = expecting(mini, [f"expect: {expect}", "margin: 0.1", "kind: mono"])
    _, [verdict], _ = judged({0: base, 1: base, 2: moved, 3: moved}, text)
    assert (verdict.expect, verdict.margin, verdict.outcome) == (expect, 0.1, outcome)


def test_lower_is_better_turns_the_margin_round(judged, rng, mini):
    base = settings(rng)
    moved = {**base, "en-all": {**base["en-all"], "rank_distance": base["en-all"]["rank_distance"] + 40}}
    outcomes = []
    for sides in ((base, moved), (moved, base)):
        text = expecting(mini, ["expect: better or equal", "margin: 30"], "rank_distance")
        _, [verdict], _ = judged({0: sides[0], 1: sides[0], 2: sides[1], 3: sides[1]}, text)
        outcomes.append((round(verdict.difference), verdict.outcome))
    assert outcomes == [(40, "contradicted"), (-40, "supported")]


def test_seed_beyond_the_margin_shows_nothing(judged, rng, mini):
    base = settings(rng)
    moved = [{name: {"map": found["map"] + shift} for name, found in base.items()} for shift in (0.15, -0.15)]
    text = expecting(mini, ["expect: equal", "margin: 0.1", "kind: mono"])
    _, [verdict], _ = judged({0: base, 1: base, 2: moved[0], 3: moved[1]}, text)
    assert verdict.margin_holm < 0.05
    assert verdict.outcome == "not shown"


def test_tests_against_margins_are_corrected_with_the_others(judged, four, mini):
    _, verdicts, _ = judged(four, expecting(mini, ["expect: equal", "margin: 0.1"]))
    tests = [one.p for one in verdicts] + [one.margin_p for one in verdicts]
    assert [one.holm for one in verdicts] + [one.margin_holm for one in verdicts] == holm(tests)


BOTH = """
name: both
question: Does debiasing help?
train: {model: "static:8", train_data: sample, languages: [en, de], per_device_train_batch_size: 16, max_steps: 3}
grid: {strategy: [x-x-mono, hybrid], seed: [1, 2]}
evaluate:
  - {name: plain, dataset: sample, languages: [en, de], measures: [map]}
  - {name: lir, dataset: sample, languages: [en, de], measures: [map], debias: lir}
claims:
  - run: {strategy: hybrid, evaluation: lir}
    baseline: {strategy: hybrid, evaluation: plain}
    measure: map
"""


def test_an_evaluation_is_compared_with_another_of_the_same_cells(opened, evaluated, rng):
    folder = opened(BOTH)
    plain, lir = settings(rng), settings(rng, 0.2)
    for cell in folder.cells:
        evaluated(folder)(cell, plain, "plain")
        evaluated(folder)(cell, lir if cell.values["strategy"] == "hybrid" else plain, "lir", begin=False)
    outcomes = Outcomes(folder)
    verdicts, remarks = judge_claims(outcomes, folder.study.claims)
    assert remarks == []
    assert [(one.kind, one.verdict, one.seeds) for one in verdicts] == [
        *(("mono", "not shown", 2), ("cross", "better", 2), ("multi", "better", 2))
    ]
    means = [np.mean([values[name]["map"] for name in ("en-de", "de-en")]) for values in (lir, plain)]
    assert (verdicts[1].mean, verdicts[1].baseline_mean) == pytest.approx(means)
    assert verdicts[1].by_seed == pytest.approx([means[0] - means[1]] * 2)
    assert verdicts[1].sentence.startswith("hybrid, lir does better than hybrid, plain cross-lingually on sample, by")
