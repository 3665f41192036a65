import pytest

from beir_hybrid.reports.main_result import main_panels, verdict_panels
from beir_hybrid.reports.models.panels import Panel, Spot
from beir_hybrid.studies.record import StudyRecord
from beir_hybrid.studies.verdict import Verdict


def test_every_kind_and_the_bias_has_an_axis(study_contents):
    [part] = study_contents.blocks
    panels = main_panels(part.block, "map").panels
    assert [panel.title for panel in panels] == ["Monolingual", "Cross-lingual", "Multilingual", "Language bias"]
    assert [panel.note for panel in panels] == ["mAP ↑"] * 3 + ["rank distance ↓"]


def test_intervals_are_deviations_over_seeds_whose_values_are_shown(study_contents):
    [part] = study_contents.blocks
    spot = main_panels(part.block, "map").panels[0].spots[0]
    score = part.block.score(part.block.groups[0], "mono", "map")
    assert spot.interval == pytest.approx((score.mean - score.spread, score.mean + score.spread))
    assert len(spot.singles) == 2


def test_a_run_without_a_value_has_an_empty_place(contents_of, make_results):
    runs = {"full": make_results(), "part": make_results(scores={"mono": {"map": 0.5}})}
    panels = contents_of(runs).blocks[0].main.panels
    assert [spot is None for panel in panels for spot in panel.spots] == [False, False] + [False, True] * 3


def test_axes_begin_at_zero_unless_half_of_them_were_empty():
    assert Panel("t", "n", (Spot(0.2, ""), Spot(0.8, ""))).ticks[0] == 0.0
    assert Panel("t", "n", (Spot(0.7, ""), Spot(0.8, ""))).ticks[0] > 0.5
    assert Panel("t", "n", (Spot(-0.1, ""), Spot(0.3, "")), signed=True).ticks == [-0.4, -0.2, 0.0, 0.2, 0.4]


def test_verdicts_of_each_measure_have_an_axis_and_what_is_not_shown_is_hollow():
    def verdict(measure, word):
        sides = {"run": {"strategy": "hybrid"}, "baseline": {"strategy": "x-y"}}
        numbers = dict.fromkeys(("mean", "baseline_mean", "p", "holm", "effect"), 0.5)
        told = {"by_seed": (), "interval": None, "verdict": word, "sentence": ""}
        return Verdict("c", "e", "multi", measure, **sides, seeds=1, **numbers, difference=0.5, **told)

    record = StudyRecord(name="s", verdicts=(verdict("map", "better"), verdict("rank_distance", "not shown")))
    panels = verdict_panels(record)
    assert [name for name, _ in panels.rows] == ["hybrid against x-y · Multilingual"]
    assert [panel.spots[0].hollow for panel in panels.panels] == [False, True]
    assert verdict_panels(StudyRecord()) is None
