from pathlib import Path

import pytest

from beir_hybrid.files import write_json
from beir_hybrid.reports.contents import build_contents
from beir_hybrid.reports.scaling import cost_of, drawn_pairs, training_languages
from beir_hybrid.reports.sources import Run, read_sources


def run(**given):
    return Run("r", Path("r"), {}, **given)


def test_quality_is_drawn_against_compute_by_kind_seen_and_unseen(study_contents):
    by_number, by_compute = study_contents.blocks[0].scaling[:3], study_contents.blocks[0].scaling[3:]
    assert [chart.title for chart in by_number] == ["Monolingual", "Cross-lingual", "Multilingual"]
    assert [chart.title for chart in by_compute] == [f"{chart.title}, by compute" for chart in by_number]
    assert by_number[0].x == "number of training languages"
    assert by_number[0].x_values() == [2.0, 3.0]
    mono = by_compute[0]
    assert mono.x == "tokens seen in training"  # no FLOPs are told
    assert mono.y == "map (higher is better)"
    names = {curve.name: curve for curve in mono.drawn()}
    assert list(names) == ["x-x-mono, seen", "x-x-mono, unseen", "hybrid, seen", "hybrid, unseen"]
    assert names["hybrid, seen"].labels == ("2", "3")
    assert [x for x, _ in names["hybrid, seen"].points] == [18_000.0, 27_000.0]
    assert len(names["hybrid, unseen"].points) == 1  # with three languages none is unseen
    assert names["hybrid, unseen"].dashed


def test_seen_is_the_mean_over_settings_of_trained_languages_alone(study_contents):
    part = study_contents.blocks[0]
    block = part.block
    group = next(group for group in block.groups if group.name == "hybrid, 2 languages")
    curves = {curve.name: dict(curve.points) for curve in part.scaling[3].drawn()}
    seen = (block.setting(group, "de", "map") + block.setting(group, "en", "map")) / 2
    assert curves["hybrid, seen"][18_000.0] == pytest.approx(seen)
    assert curves["hybrid, unseen"][18_000.0] == pytest.approx(block.setting(group, "es", "map"))


def test_one_strategy_has_a_line_for_all_languages_too(make_study, tmp_path):
    contents = build_contents(read_sources([make_study(tmp_path, ("hybrid",), counts=(2, 3))]))
    part = contents.blocks[0]
    curves = {curve.name: curve for curve in part.scaling[0].drawn()}
    assert list(curves) == ["all languages", "seen languages", "unseen languages"]
    means = [part.block.score(group, "mono", "map").mean for group in part.block.groups]
    assert [y for _, y in curves["all languages"].points] == pytest.approx(means)


def test_points_are_connected_from_few_languages_to_many_whatever_they_cost(make_study, tmp_path):
    folder = make_study(tmp_path, ("hybrid",), counts=(2, 3), seeds=(1,))
    for cell, tokens in zip(sorted((folder / "cells").iterdir()), (9000, 3000), strict=True):
        write_json(cell / "cost.json", {"schema": 1, "tokens": tokens})
    chart = build_contents(read_sources([folder])).blocks[0].scaling[3]
    assert [x for x, _ in chart.drawn()[0].points] == [9000.0, 3000.0]


def test_compute_that_is_about_the_same_is_no_axis(make_study, tmp_path):
    folder = make_study(tmp_path, ("hybrid",), counts=(2, 3), seeds=(1,))
    for cell, tokens in zip(sorted((folder / "cells").iterdir()), (3100, 3000), strict=True):
        write_json(cell / "cost.json", {"schema": 1, "tokens": tokens})
    assert len(build_contents(read_sources([folder])).blocks[0].scaling) == 3


def test_without_other_numbers_of_languages_there_is_no_curve(contents_of, make_results_of):
    assert contents_of({"one": make_results_of()}).blocks[0].scaling == ()


def test_training_languages_are_the_cells_or_those_drawn():
    assert training_languages(run(cell={"languages": ["en", "de"]})) == ("de", "en")
    assert training_languages(run(drawn={"pairs": {"en-en": 1, "en-fr": 2}})) == ("en", "fr")
    assert training_languages(run()) == ()


def test_pairs_of_codes_with_hyphens_are_told_apart():
    pairs = {"zh-hans-zh-hans": 1, "zh-hans-en": 2, "en-zh-hans": 3, "en-en": 4}
    assert drawn_pairs(run(drawn={"pairs": pairs})) == {
        ("zh-hans", "zh-hans"): 1,
        ("zh-hans", "en"): 2,
        ("en", "zh-hans"): 3,
        ("en", "en"): 4,
    }


def test_costs_are_numbers_or_unknown():
    found = run(cost={"flops": 1e12, "tokens": None, "steps": "many", "seconds": {"train": 2.5}})
    assert [cost_of(found, name) for name in ("flops", "tokens", "steps", "train_seconds", "evaluate_seconds")] == [
        1e12,
        None,
        None,
        2.5,
        None,
    ]
